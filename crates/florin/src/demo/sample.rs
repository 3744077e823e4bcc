//! Who is in the sample bank: staff by role, and the people of [`super::people`].

use anyhow::Context as _;
use aws_lc_rs::digest::{SHA256, digest};
use bank::audit::{self, ActionFilter, AuditFilter, Event, Subject};
use bank::identity::directory;
use bank::identity::service::shown_at;
use bank::{Bank, Role};
use kernel::{Instant, PageRequest, Random, Secret};

use super::people::{self, Person};

/// Opens every sample account. It guards nothing: the data is invented, and production has no demo.
pub(super) const PASSWORD: &str = "florin demo: five coins a day";

/// Where chance begins; the same bank comes of it every time.
pub(super) const SEED: u64 = 1252;

/// Describes one member of staff.
pub(super) struct Clerk {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: Role,
}

/// The staff; operations twice, so that one can approve what the other asked for.
pub(super) const STAFF: [Clerk; 6] = [
    Clerk { name: "Ada Keane", email: "admin@bank.example", role: Role::Admin },
    Clerk { name: "Otis Marlow", email: "operations@bank.example", role: Role::Operations },
    Clerk { name: "Petra Lind", email: "operations2@bank.example", role: Role::Operations },
    Clerk { name: "Carl Novak", email: "compliance@bank.example", role: Role::Compliance },
    Clerk { name: "Sofia Brandt", email: "support@bank.example", role: Role::Support },
    Clerk { name: "Aude Perrin", email: "auditor@bank.example", role: Role::Auditor },
];

/// Returns the customers of a bank of this size.
pub(super) fn customers(count: usize) -> Vec<Person> {
    people::customers(&Random::seeded(SEED), count)
}

/// Returns the seed of a clerk's second factor: it follows from the address, so that a restart knows it.
pub(super) fn totp_seed(email: &str) -> Secret<Vec<u8>> {
    let name = format!("florin:demo:totp:{email}");
    Secret::new(digest(&SHA256, name.as_bytes()).as_ref()[..20].to_vec())
}

/// Returns what a clerk's authenticator shows.
pub(super) fn code(email: &str, now: Instant) -> anyhow::Result<Secret<String>> {
    let clerk = STAFF.iter().find(|clerk| clerk.email == email);
    let clerk = clerk.with_context(|| format!("nobody on the staff has the address {email}"))?;
    Ok(shown_at(&totp_seed(clerk.email), now))
}

/// Names the audit row that is written when the data is whole.
const FILLED: &str = "demo.fill";

/// Says how far the bank was filled before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filling {
    /// Nobody has been registered yet.
    Empty,
    /// An earlier start was interrupted while it filled the bank.
    Unfinished,
    /// The data is whole.
    Whole,
}

/// Looks how far the bank was filled before.
pub(super) async fn filling(bank: &Bank) -> anyhow::Result<Filling> {
    if directory::is_empty(bank.db.latest()).await? {
        return Ok(Filling::Empty);
    }
    let filter = AuditFilter { action: Some(ActionFilter::One(FILLED.to_owned())), ..AuditFilter::default() };
    let caller = bank.system_caller();
    let marks = audit::list(bank, &caller, &filter, PageRequest::first()).await?;
    Ok(if marks.items.is_empty() { Filling::Unfinished } else { Filling::Whole })
}

/// Writes down that the data is whole.
pub(super) async fn mark_filled(bank: &Bank) -> anyhow::Result<()> {
    let caller = bank.system_caller();
    let tx = bank.db.begin().await?;
    audit::record(bank, &tx, &caller, Event::new(FILLED, Subject::new("bank", "demo"))).await?;
    tx.commit().await?;
    Ok(())
}
