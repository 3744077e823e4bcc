//! Who is in the sample bank: staff by role, and the people of [`super::people`].

use aws_lc_rs::digest::{SHA256, digest};
use bank::{Bank, Role};
use kernel::{Random, Secret};

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

/// Says whether nobody has been registered yet.
pub(super) async fn is_empty(bank: &Bank) -> anyhow::Result<bool> {
    Ok(bank::identity::directory::is_empty(bank.db.latest()).await?)
}
