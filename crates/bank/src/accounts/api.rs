//! JSON routes of accounts, and the one place where refusals become problems.

mod accounts;
mod balances;
mod body;
mod owners;
mod products;
mod staff;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AccountError;
use crate::Bank;
use crate::web::Problem;

/// Lists the routes of this slice.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(products::list))
        .routes(routes!(accounts::list, accounts::open))
        .routes(routes!(accounts::get, accounts::rename))
        .routes(routes!(accounts::set_limits))
        .routes(routes!(accounts::close))
        .routes(routes!(balances::get))
        .routes(routes!(balances::list_holds))
        .routes(routes!(owners::list, owners::add))
        .routes(routes!(owners::remove))
        .routes(routes!(staff::freeze))
        .routes(routes!(staff::block_debits))
        .routes(routes!(staff::unfreeze))
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        use AccountError as E;
        let detail = error.to_string();
        match error {
            E::Forbidden(error) => error.into(),
            E::NotFound | E::NotAnOwner => Self::not_found(),
            E::ReasonRequired => Self::invalid_field("/reason", "staff give a reason"),
            E::HolderRequired => Self::invalid_field("/holder_id", "staff name the customer"),
            E::ProductNotFound => {
                Self::refused("product_not_found", "There is no such product").detail(detail)
            }
            E::CountryNotOffered(_) => {
                Self::refused("country_not_offered", "No account numbers there").detail(detail)
            }
            E::CustomerNotFound => {
                Self::refused("customer_not_found", "There is no such customer").detail(detail)
            }
            E::Kyc(error) => error.into(),
            E::NumberTaken(_) => Self::conflict("number_taken", "The account number is taken"),
            E::Closed => Self::conflict("account_closed", "The account is closed"),
            E::StatusNotAllowed { status } => {
                Self::conflict("account_status", "The account's status does not allow this")
                    .detail(detail)
                    .with("account_status", status)
            }
            E::JointSignatureRequired { signatures_required } => {
                Self::new(StatusCode::FORBIDDEN, "joint_signature_required", "The holders sign together")
                    .with("signatures_required", signatures_required)
            }
            E::HoldersByStaffOnly => Self::new(
                StatusCode::FORBIDDEN,
                "holders_by_staff_only",
                "Ask the bank to change the holders",
            ),
            E::AlreadyOwner { role } => {
                Self::conflict("already_owner", "The person is an owner already").with("role", role)
            }
            E::LastHolder => Self::conflict("last_holder", "An account has at least one holder"),
            E::OverdraftByStaffOnly => {
                Self::new(StatusCode::FORBIDDEN, "overdraft_by_staff_only", "Ask the bank for an overdraft")
            }
            E::LimitNotUsable { limit, currency } => {
                let detail = format!("must be zero or more, in {currency}");
                Self::invalid_field(format!("/{}", limit.as_str()), detail)
            }
            E::LimitAboveMaximum { limit, maximum } => {
                Self::refused("limit_above_maximum", "The limit is above what the product allows")
                    .detail(detail)
                    .with("limit", limit.as_str())
                    .with("maximum", maximum)
            }
            E::WorkPending { kinds } => {
                Self::conflict("work_pending", "Something still waits on the account").with("kinds", kinds)
            }
            E::BalanceNotZero { balance } => {
                Self::conflict("balance_not_zero", "Move the money away, or settle the debt, first")
                    .with("balance", balance)
            }
            E::HoldsPending { held } => {
                Self::conflict("holds_pending", "Money is still held on the account").with("held", held)
            }
            E::AsOfInFuture => Self::invalid_field("as_of", detail),
            E::CursorNotUsable => Self::invalid_field("after", detail),
            E::BankCodes(error) => Self::internal(&error),
            E::Storage(error) => error.into(),
        }
    }
}
