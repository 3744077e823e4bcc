//! Looking payees up.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{AccountNumber, Currency, Instant, PayeeLookupId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::transfers::service::{self, LookedUp};
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

/// Asks whose account a number is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUpPayeeRequest {
    /// The number of an account at this bank.
    #[schema(value_type = String, example = "GB33BUKB20201555555555")]
    account_number: AccountNumber,
}

/// Shows a payee in part, to be confirmed by the payer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LookUpPayeeResponse {
    /// Give it with the payment as `payee_lookup_id`.
    id: PayeeLookupId,
    /// The holders' names with most letters hidden.
    #[schema(example = "Am**** As******")]
    name: String,
    /// The number with most digits hidden.
    #[schema(example = "****5555")]
    account_number: String,
    /// The currency that the account takes.
    currency: Currency,
    /// Until when the look-up confirms the payee.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

/// Show whose account a number is, in part, before money goes there.
///
/// At most 20 look-ups an hour, found or not.
#[utoipa::path(
    post, path = "/payee-lookups", operation_id = "look_up_payee", tag = "transfers",
    request_body = LookUpPayeeRequest,
    responses((status = 201, description = "The payee, in part", body = LookUpPayeeResponse), Problems)
)]
pub async fn look_up_payee(
    State(bank): State<Bank>,
    caller: Caller,
    Json(request): Json<LookUpPayeeRequest>,
) -> Result<(StatusCode, Json<LookUpPayeeResponse>), Problem> {
    let found = service::look_up(&bank, &caller, request.account_number).await?;
    Ok((StatusCode::CREATED, Json(found.into())))
}

impl From<LookedUp> for LookUpPayeeResponse {
    fn from(found: LookedUp) -> Self {
        Self {
            id: found.id,
            name: found.name,
            account_number: found.number.masked().to_string(),
            currency: found.currency,
            expires_at: found.expires_at,
        }
    }
}
