//! The routes of transactions.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use kernel::{AccountId, Actor, ApprovalId, Instant, Money, PageRequest, RequestId, TransferId, times};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Filter, Side, Transaction, TransactionsError};
use super::service::{self, Origin, TransactionDetail};
use crate::guard::OtherSide;
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Lists the routes.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list_transactions))
        .routes(routes!(export_transactions))
        .routes(routes!(get_transaction))
        .routes(routes!(list_account_transactions))
}

/// Narrows a list of transactions.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct TransactionsQuery {
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
    /// One account only.
    account_id: Option<AccountId>,
    /// Effective on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<NaiveDate>,
    /// Effective on this day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<NaiveDate>,
    /// At least this much, in minor units.
    #[param(minimum = 0)]
    min_amount_minor: Option<i64>,
    /// At most this much, in minor units.
    #[param(minimum = 0)]
    max_amount_minor: Option<i64>,
    /// `debit` or `credit`.
    direction: Option<Side>,
    /// What it is for the business: `transfer`, `fee`, `cash_deposit`.
    #[param(max_length = 40)]
    code: Option<String>,
    /// The reference contains this, whatever its case.
    #[param(max_length = 140)]
    text: Option<String>,
}

impl TransactionsQuery {
    fn page(&self) -> Result<PageRequest, Problem> {
        ListQuery { limit: self.limit, after: self.after.clone() }.page()
    }

    fn filter(self) -> Result<Filter, Problem> {
        if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
            return Err(Problem::invalid_field("to", "must not be before from"));
        }
        for (name, text) in [("code", &self.code), ("text", &self.text)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > 140 || text.contains('\0')) {
                return Err(Problem::invalid_field(name, "at most 140 characters"));
            }
        }
        Ok(Filter {
            account: self.account_id,
            from: self.from,
            to: self.to,
            least_minor: self.min_amount_minor,
            most_minor: self.max_amount_minor,
            side: self.direction,
            code: self.code,
            text: self.text.filter(|text| !text.is_empty()),
        })
    }
}

/// Shows one line of one account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransactionResponse {
    /// The transfer behind it; the same on both accounts.
    id: TransferId,
    /// The account.
    account_id: AccountId,
    /// Counts the account's lines from 1 without a gap.
    #[schema(example = 42)]
    sequence: i64,
    /// Whether money went out or came in.
    direction: Side,
    /// How much.
    amount: Money,
    /// What the account held after it.
    balance_after: Money,
    /// What it is for the business.
    #[schema(example = "transfer")]
    code: String,
    /// Who the other side was: a masked number, or the bank.
    #[schema(value_type = String, example = "****5555")]
    counterparty: OtherSide,
    /// The text on the statement.
    reference: String,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "times::instant")]
    booked_at: Instant,
    /// The business day it counts on.
    #[schema(value_type = String, format = Date)]
    #[serde(serialize_with = "times::day")]
    effective_on: NaiveDate,
}

impl From<Transaction> for TransactionResponse {
    fn from(transaction: Transaction) -> Self {
        let entry = transaction.entry;
        Self {
            id: entry.transfer_id,
            account_id: entry.account_id,
            sequence: entry.sequence,
            direction: entry.direction.into(),
            amount: transaction.amount,
            balance_after: transaction.balance_after,
            counterparty: transaction.counterparty,
            booked_at: entry.booked_at,
            effective_on: entry.effective_on,
            code: entry.code,
            reference: entry.reference,
        }
    }
}

/// Shows one transfer with those of its entries that the caller may see.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransactionDetailResponse {
    /// The transfer.
    id: TransferId,
    /// What the row of the journal does.
    #[schema(value_type = String, example = "posted")]
    kind: ledger::TransferKind,
    /// What it is for the business.
    code: String,
    /// How much.
    amount: Money,
    /// The text on the statements.
    reference: String,
    /// The hold that was captured or released, or the transfer that was reversed.
    of_transfer_id: Option<TransferId>,
    /// The transfer that reversed it.
    reversed_by: Option<TransferId>,
    /// The capture or release of a hold.
    resolved_by: Option<TransferId>,
    /// The transfers that were booked together with it, all or none.
    linked_ids: Vec<TransferId>,
    /// Where it comes from; for staff only.
    origin: Option<OriginResponse>,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Instant,
    /// The business day it counts on.
    #[schema(value_type = String, format = Date)]
    effective_on: NaiveDate,
    /// Its lines, debit first.
    entries: Vec<TransactionResponse>,
}

/// Says where a transfer comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OriginResponse {
    /// By which sort of actor: `customer`, `staff`, `api_key`, `system`.
    #[schema(example = "staff")]
    actor_kind: &'static str,
    /// By whom; null for the bank itself.
    #[schema(example = "usr_01k0z8r9tqe5mbd3v6n2j7x4hc")]
    actor_id: Option<String>,
    /// Under which rules it was judged: `customer`, `staff`, `staff_forced`, `system`, `import`.
    #[schema(value_type = String, example = "staff")]
    authority: ledger::Authority,
    /// The request that booked it.
    #[schema(value_type = Option<String>)]
    request_id: Option<RequestId>,
    /// The approval of a second person behind it.
    approval_id: Option<ApprovalId>,
}

impl From<Origin> for OriginResponse {
    fn from(origin: Origin) -> Self {
        let actor_id = match origin.actor {
            Actor::Customer(id) | Actor::Staff(id) => Some(id.to_string()),
            Actor::ApiKey(id) => Some(id.to_string()),
            Actor::System => None,
        };
        Self {
            actor_kind: origin.actor.kind().as_str(),
            actor_id,
            authority: origin.authority,
            request_id: origin.request_id,
            approval_id: origin.approval_id,
        }
    }
}

impl From<TransactionDetail> for TransactionDetailResponse {
    fn from(detail: TransactionDetail) -> Self {
        let transfer = detail.transfer;
        Self {
            id: transfer.id,
            kind: transfer.kind,
            amount: transfer.amount(),
            of_transfer_id: transfer.of_transfer_id,
            reversed_by: detail.reversed_by,
            resolved_by: detail.hold.and_then(|hold| hold.resolved_by),
            linked_ids: detail.linked,
            origin: detail.origin.map(Into::into),
            booked_at: transfer.booked_at,
            effective_on: transfer.effective_on,
            code: transfer.code,
            reference: transfer.reference,
            entries: detail.entries.into_iter().map(Into::into).collect(),
        }
    }
}

/// List the newest transactions of the accounts one may view, or of one of them.
#[utoipa::path(
    get, path = "/transactions", operation_id = "list_transactions", tag = "transactions",
    params(TransactionsQuery),
    responses((status = 200, description = "One page", body = PageResponse<TransactionResponse>), Problems)
)]
pub async fn list_transactions(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<TransactionsQuery>,
) -> Result<Json<PageResponse<TransactionResponse>>, Problem> {
    let page = query.page()?;
    let page = service::list(&bank, &caller, &query.filter()?, &page).await?;
    Ok(Json(PageResponse::new(page, Into::into)))
}

/// List the newest transactions of one account.
#[utoipa::path(
    get, path = "/accounts/{id}/transactions", operation_id = "list_account_transactions", tag = "transactions",
    params(("id" = AccountId, Path, description = "The account"), TransactionsQuery),
    responses((status = 200, description = "One page", body = PageResponse<TransactionResponse>), Problems)
)]
pub async fn list_account_transactions(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Query(query): Query<TransactionsQuery>,
) -> Result<Json<PageResponse<TransactionResponse>>, Problem> {
    let page = query.page()?;
    let filter = Filter { account: Some(id), ..query.filter()? };
    let page = service::list(&bank, &caller, &filter, &page).await?;
    Ok(Json(PageResponse::new(page, Into::into)))
}

/// Show one transaction with its entries.
#[utoipa::path(
    get, path = "/transactions/{id}", operation_id = "get_transaction", tag = "transactions",
    params(("id" = TransferId, Path, description = "The transfer")),
    responses((status = 200, description = "The transaction", body = TransactionDetailResponse), Problems)
)]
pub async fn get_transaction(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<TransferId>,
) -> Result<Json<TransactionDetailResponse>, Problem> {
    let detail = service::find(&bank, &caller, id).await?;
    Ok(Json(detail.into()))
}

/// Export transactions as CSV (RFC 4180), newest first, with the same filters as the list.
///
/// Streamed a page at a time: what is booked meanwhile is not in it. If a page cannot be read any more, the
/// stream is cut, which the client sees as an incomplete answer.
#[utoipa::path(
    get, path = "/transactions/export", operation_id = "export_transactions", tag = "transactions",
    params(TransactionsQuery),
    responses((status = 200, description = "A CSV file", body = String, content_type = "text/csv"), Problems)
)]
pub async fn export_transactions(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<TransactionsQuery>,
) -> Result<Response, Problem> {
    let body = Body::from_stream(service::export(&bank, &caller, query.filter()?).await?);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"transactions.csv\"")),
    ];
    Ok((headers, body).into_response())
}

impl From<TransactionsError> for Problem {
    fn from(error: TransactionsError) -> Self {
        match error {
            TransactionsError::Forbidden(missing) => missing.into(),
            TransactionsError::NotFound => Self::not_found(),
            TransactionsError::Account(refusal) => refusal.into(),
            TransactionsError::Cursor => Self::invalid_field("after", error.to_string()),
            TransactionsError::Storage(failure) => failure.into(),
        }
    }
}
