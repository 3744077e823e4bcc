//! How well a customer is known, on the customer's page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{KycError, KycLevel, SetLevel, service};
use crate::identity::{customer_address, show_customer};
use crate::web::page::{Badge, Forms, Look, Markup, Sent, Staff, Tone};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

/// What each level means, from the lowest.
const MEANINGS: [(&str, &str); 4] = [
    ("0", "0: nothing checked"),
    ("1", "1: identity checked"),
    ("2", "2: identity and address checked"),
    ("3", "3: checked in depth"),
];

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(set_level))
}

#[derive(Template)]
#[template(path = "kyc/pages/of_customer.html")]
struct OfCustomer<'a> {
    look: &'a Look,
    forms: &'a Forms,
    level: String,
    meaning: &'static str,
    badge: Badge,
    address: String,
    levels: &'static [(&'static str, &'static str)],
}

/// Shows a customer's level, and its form to whoever may set it.
pub fn of_customer<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    customer: UserId,
    forms: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadUsers) {
            return Ok(Markup::default());
        }
        let level = match service::find_level(bank, &staff.caller, customer).await {
            // A member of staff has none.
            Err(KycError::NotFound) => return Ok(Markup::default()),
            found => found?,
        };
        let (tone, word) =
            if level == KycLevel::NONE { (Tone::Warning, "None") } else { (Tone::Good, "Verified") };
        let level = level.to_string();
        let known = MEANINGS.iter().find(|(value, _)| *value == level);
        let meaning = known.map_or("", |(_, meaning)| meaning);
        let address = format!("{}/kyc-level", customer_address(customer));
        let (look, badge) = (&staff.look, Badge::new(tone, word));
        Markup::of(&OfCustomer { look, forms, level, meaning, badge, address, levels: &MEANINGS })
    }
    .boxed()
}

/// Sets a customer's level.
#[utoipa::path(
    post, path = "/admin/customers/{id}/kyc-level", tag = "customers", operation_id = "console_set_kyc_level",
    responses((status = 303))
)]
async fn set_level(
    State(bank): State<Bank>,
    staff: Staff,
    Path(user): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> = async {
        let number = sent.parsed("level")?;
        let level =
            KycLevel::new(number).ok_or_else(|| Problem::invalid_field("/level", "a level is 0 to 3"))?;
        let command = SetLevel { user, level, reason: sent.parsed("reason")? };
        service::set_level(&bank, &staff.caller, command).await?;
        Ok(())
    }
    .await;
    match sent.judged("kyc-level", outcome)? {
        Ok(()) => Ok(staff.done(&customer_address(user), "The verification level is set.")),
        Err(forms) => show_customer(&bank, &staff, user, &forms).await,
    }
}
