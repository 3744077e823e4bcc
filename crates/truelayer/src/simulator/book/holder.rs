//! Accounts and cards.

use kernel::{CountryCode, Iban, Instant};

use super::rows::{Pending, Row};
use crate::simulator::mock_user::{MockUser, UserKind};
use crate::simulator::provider::FakeBank;

/// Holds an account or a card with its rows.
#[derive(Debug)]
pub(crate) struct Holder {
    /// Its name in the book, which outlives every identifier that is shown.
    pub(crate) key: &'static str,
    pub(crate) kind: HolderKind,
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) sort_code: Option<&'static str>,
    pub(crate) number: String,
    pub(crate) iban: Option<String>,
    pub(crate) bic: &'static str,
    /// How far an account may be overdrawn, how much may be owed on a card.
    pub(crate) limit_minor: i64,
    pub(crate) opening_minor: i64,
    pub(crate) rows: Vec<Row>,
    pub(crate) pending: Vec<Pending>,
}

/// Says what sort of account or card it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HolderKind {
    Current,
    Savings,
    Business,
    Card,
}

/// The mock bank's sort code, as it stands in public samples.
const SORT_CODE: &str = "01-21-31";

impl Holder {
    /// Says whether it is a card.
    pub(crate) fn is_card(&self) -> bool {
        self.kind == HolderKind::Card
    }

    /// Lists what is booked by `now`, oldest first, each with the balance after it.
    pub(crate) fn shown(&self, now: Instant) -> Vec<(&Row, i64)> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.at <= now).collect();
        rows.sort_by_key(|row| (row.at, row.sequence));
        let mut balance = self.opening_minor;
        rows.into_iter()
            .map(|row| {
                balance += row.minor;
                (row, balance)
            })
            .collect()
    }

    /// Sums what is booked by `now`; below zero on a card that owes.
    pub(crate) fn balance(&self, now: Instant) -> i64 {
        self.opening_minor + self.rows.iter().filter(|row| row.at <= now).map(|row| row.minor).sum::<i64>()
    }

    /// Lists what is announced at `now`.
    pub(crate) fn announced(&self, now: Instant) -> impl Iterator<Item = &Pending> {
        self.pending.iter().filter(move |pending| pending.row.at <= now && now < pending.until)
    }

    /// Returns what can be spent.
    pub(crate) fn available(&self, now: Instant) -> i64 {
        self.balance(now)
            + self.limit_minor
            + self.announced(now).map(|pending| pending.row.minor).sum::<i64>()
    }
}

/// Makes the accounts and cards of a user at a bank.
pub(super) fn all(bank: &FakeBank, user: &MockUser) -> Vec<Holder> {
    let base = 10_000_000 + user.number() * 10;
    let account = |key, kind, name, position: u32| Holder {
        key,
        kind,
        name,
        currency: "GBP",
        sort_code: Some(SORT_CODE),
        number: (base + position).to_string(),
        iban: british_iban(user, base + position),
        bic: "SIMBGB2LXXX",
        limit_minor: if kind == HolderKind::Savings { 0 } else { 50_000 },
        opening_minor: if kind == HolderKind::Savings { 100_000 } else { 150_000 },
        rows: Vec::new(),
        pending: Vec::new(),
    };
    let card = Holder {
        key: "card",
        kind: HolderKind::Card,
        name: "Everyday Credit Card",
        number: format!("{:04}", 4242 + user.number()),
        sort_code: None,
        iban: None,
        limit_minor: 300_000,
        opening_minor: -20_000,
        ..account("card", HolderKind::Card, "", 9)
    };
    if bank.only_cards {
        return vec![card];
    }
    if !bank.is_british() {
        let (number, iban) = continental_iban(bank, base);
        let euro = account("current", HolderKind::Current, "Girokonto", 0);
        return vec![Holder {
            currency: "EUR",
            sort_code: None,
            number,
            iban,
            bic: "NOT_SUPPORTED_BY_PROVIDER",
            ..euro
        }];
    }
    vec![
        account("current", HolderKind::Current, "Current Account", 0),
        account("savings", HolderKind::Savings, "Easy Saver", 1),
        account("business", HolderKind::Business, "Business Account", 2),
        card,
    ]
}

/// Plain users' accounts all show one IBAN, so that whoever takes it for the account's name merges them.
fn british_iban(user: &MockUser, number: u32) -> Option<String> {
    let bban = match user.kind {
        UserKind::OwnIbans => format!("SIMB012131{number}"),
        _ => "SIMB04066800003435".to_owned(),
    };
    Iban::compose(CountryCode::GB, &bban).ok().map(|iban| iban.as_str().to_owned())
}

fn continental_iban(bank: &FakeBank, number: u32) -> (String, Option<String>) {
    let (country, bban) = match bank.country {
        "at" => (CountryCode::AT, format!("19043{number:011}")),
        _ => (CountryCode::DE, format!("50010517{number:010}")),
    };
    let iban = Iban::compose(country, &bban).ok().map(|iban| iban.as_str().to_owned());
    (number.to_string(), iban)
}
