//! One row of the audit log, with what changed field by field.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::AuditId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::audit::people_of;
use super::difference::{Change, changes};
use super::people::{Named, People};
use crate::Bank;
use crate::audit::{self, AuditEvent};
use crate::oversight::service::status;
use crate::web::page::{Badge, Look, Staff, Tone};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(audit_event_page))
}

#[derive(Template)]
#[template(path = "oversight/pages/audit_event.html")]
struct AuditEventPage<'a> {
    look: &'a Look,
    title: &'a str,
    event: &'a AuditEvent,
    actor: Named,
    subject: Named,
    changes: Vec<Change>,
    seal: Badge,
}

/// Shows one row of the audit log.
#[utoipa::path(
    get, path = "/admin/audit-log/{id}", tag = "audit", operation_id = "audit_event_page",
    responses((status = 200))
)]
async fn audit_event_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AuditId>,
) -> Result<Response, Problem> {
    let event = audit::find(&bank, &staff.caller, id).await?;
    let standing = status::audit_status(&bank, &staff.caller).await?.log;
    let seal = if event.position <= standing.sealed_through {
        Badge::new(Tone::Good, "Sealed")
    } else {
        Badge::new(Tone::Warning, "Not sealed yet")
    };
    let people = People::read(&bank, people_of(&event)).await?;
    let page = AuditEventPage {
        look: &staff.look,
        title: &event.action,
        actor: people.who(event.actor()),
        subject: people.subject(&event.subject_id),
        changes: changes(event.before_values.as_ref(), event.after_values.as_ref()),
        seal,
        event: &event,
    };
    staff.show(&page)
}
