//! What the audit log is asked for, as people type it.

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use kernel::{ActorKind, Instant};

use crate::Bank;
use crate::audit::{AuditFilter, Who};
use crate::identity::directory;
use crate::web::Problem;
use crate::web::page::Listing;

/// Says which field of the filter makes no sense, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) why: String,
}

/// Reads the filter: people by address or id, days in the bank's zone, both included.
///
/// # Errors
/// The problem of a database that fails. A field that makes no sense is told beside it.
pub(super) async fn read(bank: &Bank, listing: &Listing) -> Result<Result<AuditFilter, Wrong>, Problem> {
    let actor = match listing.text("actor") {
        "" => None,
        text => match actor(bank, text).await? {
            Some(who) => Some(who),
            None => return Ok(Err(Wrong { field: "actor", why: NOBODY.to_owned() })),
        },
    };
    Ok(fields(listing, bank.settings.business_timezone).map(|fields| AuditFilter { actor, ..fields }))
}

const NOBODY: &str = "an e-mail address, the id of a user or an API key, or system";

async fn actor(bank: &Bank, text: &str) -> Result<Option<Who>, Problem> {
    if text.contains('@') {
        return Ok(directory::find_by_email(bank.db.read(), text).await?.map(Who::User));
    }
    Ok(text.parse().ok())
}

fn fields(listing: &Listing, zone: Tz) -> Result<AuditFilter, Wrong> {
    let text = |name| Some(listing.text(name)).filter(|text: &&str| !text.is_empty());
    let kind = text("actor_kind").map(|text| ActorKind::parse(text).ok_or("no such sort of actor"));
    let action = text("action").map(str::parse).transpose();
    let (from, to) = (day(text("from"), "from")?, day(text("to"), "to")?);
    Ok(AuditFilter {
        actor: None,
        actor_kind: kind.transpose().map_err(|why| Wrong { field: "actor_kind", why: why.to_owned() })?,
        action: action
            .map_err(|error: crate::audit::FilterError| Wrong { field: "action", why: error.to_string() })?,
        subject: text("subject").map(str::to_owned),
        from: from.and_then(|day| start(day, zone)),
        to: to.and_then(|day| day.checked_add_days(Days::new(1))).and_then(|day| start(day, zone)),
    })
}

fn day(text: Option<&str>, field: &'static str) -> Result<Option<NaiveDate>, Wrong> {
    let wrong = |_| Wrong { field, why: "a day like 2026-03-31".to_owned() };
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

/// Returns when a day begins; where clocks skip midnight, the first instant after.
fn start(day: NaiveDate, zone: Tz) -> Option<Instant> {
    let midnight = day.and_time(NaiveTime::MIN);
    let hours = (0..24).map(|hour| midnight + chrono::Duration::hours(hour));
    let mut existing = hours.filter_map(|local| local.and_local_timezone(zone).earliest());
    existing.next().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_bank_or_as_soon_as_clocks_go_on() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let at = |text: &str, zone| start(day(text), zone).expect("an instant").to_rfc3339();
        assert_eq!(at("2026-07-01", chrono_tz::Europe::London), "2026-06-30T23:00:00+00:00");
        // Clocks of Santiago skip the hour after midnight on the first Sunday of September.
        assert_eq!(at("2026-09-06", chrono_tz::America::Santiago), "2026-09-06T04:00:00+00:00");
    }
}
