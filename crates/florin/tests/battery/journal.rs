//! What was asked for and what was answered, held against what stands in the books.
//!
//! Every payment is noted before it is sent and again when its answer came, before the next one is sent. The harness is
//! not what is killed, so its memory is as good as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::client::{Client, Outcome, Payment};
use crate::limits::pause;

/// How long one unknown payment may take to be settled once the bank is back.
const SETTLING: Duration = Duration::from_secs(30);

/// Keeps every payment of a harness by its key.
#[derive(Debug, Default)]
pub struct Journal {
    noted: Mutex<BTreeMap<String, (Payment, Outcome)>>,
}

/// A payment that stands in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub key: String,
    pub id: String,
}

/// Counts outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub booked: usize,
    pub refused: usize,
    pub unknown: usize,
}

impl Counts {
    /// Counts everything that was sent.
    pub fn sum(self) -> usize {
        self.booked + self.refused + self.unknown
    }
}

/// What is wrong with the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Acknowledged, and not there, or there under another id.
    pub lost: Vec<String>,
    /// There, and never asked for, or answered with a refusal.
    pub phantom: Vec<String>,
    /// There more than once.
    pub doubled: Vec<String>,
}

impl Journal {
    /// Notes a payment that is about to be sent.
    pub fn send(&self, payment: &Payment) {
        let unknown = Outcome::Unknown("not answered yet".to_owned());
        let before = self.lock().insert(payment.key.clone(), (payment.clone(), unknown));
        assert!(before.is_none(), "{} was used before", payment.key);
    }

    /// Notes what came of a payment.
    pub fn note(&self, key: &str, outcome: Outcome) {
        self.lock().get_mut(key).expect("a payment that was sent").1 = outcome;
    }

    /// Sends a payment with everything noted.
    pub async fn pay(&self, client: &mut Client, payment: &Payment) -> Outcome {
        self.send(payment);
        let outcome = client.pay(payment).await;
        self.note(&payment.key, outcome.clone());
        outcome
    }

    /// Repeats every payment whose outcome is unknown, with its key, until each is known. Returns how many there were.
    pub async fn settle(&self, clients: &[Client]) -> usize {
        let open = self.unknown();
        for payment in &open {
            let owner = clients.iter().find(|client| client.owns(&payment.from));
            let mut client = owner.expect("a client of the payer's").clone();
            let begun = Instant::now();
            loop {
                let outcome = client.pay(payment).await;
                if !matches!(outcome, Outcome::Unknown(_)) {
                    self.note(&payment.key, outcome);
                    break;
                }
                assert!(begun.elapsed() < SETTLING, "{} cannot be settled: {outcome:?}", payment.key);
                pause(Duration::from_millis(50)).await;
            }
        }
        open.len()
    }

    /// Lists the payments whose outcome is unknown.
    pub fn unknown(&self) -> Vec<Payment> {
        let noted = self.lock();
        let open = noted.values().filter(|(_, outcome)| matches!(outcome, Outcome::Unknown(_)));
        open.map(|(payment, _)| payment.clone()).collect()
    }

    /// Lists what the payments whose outcome is unknown were answered, each answer once.
    pub fn answers(&self) -> BTreeSet<String> {
        let noted = self.lock();
        let answers = noted.values().filter_map(|(_, outcome)| match outcome {
            Outcome::Unknown(why) => Some(why.clone()),
            _ => None,
        });
        answers.collect()
    }

    /// Lists the keys of the payments that were acknowledged, with their ids.
    pub fn acknowledged(&self) -> Vec<Booking> {
        let noted = self.lock();
        let booked = noted.iter().filter_map(|(key, (_, outcome))| match outcome {
            Outcome::Booked(id) => Some(Booking { key: key.clone(), id: id.clone() }),
            _ => None,
        });
        booked.collect()
    }

    /// Counts the outcomes so far.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (_, outcome) in self.lock().values() {
            match outcome {
                Outcome::Booked(_) => counts.booked += 1,
                Outcome::Refused(_) => counts.refused += 1,
                Outcome::Unknown(_) => counts.unknown += 1,
            }
        }
        counts
    }

    /// Holds the journal against what stands in the books. What is unknown may be there or not, but once only.
    pub fn compare(&self, books: &[Booking]) -> Verdict {
        let noted = self.lock();
        let mut verdict = Verdict::default();
        let mut seen = BTreeSet::new();
        for Booking { key, id } in books {
            if !seen.insert(key.as_str()) {
                verdict.doubled.push(key.clone());
            }
            match noted.get(key) {
                Some((_, Outcome::Booked(told))) if told != id => verdict.lost.push(key.clone()),
                Some((_, Outcome::Booked(_) | Outcome::Unknown(_))) => {}
                Some((_, Outcome::Refused(_))) | None => verdict.phantom.push(key.clone()),
            }
        }
        let told = noted.iter().filter(|(_, (_, outcome))| matches!(outcome, Outcome::Booked(_)));
        verdict.lost.extend(told.map(|(key, _)| key).filter(|key| !seen.contains(key.as_str())).cloned());
        verdict
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Payment, Outcome)>> {
        self.noted.lock().expect("nobody panicked while noting")
    }
}

impl Client {
    /// Says whether an account is this customer's.
    pub fn owns(&self, account: &str) -> bool {
        self.person.accounts.iter().any(|holding| holding.id == account)
    }
}

impl Verdict {
    /// Fails when anything is wrong, with the first few that are.
    pub fn must_be_clean(&self) {
        let Self { lost, phantom, doubled } = self;
        let wrong = [("lost", lost), ("phantom", phantom), ("doubled", doubled)];
        for (what, keys) in wrong {
            let few = &keys[..keys.len().min(5)];
            assert!(keys.is_empty(), "{} payments are {what}, such as {few:?}", keys.len());
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} acknowledged, {} refused, {} unknown", self.booked, self.refused, self.unknown)
    }
}

#[test]
fn the_journal_notices_what_is_lost_what_nobody_asked_for_and_what_stands_twice() {
    let journal = Journal::default();
    let booking = |key: &str| Booking { key: key.to_owned(), id: format!("trf_{key}") };
    for (key, outcome) in [
        ("told", Outcome::Booked("trf_told".to_owned())),
        ("other", Outcome::Booked("trf_something".to_owned())),
        ("lost", Outcome::Booked("trf_lost".to_owned())),
        ("refused", Outcome::Refused("funds".to_owned())),
        ("open", Outcome::Unknown("cut".to_owned())),
    ] {
        let (from, to, currency) = ("a".to_owned(), "b".to_owned(), "GBP".to_owned());
        journal.send(&Payment { key: key.to_owned(), from, to, amount_minor: 1, currency });
        journal.note(key, outcome);
    }
    let books = ["told", "told", "other", "refused", "open", "nobody"].map(booking);
    let verdict = journal.compare(&books);
    assert_eq!(verdict.lost, ["other", "lost"]);
    assert_eq!(verdict.phantom, ["refused", "nobody"]);
    assert_eq!(verdict.doubled, ["told"]);
    assert_eq!(journal.counts(), Counts { booked: 3, refused: 1, unknown: 1 });
}
