//! What another bank does by itself on a customer's account.

use axum::extract::State;
use chrono::NaiveDate;
use kernel::{ConnectionId, Currency, ExternalAccountId, Instant, Money, Secret};
use serde::Serialize;
use truelayer::data::{DirectDebit, InstructionStatus, StandingOrder};
use truelayer::{Decimal, Timestamp};
use utoipa::ToSchema;

use crate::openbanking::service;
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

/// From this year on a last day means that there is none.
const NEVER: i32 = 9999;

/// Shows a payment that the customer ordered to be repeated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingOrderResponse {
    /// How often, in the codes of the UK's open banking.
    #[schema(example = "IntrvlMnthDay:01:26")]
    frequency: String,
    /// Whether it is carried out, where the bank says so.
    is_active: Option<bool>,
    #[schema(value_type = String, example = "GBP")]
    currency: Currency,
    next: Option<DueResponse>,
    first: Option<DueResponse>,
    /// Absent when it never ends.
    r#final: Option<DueResponse>,
    payee: Option<String>,
    reference: Option<String>,
}

/// Shows one of the days of a standing order, with what the bank says of the amount.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingOrderDue)]
pub struct DueResponse {
    #[schema(value_type = String, format = Date)]
    on: NaiveDate,
    amount_minor: Option<i64>,
}

/// Lists standing orders.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingOrdersResponse {
    items: Vec<StandingOrderResponse>,
}

/// Shows a permission to collect.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DirectDebitResponse {
    /// Who collects.
    name: String,
    /// Whether they may, where the bank says so.
    is_active: Option<bool>,
    #[schema(value_type = String, example = "GBP")]
    currency: Currency,
    /// The reference that the collector chose.
    mandate: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_at: Option<Instant>,
    previous_minor: Option<i64>,
}

/// Lists permissions to collect.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DirectDebitsResponse {
    items: Vec<DirectDebitResponse>,
}

fn minor(amount: Option<Decimal>, currency: Currency) -> Option<i64> {
    amount.and_then(|amount| amount.magnitude().to_money(currency).ok()).map(Money::minor)
}

fn text(secret: Option<Secret<String>>) -> Option<String> {
    secret.map(|text| text.expose().clone())
}

fn is_active(status: Option<InstructionStatus>) -> Option<bool> {
    match status? {
        InstructionStatus::Active => Some(true),
        InstructionStatus::Inactive => Some(false),
        InstructionStatus::Unknown => None,
    }
}

impl StandingOrderResponse {
    fn new(order: StandingOrder, of_account: Currency) -> Self {
        let currency = order.currency.unwrap_or(of_account);
        let due = |day: Option<Timestamp>, amount| {
            use chrono::Datelike as _;
            let on = day.map(|day| day.on).filter(|on| on.year() < NEVER)?;
            Some(DueResponse { on, amount_minor: minor(amount, currency) })
        };
        Self {
            is_active: is_active(order.status),
            next: due(order.next_payment_date, order.next_payment_amount),
            first: due(order.first_payment_date, order.first_payment_amount),
            r#final: due(order.final_payment_date, order.final_payment_amount),
            frequency: order.frequency,
            currency,
            payee: text(order.payee),
            reference: text(order.reference),
        }
    }
}

impl DirectDebitResponse {
    fn new(debit: DirectDebit, of_account: Currency) -> Self {
        let currency = debit.currency.unwrap_or(of_account);
        Self {
            is_active: is_active(debit.status),
            currency,
            mandate: text(debit.meta.provider_mandate_identification),
            previous_at: debit.previous_payment_timestamp.map(|at| at.at),
            previous_minor: minor(debit.previous_payment_amount, currency),
            name: debit.name.expose().clone(),
        }
    }
}

/// List the standing orders of an account, as they were read last; a card has none.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections/{id}/accounts/{account}/standing-orders",
    operation_id = "list_standing_orders", tag = "open-banking",
    params(
        ("id" = ConnectionId, Path, description = "The connection"),
        ("account" = ExternalAccountId, Path, description = "The account")
    ),
    responses((status = 200, body = StandingOrdersResponse), Problems)
)]
pub async fn list_standing_orders(
    State(bank): State<Bank>,
    caller: Caller,
    Path((id, account)): Path<(ConnectionId, ExternalAccountId)>,
) -> Result<Json<StandingOrdersResponse>, Problem> {
    let (currency, orders) = service::standing_orders(&bank, &caller, (id, account)).await?;
    let items = orders.into_iter().map(|order| StandingOrderResponse::new(order, currency)).collect();
    Ok(Json(StandingOrdersResponse { items }))
}

/// List who may collect from an account, as it was read last; from a card nobody may.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections/{id}/accounts/{account}/direct-debits",
    operation_id = "list_direct_debits", tag = "open-banking",
    params(
        ("id" = ConnectionId, Path, description = "The connection"),
        ("account" = ExternalAccountId, Path, description = "The account")
    ),
    responses((status = 200, body = DirectDebitsResponse), Problems)
)]
pub async fn list_direct_debits(
    State(bank): State<Bank>,
    caller: Caller,
    Path((id, account)): Path<(ConnectionId, ExternalAccountId)>,
) -> Result<Json<DirectDebitsResponse>, Problem> {
    let (currency, debits) = service::direct_debits(&bank, &caller, (id, account)).await?;
    let items = debits.into_iter().map(|debit| DirectDebitResponse::new(debit, currency)).collect();
    Ok(Json(DirectDebitsResponse { items }))
}
