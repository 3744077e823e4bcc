//! The audit log: who did what to whom, when and why.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Page, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::audit_filter::{self, Wrong};
use super::people::{Named, People};
use super::proof::Underway;
use crate::audit::{self, AuditEvent, Who};
use crate::oversight::service::{proofs, status};
use crate::oversight::{AuditStatus, Proved};
use crate::web::Problem;
use crate::web::page::{Badge, Listing, Look, Staff, Tone, place_of, show};
use crate::{Bank, Permission};

/// Where the log is.
pub(super) const LOG: &str = "/admin/audit-log";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(audit_page))
        .routes(routes!(export_audit))
        .routes(routes!(verify_audit))
}

#[derive(Template)]
#[template(path = "oversight/pages/audit.html")]
struct AuditPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    wrong: Option<Wrong>,
    status: AuditStatus,
    underway: Option<Underway>,
    last: Option<Last>,
    rows: Vec<Row>,
}

/// Shows how the last verification ended.
struct Last {
    badge: Badge,
    href: String,
    first_fault: Option<String>,
}

/// Shows one row of the log.
struct Row {
    event: AuditEvent,
    href: String,
    actor: Named,
    subject: Named,
}

impl AuditPage<'_> {
    fn error(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|wrong| wrong.field == field).map(|wrong| wrong.why.as_str())
    }

    fn may_verify(&self) -> bool {
        self.look.may(Permission::VerifyAudit)
    }

    /// Returns where the rows of this very filter are taken out.
    fn export(&self) -> String {
        self.listing.first().replacen(LOG, &format!("{LOG}/export"), 1)
    }
}

impl Row {
    /// A person is known by name and an id by its prefix; everything else needs a word of what it is.
    fn names_its_kind(&self) -> bool {
        !self.event.subject_id.contains('_')
    }
}

impl Last {
    fn of(event: &AuditEvent) -> Self {
        let found = event.after_values.as_ref();
        let passed = found.is_some_and(|found| found["passed"] == true);
        let badge = if passed {
            Badge::new(Tone::Good, "Nothing was touched")
        } else {
            Badge::new(Tone::Bad, "Faults found")
        };
        let first_fault = found.and_then(|found| found["first_fault"].as_str()).map(str::to_owned);
        Self { badge, href: address(event), first_fault }
    }
}

/// Returns where a row has its page.
pub(super) fn address(event: &AuditEvent) -> String {
    place_of(&event.id).unwrap_or_else(|| LOG.to_owned())
}

/// Returns the people that a row names: who did it, and whom it was done to.
pub(super) fn people_of(event: &AuditEvent) -> impl Iterator<Item = UserId> {
    let actor = match event.actor() {
        Some(Who::User(id)) => Some(id),
        Some(Who::ApiKey(_) | Who::System) | None => None,
    };
    actor.into_iter().chain(event.subject_id.parse().ok())
}

/// Lists the audit log, newest first, by actor, action, subject and time.
#[utoipa::path(
    get, path = "/admin/audit-log", tag = "audit", operation_id = "audit_page", responses((status = 200))
)]
async fn audit_page(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    let page = listing.page_of::<i64>()?;
    let mut status = status::audit_status(&bank, &staff.caller).await?;
    let (found, wrong) = match audit_filter::read(&bank, &listing).await? {
        Ok(filter) => (audit::list(&bank, &staff.caller, &filter, page).await?, None),
        Err(wrong) => (Page { items: Vec::new(), next: None }, Some(wrong)),
    };
    let people = People::read(&bank, found.items.iter().flat_map(people_of)).await?;
    let row = |event: AuditEvent| Row {
        href: address(&event),
        actor: people.who(event.actor()),
        subject: people.subject(&event.subject_id),
        event,
    };
    let code = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let look = &staff.look;
    let page = AuditPage {
        look,
        title: "Audit log",
        listing: listing.followed_by(found.next.as_ref()),
        wrong,
        underway: status.running.take().map(|job| Underway::of(job, look)),
        last: status.last.as_ref().map(Last::of),
        status,
        rows: found.items.into_iter().map(row).collect(),
    };
    show(look, code, &page)
}

/// Takes the log out as CSV, as it is filtered; that is itself a row of the log.
#[utoipa::path(
    get, path = "/admin/audit-log/export", tag = "audit", operation_id = "console_export_audit_log",
    responses((status = 200))
)]
async fn export_audit(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    let filter = audit_filter::read(&bank, &listing).await?;
    let filter = filter.map_err(|Wrong { field, why }| Problem::invalid_field(field, why))?;
    let pieces = audit::export(&bank, &staff.caller, filter).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit-log.csv\"")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Asks for a verification of the log; one that waits or runs already is not doubled.
#[utoipa::path(
    post, path = "/admin/audit-log/verify", tag = "audit", operation_id = "console_request_audit_proof",
    responses((status = 303))
)]
async fn verify_audit(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    proofs::request(&bank, &staff.caller, Proved::AuditLog).await?;
    Ok(staff
        .done(LOG, "The verification is asked for. It starts at once, and this page shows how far it is."))
}
