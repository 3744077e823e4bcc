//! The OpenAPI document: what the slices declare, and what holds for all of them.

use utoipa::OpenApi as _;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder};

use super::FieldError;
use super::problem::Document;
use crate::Bank;

/// Collects the schemas that every route shares.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(Document, FieldError)))]
struct Shared;

/// Says what a reader must know before the first request.
const DESCRIPTION: &str = "\
Every route stands under `/api/v1`; the same routes answer under `/api` as the current version.

Amounts are whole minor units with their currency: `{\"amount_minor\": 1250, \"currency\": \"GBP\"}` is £12.50. \
Instants are RFC 3339 in UTC, business dates `YYYY-MM-DD`, ids typed and sorted by time (`acc_…`, `trf_…`).

Lists answer `{\"items\": […], \"next\": \"cursor\"}`, newest first. Send `next` back as `after` for the page \
that follows.

Refusals are RFC 9457 problem documents (`application/problem+json`) with a stable `code` and the `request_id`, \
which every response also carries in `X-Request-Id`.

Requests that move money need an `Idempotency-Key`. The same key with the same body answers the same bytes \
again, with `Idempotency-Replayed: true`; with another body it is refused. Keys are kept 30 days, per caller \
and route.

Requests are counted per caller: `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` say where you \
stand, 429 and `Retry-After` when to come back.";

/// The groups of the routes, in the order in which a reader meets them.
const TAGS: [(&str, &str); 15] = [
    ("auth", "Register, sign in and out, win a lost password back."),
    ("me", "The signed-in user: profile, password, second factor, sessions."),
    ("api-keys", "Keys for machines, with scopes and an end."),
    ("challenges", "One-time confirmations of payments."),
    ("accounts", "Products and accounts: opening, owners, limits, balances, freezing, closing."),
    ("transfers", "Payments and holds, alone or many at once, looked up by payee; cash."),
    ("transactions", "What was booked, by account or in all, and its export."),
    ("open-banking", "Accounts at other banks: linking, renewing and ending their connections."),
    ("users", "Customers and staff, for staff."),
    ("kyc", "How far a customer is verified, for staff."),
    ("approvals", "Commands that wait for a second person."),
    ("ledger", "The books: accounts, trial balance, proofs, closed months."),
    ("audit", "Who did what to whom, when and why."),
    ("jobs", "Background work: what waits, what failed, what to run again."),
    ("sandbox", "What only a sandbox can do."),
];

/// Describes the whole API: the slices' paths under `/api/v1`, security schemes, servers and text.
pub fn describe(bank: &Bank, paths: OpenApi) -> OpenApi {
    let info = InfoBuilder::new()
        .title(format!("{} API", bank.settings.bank_name))
        .version("1")
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let server = ServerBuilder::new().url(bank.settings.public_url.as_str()).build();
    let base = OpenApiBuilder::new()
        .info(info)
        .servers(Some([server]))
        .tags(Some(TAGS.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build())))
        .security(Some([
            SecurityRequirement::new("bearer", [""; 0]),
            SecurityRequirement::new("api_key", [""; 0]),
            SecurityRequirement::new("session", [""; 0]).add("csrf", [""; 0]),
        ]))
        .build();
    let mut document = base.merge_from(Shared::openapi()).nest("/api/v1", paths);
    let components = document.components.get_or_insert_default();
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    document
}

/// Lists the ways to say who asks. A route open to everybody declares `security(())`.
fn schemes() -> [(&'static str, SecurityScheme); 4] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token that signing in answers with; it lives 10 minutes."))
        .build();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("API key")
        .description(Some("An API key, for machines; its scopes bound what it may do."))
        .build();
    let session = ApiKeyValue::with_description("__Host-florin_session", "The access token, for browsers.");
    let csrf =
        ApiKeyValue::with_description("X-CSRF-Token", "Beside the cookie, on every request that writes.");
    [
        ("bearer", SecurityScheme::Http(bearer)),
        ("api_key", SecurityScheme::Http(key)),
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(session))),
        ("csrf", SecurityScheme::ApiKey(ApiKey::Header(csrf))),
    ]
}
