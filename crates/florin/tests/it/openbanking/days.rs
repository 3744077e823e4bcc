//! Thirty days of a link, drawn from a seed: rounds of renewal, answers that are lost, services that are down, crashes, clocks
//! that jump, customers who take their word back. Whatever happens, the link moves as it may and no token is given away.
//!
//! `FLORIN_SEEDS=300 cargo test --workspace --test it openbanking::days` draws more of them; `FLORIN_SEED=7` one again.

use std::thread;

use bank::Bank;
use bank::openbanking::service::{find, refresh_due, refresh_own, revoke, sweep};
use bank::openbanking::{Connection, ConnectionStatus, EndReason, OpenBankingError};
use chrono::Duration;
use kernel::{ConnectionId, Random};
use tokio::runtime::Builder;
use truelayer::simulator::{AuthorizationOutcome, Fault, FaultKind, Modes, RefreshMode};

use super::tokens::{force, id};
use super::{BASE, Stage};
use crate::harness::Person;

/// How many seeds are drawn when nobody says how many.
const USUAL: u64 = 12;
/// How many threads share the seeds.
const THREADS: usize = 2;
/// After so many a new bank begins: what the old ones leave behind makes a bank slower.
const IN_ONE_BANK: usize = 50;
/// How many rounds thirty days have.
const ROUNDS: usize = 120;
const MODES: [RefreshMode; 5] = [
    RefreshMode::Static,
    RefreshMode::Omit,
    RefreshMode::Rotate,
    RefreshMode::RotateGrace { seconds: 7 * 3600 },
    RefreshMode::RotateStrict,
];

/// Holds what one seed lives through.
struct Life<'a> {
    stage: &'a Stage,
    random: Random,
    ada: Person,
    connection: ConnectionId,
    mode: RefreshMode,
    before: Connection,
    /// Whether an answer with tokens was lost on the way since the last new tokens.
    is_answer_lost: bool,
    /// Whether the bank was told that the consent is over.
    is_over_there: bool,
    trace: Vec<String>,
}

/// Says what happens in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Nothing,
    AnswerLost,
    ServiceDown,
    TooMany,
    Garbage,
    CrashBeforeTheQuestion,
    TwoProcesses,
    CustomerAsks,
    ClockAhead,
    ClockBack,
    EndedAtTheBank,
    EndedHere,
    EndedHereWhileRenewing,
}

impl Happening {
    /// Draws one; ends of links are rare.
    fn draw(random: &Random) -> Self {
        match random.below(100) {
            0..=54 => Self::Nothing,
            55..=62 => Self::AnswerLost,
            63..=70 => Self::ServiceDown,
            71..=74 => Self::TooMany,
            75..=78 => Self::Garbage,
            79..=83 => Self::CrashBeforeTheQuestion,
            84..=88 => Self::TwoProcesses,
            89..=93 => Self::CustomerAsks,
            94..=95 => Self::ClockAhead,
            96..=97 => Self::ClockBack,
            98 => Self::EndedAtTheBank,
            _ if random.below(2) == 0 => Self::EndedHere,
            _ => Self::EndedHereWhileRenewing,
        }
    }
}

impl<'a> Life<'a> {
    async fn begin(stage: &'a Stage, seed: u64) -> Self {
        let random = Random::seeded(seed);
        let mode = MODES[usize::try_from(random.below(5)).unwrap()];
        stage.simulator.control().set_modes(Modes { refresh: mode, ..Modes::default() });
        let ada = stage.app.customer("Ada Lovelace").await;
        let connection = id(&stage.link(&ada).await["id"]);
        let before = find(&stage.app.bank, &stage.app.caller_of(&ada), connection).await.unwrap();
        let (is_answer_lost, is_over_there) = (false, false);
        Self {
            stage,
            random,
            ada,
            connection,
            mode,
            before,
            is_answer_lost,
            is_over_there,
            trace: Vec::new(),
        }
    }

    fn bank(&self) -> &Bank {
        &self.stage.app.bank
    }

    fn token_calls(&self) -> usize {
        self.stage.simulator.control().count_calls("/connect/token")
    }

    fn strike(&self, kind: FaultKind) {
        let path = "/connect/token".to_owned();
        self.stage.simulator.control().add_fault(Fault { path, kind, count: 1 });
    }

    async fn row(&self) -> Connection {
        find(self.bank(), &self.stage.app.caller_of(&self.ada), self.connection).await.unwrap()
    }

    /// Returns another process on the same database.
    fn elsewhere(&self) -> Bank {
        let bank = self.bank();
        Bank::new(bank.db.clone(), bank.clock.clone(), bank.random.clone(), bank.settings.clone()).unwrap()
    }

    /// Lives one round; says whether the link still works or may again.
    async fn round(&mut self) -> bool {
        let happening = Happening::draw(&self.random);
        let calls = self.token_calls();
        Box::pin(self.happen(happening)).await;
        let hours = 5 + i64::try_from(self.random.below(3)).unwrap();
        self.stage.advance(Duration::hours(hours)).await;
        let round = refresh_due(self.bank()).await.unwrap();
        sweep(self.bank()).await.unwrap();
        // A fault that nobody met does not wait for the next round.
        let is_struck = self.stage.simulator.control().clear_faults() == 0;
        self.is_answer_lost |= is_struck && matches!(happening, Happening::AnswerLost | Happening::Garbage);
        let after = self.row().await;
        self.judge(happening, &after);
        // At most the token and the one before it for each that asked.
        assert!(self.token_calls().saturating_sub(calls) <= 6, "{happening:?}: a storm of questions");
        self.trace.push(format!(
            "{happening:?} {:?} {:?} v{} r{} f{}",
            after.status, after.end_reason, after.token_version, round.refreshed, round.failed
        ));
        self.before = after;
        !matches!(self.before.status, ConnectionStatus::Revoked)
    }

    async fn happen(&mut self, happening: Happening) {
        let caller = self.stage.app.caller_of(&self.ada);
        match happening {
            Happening::Nothing => {}
            Happening::AnswerLost => self.strike(FaultKind::LoseAnswer),
            Happening::ServiceDown => self.strike(FaultKind::Page { status: 503 }),
            Happening::TooMany => {
                self.strike(FaultKind::Refuse { status: 429, code: "rate-limit-exceeded".to_owned() });
            }
            // It does what it is asked, and nobody can read the answer.
            Happening::Garbage => self.strike(FaultKind::Garbage),
            Happening::CrashBeforeTheQuestion => {
                let now = self.bank().now();
                let (begun, until) = (now.to_rfc3339(), (now + Duration::seconds(30)).to_rfc3339());
                let sql = "update truelayer_connections set refresh_begun_at = ";
                let of = "where status = 'ACTIVE'";
                force(self.stage, &format!("{sql}'{begun}', refresh_lease_until = '{until}' {of}")).await;
            }
            Happening::TwoProcesses => {
                self.stage.advance(Duration::minutes(6)).await;
                let (here, there) = (self.bank().clone(), self.elsewhere());
                let calls = self.token_calls();
                let (one, other) = tokio::join!(
                    refresh_own(&here, &caller, self.connection),
                    refresh_own(&there, &caller, self.connection)
                );
                let works = self.before.status == ConnectionStatus::Active;
                if works && (one.is_ok() || other.is_ok()) {
                    assert!(self.token_calls().saturating_sub(calls) <= 2, "never two questions at once");
                }
            }
            Happening::CustomerAsks => {
                self.stage.advance(Duration::minutes(6)).await;
                let _ = refresh_own(self.bank(), &caller, self.connection).await;
            }
            Happening::ClockAhead => self.stage.advance(Duration::days(3)).await,
            Happening::ClockBack => self.stage.advance(-Duration::hours(30)).await,
            Happening::EndedAtTheBank => self.end_at_the_bank().await,
            Happening::EndedHere => revoke(self.bank(), &caller, self.connection).await.unwrap(),
            Happening::EndedHereWhileRenewing => {
                self.stage.advance(Duration::minutes(6)).await;
                let there = self.elsewhere();
                let renewing = refresh_own(&there, &caller, self.connection);
                let ending = revoke(self.bank(), &caller, self.connection);
                let (_, ended) = tokio::join!(renewing, ending);
                ended.unwrap();
            }
        }
    }

    async fn end_at_the_bank(&mut self) {
        let Some(name) = self.row().await.credentials_id else { return };
        self.stage.simulator.control().revoke(&name).await.unwrap();
        self.is_over_there = true;
    }

    /// Holds that the link moved as it may, and ended for a reason that there is.
    fn judge(&mut self, happening: Happening, after: &Connection) {
        use ConnectionStatus as S;
        let (from, to) = (self.before.status, after.status);
        let is_legal = match from {
            S::Active => true,
            S::Error => to != S::Pending,
            S::Expired => matches!(to, S::Expired | S::Revoked),
            S::Revoked => to == S::Revoked,
            S::Pending => false,
        };
        assert!(is_legal && to != S::Pending, "{happening:?}: {from:?} -> {to:?}");
        assert!(after.token_version >= self.before.token_version, "tokens never go back");
        if to == S::Revoked {
            let wiped =
                after.access_token.is_none() && after.refresh_token.is_none() && after.data_key.is_none();
            assert!(wiped, "{happening:?}: a link that is over has no tokens");
        }
        if from != S::Expired && to == S::Expired {
            self.judge_end(happening, after);
        }
        if after.token_version > self.before.token_version {
            self.is_answer_lost = false;
        }
    }

    fn judge_end(&self, happening: Happening, after: &Connection) {
        let is_single_use = matches!(self.mode, RefreshMode::Rotate | RefreshMode::RotateStrict);
        let is_graceful = matches!(self.mode, RefreshMode::RotateGrace { .. });
        let is_due = after.consent_expires_at.is_some_and(|ends| ends <= self.bank().now());
        let reason = after.end_reason;
        let is_reasonable = match reason {
            Some(EndReason::ConsentExpired) => is_due,
            // Nothing brings back a token that may be used once, or whose days of grace are over.
            Some(EndReason::RotationLost) => {
                self.is_over_there || (self.is_answer_lost && (is_single_use || is_graceful))
            }
            Some(EndReason::ProviderRefused) => {
                self.is_over_there || is_due || (self.is_answer_lost && (is_single_use || is_graceful))
            }
            _ => false,
        };
        assert!(is_reasonable, "{happening:?} in {:?}: ended by {reason:?}", self.mode);
    }

    /// Ends what is left, so that no later seed meets it.
    async fn finish(self) -> Vec<String> {
        let caller = self.stage.app.caller_of(&self.ada);
        match revoke(self.bank(), &caller, self.connection).await {
            Ok(()) | Err(OpenBankingError::TooLate(_)) => {}
            Err(error) => panic!("{error}"),
        }
        self.trace
    }

    /// Renews a link that is over, now and then, as its customer does.
    async fn renew(&mut self) {
        if self.before.status != ConnectionStatus::Expired || self.random.below(3) > 0 {
            return;
        }
        let ada = self.stage.app.sign_in(self.ada.user_id, &self.ada.email).await;
        let path = format!("{BASE}/connections/{}/reauthenticate", self.connection);
        let begun = self.stage.app.post(&path).by(&ada).send().await.expect(201).json();
        let query = self.stage.walk(&begun, AuthorizationOutcome::Allow);
        let back = self.stage.come_back(&ada, &query).await.expect(200).json();
        assert_eq!((id(&back["id"]), &back["status"]), (self.connection, &serde_json::json!("ACTIVE")));
        self.before = self.row().await;
        (self.is_answer_lost, self.is_over_there) = (false, false);
    }
}

async fn live(stage: &Stage, seed: u64) -> Vec<String> {
    let mut life = Life::begin(stage, seed).await;
    for _ in 0..ROUNDS {
        if !Box::pin(life.round()).await {
            break;
        }
        life.renew().await;
    }
    life.finish().await
}

/// Lives what each of the seeds has, one after the other, a few in one bank.
async fn live_all(seeds: Vec<u64>) {
    for some in seeds.chunks(IN_ONE_BANK) {
        let stage = Stage::new().await;
        for seed in some {
            println!("seed {seed}");
            Box::pin(live(&stage, *seed)).await;
        }
        let rows = stage.app.rows("truelayer_connections").await + &stage.app.rows("audit_events").await;
        assert!(!rows.contains("eyJhbGci"), "no token stands anywhere in clear");
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn thirty_days_of_a_link_end_only_for_reasons_that_there_are() {
    let seeds = match number("FLORIN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("FLORIN_SEEDS").unwrap_or(USUAL),
    };
    thread::scope(|threads| {
        for first in 0..THREADS {
            let seeds = seeds.clone().skip(first).step_by(THREADS).collect();
            threads.spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(live_all(seeds));
            });
        }
    });
}

#[tokio::test]
async fn the_same_seed_lives_the_same_days() {
    let (one, other) = (Stage::new().await, Stage::new().await);
    for seed in [3, 5] {
        let lives = (Box::pin(live(&one, seed)).await, Box::pin(live(&other, seed)).await);
        assert_eq!(lives.0, lives.1, "seed {seed}");
    }
}
