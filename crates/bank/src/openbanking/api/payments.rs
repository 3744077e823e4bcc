//! Paying in from an account at another bank.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{AccountId, BankPaymentId, Instant, Money, TransferId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhook::Report;
use crate::idempotency::IdempotencyKey;
use crate::openbanking::service::{self, PayIn, PayInStep};
use crate::openbanking::{BankPayment, PaymentState};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Asks for money from an account at another bank.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayInRequest {
    /// Into which of one's own accounts.
    account_id: AccountId,
    /// How much; above zero, in the account's currency.
    amount: Money,
    /// From which bank; chosen on the way when absent.
    #[schema(max_length = 100)]
    provider_id: Option<String>,
}

/// Chooses the bank that is paid from.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseProviderRequest {
    #[schema(max_length = 100)]
    provider_id: String,
}

/// Shows a payment from another bank.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BankPayment)]
pub struct BankPaymentResponse {
    id: BankPaymentId,
    account_id: AccountId,
    amount: Money,
    status: PaymentState,
    /// Why it failed, in the service's word.
    failure_reason: Option<String>,
    /// The transfer that brought the money, once it has arrived.
    transfer_id: Option<TransferId>,
    /// Whether the money waits at the bank, since the account takes none.
    is_in_suspense: bool,
    /// The transfer that took it back.
    reversal_transfer_id: Option<TransferId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

/// Shows a payment, and what its customer does next.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PayInResponse {
    #[serde(flatten)]
    payment: BankPaymentResponse,
    /// The bank's door, where the customer authorizes: open it in their browser.
    auth_url: Option<String>,
    /// The banks to choose from, where none was named: send one to `payments/{id}/provider`.
    providers: Vec<PaymentProviderResponse>,
}

/// Shows a bank that can be paid from.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PaymentProvider)]
pub struct PaymentProviderResponse {
    provider_id: String,
    name: Option<String>,
}

impl From<BankPayment> for BankPaymentResponse {
    fn from(row: BankPayment) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            amount: Money::new(row.amount_minor, row.currency),
            status: row.status,
            failure_reason: row.failure_reason,
            transfer_id: row.transfer_id,
            is_in_suspense: row.is_in_suspense,
            reversal_transfer_id: row.reversal_transfer_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<PayInStep> for PayInResponse {
    fn from(step: PayInStep) -> Self {
        let providers = step.providers.into_iter().map(|provider| PaymentProviderResponse {
            provider_id: provider.id,
            name: provider.display_name,
        });
        Self {
            payment: step.row.into(),
            auth_url: step.url.map(|url| url.expose().clone()),
            providers: providers.collect(),
        }
    }
}

/// Pay into one's own account from an account at another bank: returns the bank's door.
///
/// Repeating the request with its key goes on with the same payment.
#[utoipa::path(
    post, path = "/integrations/truelayer/payments", operation_id = "pay_in", tag = "open-banking",
    params(("Idempotency-Key" = String, Header, description = "Repeats of the same key are the same payment", max_length = 255)),
    request_body = PayInRequest,
    responses((status = 201, description = "What the customer does next", body = PayInResponse), Problems)
)]
pub async fn pay_in(
    State(bank): State<Bank>,
    caller: Caller,
    key: IdempotencyKey,
    Json(request): Json<PayInRequest>,
) -> Result<(StatusCode, Json<PayInResponse>), Problem> {
    let PayInRequest { account_id, amount, provider_id } = request;
    let order = (PayIn { account_id, amount, provider_id }, key.receipt(caller.actor));
    Ok((StatusCode::CREATED, Json(service::pay_in(&bank, &caller, order).await?.into())))
}

/// Choose the bank that a payment comes from: returns its door.
#[utoipa::path(
    post, path = "/integrations/truelayer/payments/{id}/provider", operation_id = "choose_payment_provider",
    tag = "open-banking",
    params(("id" = BankPaymentId, Path, description = "The payment")),
    request_body = ChooseProviderRequest,
    responses((status = 200, description = "What the customer does next", body = PayInResponse), Problems)
)]
pub async fn choose_provider(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<BankPaymentId>,
    Json(request): Json<ChooseProviderRequest>,
) -> Result<Json<PayInResponse>, Problem> {
    Ok(Json(service::choose_provider(&bank, &caller, (id, &request.provider_id)).await?.into()))
}

/// List one's own payments from other banks, newest first, as they were heard of last.
#[utoipa::path(
    get, path = "/integrations/truelayer/payments", operation_id = "list_bank_payments", tag = "open-banking",
    params(ListQuery),
    responses((status = 200, body = PageResponse<BankPaymentResponse>), Problems)
)]
pub async fn list_payments(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageResponse<BankPaymentResponse>>, Problem> {
    let page = service::list_payments(&bank, &caller, query.page_of::<BankPaymentId>()?).await?;
    Ok(Json(PageResponse::new(page, BankPaymentResponse::from)))
}

/// Show a payment from another bank as it stands at this moment.
#[utoipa::path(
    get, path = "/integrations/truelayer/payments/{id}", operation_id = "get_bank_payment", tag = "open-banking",
    params(("id" = BankPaymentId, Path, description = "The payment")),
    responses((status = 200, body = BankPaymentResponse), Problems)
)]
pub async fn get_payment(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<BankPaymentId>,
) -> Result<Json<BankPaymentResponse>, Problem> {
    Ok(Json(service::find_payment(&bank, &caller, id).await?.into()))
}

/// Take in what TrueLayer reports about payments. Signed with a detached JWS (ES512) by its published keys.
#[utoipa::path(
    post, path = "/integrations/truelayer/payments/webhook", operation_id = "take_payment_event", tag = "open-banking",
    params(("Tl-Signature" = String, Header, description = "A detached JWS over method, path, headers and body")),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "It is taken in, or was"), Problems)
)]
pub async fn take_payment_event(State(bank): State<Bank>, report: Report) -> Result<StatusCode, Problem> {
    service::take_payment_event(&bank, report.source(), report.message()).await?;
    Ok(StatusCode::OK)
}
