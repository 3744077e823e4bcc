//! What was read of a customer's accounts elsewhere.

#![expect(unused_qualifications, reason = "the macro of a route with two names in its path writes one")]

use axum::extract::State;
use chrono::NaiveDate;
use kernel::{ConnectionId, Currency, ExternalAccountId, ExternalTransactionId, Instant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::openbanking::service::{self, Pulled, ShownAccount, ShownRow};
use crate::openbanking::{ExternalKind, RowPlace, Side};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Shows an account or a card at another bank; of its number only the end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExternalAccountResponse {
    id: ExternalAccountId,
    kind: ExternalKind,
    #[schema(example = "Current account")]
    name: Option<String>,
    #[schema(example = "…4321")]
    number_end: Option<String>,
    #[serde(flatten)]
    balance: ExternalBalanceResponse,
    /// Until which day its rows are complete.
    #[schema(value_type = Option<String>, format = Date)]
    complete_through: Option<NaiveDate>,
    /// Whether the bank refuses to tell what is older.
    is_history_closed: bool,
    /// When its rows may be read again without the customer; absent when at any time.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Instant>,
    /// Why the last reading of its rows failed, until one succeeds.
    last_error: Option<String>,
}

/// Shows a balance at another bank, as it was read last.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExternalBalanceResponse {
    #[schema(value_type = String, example = "GBP")]
    currency: Currency,
    /// What is booked; of a card, what is owed is below zero.
    current_minor: Option<i64>,
    /// What can be spent.
    available_minor: Option<i64>,
    /// How far it may be overdrawn, or what may be owed on a card.
    overdraft_minor: Option<i64>,
    /// When it was read.
    #[schema(value_type = Option<String>, format = DateTime)]
    balance_at: Option<Instant>,
}

impl From<&ShownAccount> for ExternalBalanceResponse {
    fn from(shown: &ShownAccount) -> Self {
        let row = &shown.row;
        Self {
            currency: row.currency,
            current_minor: row.current_minor,
            available_minor: row.available_minor,
            overdraft_minor: row.overdraft_minor,
            balance_at: row.balance_at,
        }
    }
}

impl From<ShownAccount> for ExternalAccountResponse {
    fn from(shown: ShownAccount) -> Self {
        Self {
            id: shown.row.id,
            kind: shown.row.kind,
            balance: (&shown).into(),
            complete_through: shown.row.complete_through,
            is_history_closed: shown.row.history_closed,
            name: shown.name,
            number_end: shown.number_end,
            next_attempt_at: shown.next_at,
            last_error: shown.last_error,
        }
    }
}

/// Lists the accounts of a connection.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExternalAccountsResponse {
    items: Vec<ExternalAccountResponse>,
}

/// Shows a row of an account at another bank.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExternalTransactionResponse {
    id: ExternalTransactionId,
    /// The day that the bank wrote.
    #[schema(value_type = String, format = Date)]
    booked_on: NaiveDate,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Instant,
    /// Positive; `direction` says which way.
    amount_minor: i64,
    #[schema(value_type = String, example = "GBP")]
    currency: Currency,
    direction: Side,
    description: Option<String>,
    /// With whom, as the service guesses.
    merchant: Option<String>,
    /// What for, as the service guesses: a class and a subclass.
    #[schema(example = json!(["Shopping", "Groceries"]))]
    classification: Vec<String>,
    /// Of a pending row: a booked one that it may be, with another amount.
    perhaps_transaction_id: Option<ExternalTransactionId>,
}

impl From<ShownRow> for ExternalTransactionResponse {
    fn from(row: ShownRow) -> Self {
        Self {
            id: row.id,
            booked_on: row.on,
            booked_at: row.at,
            amount_minor: row.amount_minor,
            currency: row.currency,
            direction: row.direction,
            description: row.description,
            merchant: row.merchant,
            classification: row.classification,
            perhaps_transaction_id: row.perhaps,
        }
    }
}

/// Says what a reading brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncResponse {
    accounts: usize,
    /// How many balances were read.
    balances: usize,
    /// How many rows are new.
    added: usize,
    /// How many known rows read otherwise now.
    changed: usize,
    /// How many rows the bank does not show any more.
    removed: usize,
    /// Whether every question was answered; the accounts say what was not, and when it is asked again.
    is_complete: bool,
}

impl From<Pulled> for SyncResponse {
    fn from(pulled: Pulled) -> Self {
        let Pulled { accounts, balances, added, changed, removed, is_complete } = pulled;
        Self { accounts, balances, added, changed, removed, is_complete }
    }
}

/// Narrows a list of rows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct ExternalTransactionsQuery {
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Booked on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<NaiveDate>,
    /// Booked on this day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<NaiveDate>,
    /// Whether to list what the bank has announced and not booked instead; all of it, on one page.
    pending: bool,
}

/// List the accounts of one's own connection, as they were read last.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections/{id}/accounts",
    operation_id = "list_external_accounts", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, body = ExternalAccountsResponse), Problems)
)]
pub async fn list_accounts(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<ExternalAccountsResponse>, Problem> {
    let accounts = service::accounts(&bank, &caller, id).await?;
    Ok(Json(ExternalAccountsResponse { items: accounts.into_iter().map(Into::into).collect() }))
}

/// Show the balance of an account, as it was read last.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections/{id}/accounts/{account}/balance",
    operation_id = "get_external_balance", tag = "open-banking",
    params(
        ("id" = ConnectionId, Path, description = "The connection"),
        ("account" = ExternalAccountId, Path, description = "The account")
    ),
    responses((status = 200, body = ExternalBalanceResponse), Problems)
)]
pub async fn get_balance(
    State(bank): State<Bank>,
    caller: Caller,
    Path((id, account)): Path<(ConnectionId, ExternalAccountId)>,
) -> Result<Json<ExternalBalanceResponse>, Problem> {
    Ok(Json((&service::find_account(&bank, &caller, (id, account)).await?).into()))
}

/// List the rows of an account, the newest first: what is booked, or with `pending=true` what is announced.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections/{id}/accounts/{account}/transactions",
    operation_id = "list_external_transactions", tag = "open-banking",
    params(
        ("id" = ConnectionId, Path, description = "The connection"),
        ExternalTransactionsQuery,
        ("account" = ExternalAccountId, Path, description = "The account")
    ),
    responses((status = 200, body = PageResponse<ExternalTransactionResponse>), Problems)
)]
pub async fn list_transactions(
    State(bank): State<Bank>,
    caller: Caller,
    Path((id, account)): Path<(ConnectionId, ExternalAccountId)>,
    Query(query): Query<ExternalTransactionsQuery>,
) -> Result<Json<PageResponse<ExternalTransactionResponse>>, Problem> {
    let of = (id, account);
    let page = ListQuery { limit: query.limit, after: query.after }.page_of::<RowPlace>()?;
    if query.from.zip(query.to).is_some_and(|(from, to)| from > to) {
        return Err(Problem::invalid_field("to", "must not be before from"));
    }
    let page = if query.pending {
        kernel::Page { items: service::announced(&bank, &caller, of).await?, next: None }
    } else {
        service::rows(&bank, &caller, of, ((query.from, query.to), page)).await?
    };
    Ok(Json(PageResponse::new(page, Into::into)))
}

/// Read the accounts of one's own connection now. The bank is told from where its customer asks, and so does not count it.
#[utoipa::path(
    post, path = "/integrations/truelayer/connections/{id}/sync", operation_id = "sync_connection", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "What came", body = SyncResponse), Problems)
)]
pub async fn sync(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<SyncResponse>, Problem> {
    Ok(Json(service::pull_own(&bank, &caller, id).await?.into()))
}
