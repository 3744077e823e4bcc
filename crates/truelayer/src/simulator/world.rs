//! Everything that the simulated service knows, under one lock.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use kernel::Instant;

use super::book::Book;
use super::calls::{MOST_CALLS, RecordedCall};
use super::consent::{Consents, Credential};
use super::faults::Fault;
use super::mock_user::MockUser;
use super::modes::Modes;
use super::payments::PaymentBook;
use super::provider::{FakeBank, Profile};
use super::registration::RegisteredClient;
use super::webhooks::Outbox;
use crate::auth_link::ResponseMode;
use crate::client::Endpoint;
use crate::scope::Scopes;

/// How long a code may be exchanged.
const CODE_LIFE: Duration = Duration::minutes(5);

/// Holds the whole state.
pub(super) struct World {
    pub(super) profile: Profile,
    pub(super) client: RegisteredClient,
    pub(super) modes: Modes,
    pub(super) faults: Vec<Fault>,
    pub(super) consents: Consents,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) codes: BTreeMap<String, Grant>,
    /// Links that were followed to their end; each works once.
    pub(super) spent_links: BTreeSet<String>,
    /// Tokens of the program itself: until when, and for what.
    pub(super) client_tokens: BTreeMap<String, (Instant, String)>,
    pub(super) tasks: BTreeMap<String, Task>,
    pub(super) calls: Vec<RecordedCall>,
    /// Calls without the user, by link, account and kind of question.
    pub(super) unattended: BTreeMap<(String, String, Endpoint), Vec<Instant>>,
    /// Answers that are given again for an hour, by link and question.
    pub(super) cache: BTreeMap<(String, String), Cached>,
    pub(super) payments: PaymentBook,
    pub(super) outbox: Outbox,
    books: BTreeMap<(&'static str, MockUser), Book>,
    seed: u64,
}

/// Holds a visit to the pages: what the link asked for, and how far the user is.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The link's query, by which it is recognized when it is followed again.
    pub(super) link: String,
    pub(super) redirect_uri: url::Url,
    pub(super) scopes: Scopes,
    pub(super) state: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) response_mode: ResponseMode,
    pub(super) banks: Vec<&'static FakeBank>,
    pub(super) bank: Option<&'static FakeBank>,
    pub(super) user: Option<MockUser>,
    /// The link that is renewed, if one is.
    pub(super) renews: Option<String>,
}

/// Holds a code that was given out.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) credentials_id: String,
    pub(super) redirect_uri: url::Url,
    pub(super) challenge: Option<String>,
    pub(super) expires_at: Instant,
}

impl Grant {
    pub(super) fn new(session: &Session, credentials_id: String, now: Instant) -> Self {
        Self {
            credentials_id,
            redirect_uri: session.redirect_uri.clone(),
            challenge: session.challenge.clone(),
            expires_at: now + CODE_LIFE,
        }
    }
}

/// Holds an asynchronous read.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) credentials_id: String,
    pub(super) begun_at: Instant,
    /// The results, or the refusal that the read came to.
    pub(super) outcome: Result<Vec<u8>, ()>,
}

/// Holds an answer for repetition.
#[derive(Clone, Debug)]
pub(super) struct Cached {
    pub(super) body: Vec<u8>,
    pub(super) at: Instant,
}

impl World {
    pub(super) fn new(profile: Profile, client: RegisteredClient, seed: u64) -> Self {
        Self {
            profile,
            client,
            modes: Modes::default(),
            faults: Vec::new(),
            consents: Consents::default(),
            sessions: BTreeMap::new(),
            codes: BTreeMap::new(),
            spent_links: BTreeSet::new(),
            client_tokens: BTreeMap::new(),
            tasks: BTreeMap::new(),
            calls: Vec::new(),
            unattended: BTreeMap::new(),
            cache: BTreeMap::new(),
            payments: PaymentBook::default(),
            outbox: Outbox::default(),
            books: BTreeMap::new(),
            seed,
        }
    }

    /// Forgets everything but the program's registration.
    pub(super) fn reset(&mut self, seed: u64) {
        *self = Self::new(self.profile, self.client.clone(), seed);
    }

    /// Returns a user's book at a bank, written up to `now`.
    pub(super) fn book(&mut self, bank: &'static FakeBank, user: &MockUser, now: Instant) -> &mut Book {
        let seed = self.seed;
        let key = (bank.id, user.clone());
        let book = self.books.entry(key).or_insert_with(|| Book::open(bank, user, seed, now));
        book.advance(now);
        book
    }

    /// Returns the id under which an account or card is shown to a link.
    pub(super) fn shown_id(&self, credential: &Credential, key: &str) -> String {
        let link = if self.modes.fresh_account_ids { credential.id.as_str() } else { "" };
        let text = format!("{}/{}/{key}/{link}", credential.bank.id, credential.user.username);
        hex::encode(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref()[..16])
    }

    pub(super) fn record(&mut self, call: RecordedCall) {
        if self.calls.len() >= MOST_CALLS {
            self.calls.drain(..MOST_CALLS / 2);
        }
        self.calls.push(call);
    }
}
