//! What was done to something, by whom and why, as a section of its page.

use std::collections::HashMap;

use askama::Template;
use kernel::{PageRequest, UserId};

use crate::audit::{self, AuditEvent, AuditFilter, Who};
use crate::identity::directory;
use crate::web::Problem;
use crate::web::page::{Look, Markup, Staff};
use crate::{Bank, Permission};

/// How much of the history a page shows.
const MOST: usize = 30;

/// What is no change: somebody looked.
const LOOKS: [&str; 3] = [".view", ".list", ".read"];

#[derive(Template)]
#[template(path = "identity/pages/history.html")]
struct History<'a> {
    look: &'a Look,
    events: Vec<AuditEvent>,
    names: HashMap<UserId, String>,
}

impl History<'_> {
    fn actor(&self, event: &AuditEvent) -> &str {
        match event.actor() {
            Some(Who::User(id)) => self.names.get(&id).map_or("somebody", String::as_str),
            Some(Who::ApiKey(_)) => "an API key",
            Some(Who::System) | None => "the bank itself",
        }
    }
}

/// Shows what was done to the thing with this id, without the looks, to whoever may read the audit log; nothing to
/// anybody else.
///
/// # Errors
/// Those of the audit log.
pub async fn history(bank: &Bank, staff: &Staff, subject: &str) -> Result<Markup, Problem> {
    let Some(events) = events(bank, staff, subject).await? else {
        return Ok(Markup::default());
    };
    let mut people = Vec::new();
    for event in &events {
        if let Some(Who::User(id)) = event.actor() {
            people.push(id);
        }
    }
    let names = directory::named(bank.db.read(), people).await?;
    Markup::of(&History { look: &staff.look, events, names })
}

/// Returns the same as rows; none for whoever may not read the audit log.
pub(super) async fn events(
    bank: &Bank,
    staff: &Staff,
    subject: &str,
) -> Result<Option<Vec<AuditEvent>>, Problem> {
    if !staff.look.may(Permission::ReadAudit) {
        return Ok(None);
    }
    let filter = AuditFilter { subject: Some(subject.to_owned()), ..AuditFilter::default() };
    // Looks lie between the changes, so that many rows are read for the few that are shown.
    let page = PageRequest { limit: PageRequest::MOST, after: None };
    let mut events = audit::list(bank, &staff.caller, &filter, page).await?.items;
    events.retain(|event| !is_look(&event.action));
    events.truncate(MOST);
    Ok(Some(events))
}

fn is_look(action: &str) -> bool {
    LOOKS.iter().any(|look| action.ends_with(look)) || action.starts_with("user.read")
}

#[cfg(test)]
mod tests {
    use super::is_look;

    #[test]
    fn a_look_is_no_change() {
        for look in ["account.view", "transaction.list", "user.read", "user.read_level"] {
            assert!(is_look(look), "{look}");
        }
        for change in ["account.freeze", "transfer.reverse", "account.review"] {
            assert!(!is_look(change), "{change}");
        }
    }
}
