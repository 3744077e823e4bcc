//! The routes of transactions.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use futures_util::stream;
use kernel::{AccountId, Cursor, Instant, Money, PageRequest, TransferId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::csv;
use super::model::{Filter, Side, Transaction, TransactionsError};
use super::service;
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
    #[schema(example = "****5555")]
    counterparty: String,
    /// The text on the statement.
    reference: String,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Instant,
    /// The business day it counts on.
    #[schema(value_type = String, format = Date)]
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
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Instant,
    /// The business day it counts on.
    #[schema(value_type = String, format = Date)]
    effective_on: NaiveDate,
    /// Its lines, debit first.
    entries: Vec<TransactionResponse>,
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
    let (transfer, entries) = service::find(&bank, &caller, id).await?;
    Ok(Json(TransactionDetailResponse {
        id: transfer.id,
        kind: transfer.kind,
        amount: transfer.amount(),
        of_transfer_id: transfer.of_transfer_id,
        booked_at: transfer.booked_at,
        effective_on: transfer.effective_on,
        code: transfer.code,
        reference: transfer.reference,
        entries: entries.into_iter().map(Into::into).collect(),
    }))
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
    let filter = query.filter()?;
    let first = PageRequest { limit: PageRequest::MOST, after: None };
    let page = service::list(&bank, &caller, &filter, &first).await?;
    let head = format!("{}{}", csv::HEADER, csv::lines(&page.items));
    let rest = stream::try_unfold(page.next, move |after| {
        next_lines(bank.clone(), caller.clone(), filter.clone(), after)
    });
    let body = Body::from_stream(futures_util::StreamExt::chain(stream::iter([Ok(head)]), rest));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"transactions.csv\"")),
    ];
    Ok((headers, body).into_response())
}

async fn next_lines(
    bank: Bank,
    caller: Caller,
    filter: Filter,
    after: Option<Cursor>,
) -> Result<Option<(String, Option<Cursor>)>, TransactionsError> {
    let Some(after) = after else { return Ok(None) };
    let request = PageRequest { limit: PageRequest::MOST, after: Some(after) };
    let page = service::list(&bank, &caller, &filter, &request).await?;
    Ok(Some((csv::lines(&page.items), page.next)))
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
