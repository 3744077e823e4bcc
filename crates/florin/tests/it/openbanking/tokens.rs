//! New tokens: in time, once, and not lost by a crash that anybody can survive.

use bank::openbanking::OpenBankingError;
use bank::openbanking::service::{Round, refresh_due, refresh_own, revoke, sweep};
use bank::{Bank, Role};
use chrono::Duration;
use futures_util::future::join_all;
use kernel::ConnectionId;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use truelayer::simulator::{Fault, FaultKind, Modes, RefreshMode};

use super::{BASE, Stage};
use crate::harness::{Answer, Person};

const TOKEN: &str = "/connect/token";

impl Stage {
    fn set(&self, refresh: RefreshMode) {
        self.simulator.control().set_modes(Modes { refresh, ..Modes::default() });
    }

    fn strike(&self, kind: FaultKind, count: u32) {
        self.simulator.control().add_fault(Fault { path: TOKEN.to_owned(), kind, count });
    }

    /// Counts how often the service was asked for tokens, the exchange of codes included.
    pub(super) fn token_calls(&self) -> usize {
        self.simulator.control().calls().iter().filter(|call| call.path.contains(TOKEN)).count()
    }

    pub(super) async fn refresh(&self, person: &Person, id: &Value) -> Answer {
        let path = format!("{BASE}/connections/{}/refresh-tokens", id.as_str().unwrap());
        self.app.post(&path).by(person).send().await
    }

    pub(super) async fn linked(&self) -> (Person, Value) {
        let ada = self.app.customer("Ada Lovelace").await;
        let linked = self.link(&ada).await;
        self.advance(Duration::minutes(1)).await;
        (ada, linked["id"].clone())
    }
}

pub(super) fn id(value: &Value) -> ConnectionId {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_connection_gets_new_tokens_however_the_service_replaces_them() {
    for mode in [
        RefreshMode::Static,
        RefreshMode::Omit,
        RefreshMode::Rotate,
        RefreshMode::RotateGrace { seconds: 60 },
        RefreshMode::RotateStrict,
    ] {
        let stage = Stage::new().await;
        let (ada, connection) = stage.linked().await;
        stage.set(mode);
        for _ in 0..3 {
            stage.advance(Duration::minutes(1)).await;
            let renewed = stage.refresh(&ada, &connection).await.expect(200).json();
            assert_eq!(renewed["status"], "ACTIVE", "{mode:?}");
        }
        assert_eq!(stage.token_calls(), 4, "{mode:?}");
        let log = stage.app.rows("truelayer_audit_logs").await;
        assert_eq!(log.matches("TOKEN_REFRESHED").count(), 3, "{mode:?}: {log}");
    }
}

#[tokio::test]
async fn a_hundred_callers_at_once_ask_the_service_once() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.set(RefreshMode::RotateStrict);
    let caller = stage.app.caller_of(&ada);
    let before = stage.token_calls();
    let asks = (0..100).map(|_| refresh_own(&stage.app.bank, &caller, id(&connection)));
    let all = join_all(asks).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(stage.token_calls() - before, 1);
}

#[tokio::test]
async fn two_processes_at_once_ask_the_service_once() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.set(RefreshMode::RotateStrict);
    let one = &stage.app.bank;
    let other =
        Bank::new(one.db.clone(), one.clock.clone(), one.random.clone(), one.settings.clone()).unwrap();
    let caller = stage.app.caller_of(&ada);
    let before = stage.token_calls();
    let (left, right) = tokio::join!(
        refresh_own(one, &caller, id(&connection)),
        refresh_own(&other, &caller, id(&connection))
    );
    let busy = [left, right].into_iter().filter(|got| matches!(got, Err(OpenBankingError::Busy))).count();
    assert!(busy <= 1, "whoever comes late is asked to come again, or finds the new tokens");
    assert_eq!(stage.token_calls() - before, 1);
}

#[tokio::test]
async fn a_lost_answer_costs_a_connection_only_where_nothing_can_bring_it_back() {
    let still = ("ACTIVE", Value::Null);
    for (mode, (status, reason)) in [
        (RefreshMode::Static, still.clone()),
        (RefreshMode::Omit, still.clone()),
        (RefreshMode::RotateGrace { seconds: 600 }, still),
        (RefreshMode::Rotate, ("EXPIRED", json!("rotation_lost"))),
        (RefreshMode::RotateStrict, ("EXPIRED", json!("rotation_lost"))),
    ] {
        let stage = Stage::new().await;
        let (ada, connection) = stage.linked().await;
        stage.set(mode);
        stage.strike(FaultKind::LoseAnswer, 1);
        stage.refresh(&ada, &connection).await.refused(503, "unavailable");
        let waiting = stage.connection(&ada, &connection).await;
        assert_eq!(waiting["status"], "ACTIVE", "{mode:?}: nobody knows yet");
        stage.advance(Duration::minutes(3)).await;
        stage.refresh(&ada, &connection).await;
        let after = stage.connection(&ada, &connection).await;
        assert_eq!((after["status"].as_str().unwrap(), &after["end_reason"]), (status, &reason), "{mode:?}");
    }
}

#[tokio::test]
async fn a_crash_before_the_question_costs_nothing() {
    for mode in [RefreshMode::Static, RefreshMode::Rotate, RefreshMode::RotateStrict] {
        let stage = Stage::new().await;
        let (ada, connection) = stage.linked().await;
        stage.set(mode);
        // What a process leaves behind that is killed after the lease.
        let now = stage.app.bank.now();
        let (begun, until) = (now.to_rfc3339(), (now + Duration::seconds(30)).to_rfc3339());
        let left = format!(
            "update truelayer_connections set refresh_begun_at = '{begun}', refresh_lease_until = '{until}'"
        );
        stage.app.bank.db.primary().execute_unprepared(&left).await.unwrap();
        stage.advance(Duration::seconds(31)).await;
        let renewed = stage.refresh(&ada, &connection).await.expect(200).json();
        assert_eq!(renewed["status"], "ACTIVE", "{mode:?}");
    }
}

#[tokio::test]
async fn a_round_renews_what_ends_soon_and_one_bad_connection_stops_nobody() {
    let stage = Stage::new().await;
    let mut links = Vec::new();
    for name in ["Ada Lovelace", "Grace Hopper", "Mary Somerville"] {
        let person = stage.app.customer(name).await;
        links.push((stage.link(&person).await["id"].clone(), person));
    }
    let bank = &stage.app.bank;
    assert_eq!(
        refresh_due(bank).await.unwrap(),
        Round { checked: 3, skipped: 3, ..Round::default() },
        "fresh"
    );
    stage.advance(Duration::hours(6)).await;
    let credentials = stage.simulator.control().links()[1].credentials_id.clone();
    stage.simulator.control().revoke(&credentials).await.unwrap();
    let round = refresh_due(bank).await.unwrap();
    let expected = Round { checked: 3, refreshed: 2, needs_reauth: 1, ..Round::default() };
    assert_eq!(round, expected);
    assert_eq!(refresh_due(bank).await.unwrap(), Round { checked: 2, skipped: 2, ..Round::default() });
    stage.advance(Duration::hours(6)).await;
    stage.strike(FaultKind::Page { status: 502 }, 1);
    let round = refresh_due(bank).await.unwrap();
    assert_eq!(round, Round { checked: 2, refreshed: 1, failed: 1, ..Round::default() });
    let auditor = stage.app.staff(Role::Auditor).await;
    let stats = stage.app.get(&format!("{BASE}/token-stats")).by(&auditor).send().await.expect(200).json();
    for (name, expected) in [
        ("active", json!(2)),
        ("expired", json!(1)),
        ("refreshed", json!(3)),
        ("failed", json!(1)),
        ("needs_reauth", json!(1)),
        ("success_basis_points", json!(6_000)),
        ("alarmed", json!(false)),
    ] {
        assert_eq!(stats[name], expected, "{name} of {stats}");
    }
    let log = stage.app.rows("truelayer_audit_logs").await;
    for (action, count) in [("TOKEN_REFRESHED", 3), ("TOKEN_REFRESH_FAILED", 2), ("CONNECTION_EXPIRED", 1)] {
        assert_eq!(log.matches(action).count(), count, "{action} in {log}");
    }
}

#[tokio::test]
async fn our_own_credentials_refused_raise_an_alarm_and_end_nobodys_connection() {
    let stage = Stage::new().await;
    for name in ["Ada Lovelace", "Grace Hopper"] {
        stage.link(&stage.app.customer(name).await).await;
    }
    stage.advance(Duration::hours(6)).await;
    stage.strike(FaultKind::Refuse { status: 400, code: "invalid_client".to_owned() }, 2);
    let round = refresh_due(&stage.app.bank).await.unwrap();
    assert!(round.alarmed && round.refreshed == 0 && round.needs_reauth == 0, "{round:?}");
    let rows = stage.app.rows("truelayer_connections").await;
    assert_eq!(rows.matches("ACTIVE").count(), 2, "{rows}");
}

#[tokio::test]
async fn a_consent_whose_time_is_over_ends_though_nobody_asked() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.advance(Duration::days(89) - Duration::minutes(1)).await;
    assert_eq!(sweep(&stage.app.bank).await.unwrap(), 0);
    stage.advance(Duration::days(1)).await;
    assert_eq!(sweep(&stage.app.bank).await.unwrap(), 1);
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let over = stage.connection(&ada, &connection).await;
    assert_eq!((&over["status"], &over["end_reason"]), (&json!("EXPIRED"), &json!("consent_expired")));
    stage.refresh(&ada, &connection).await.refused(409, "connection_over");
    assert_eq!(sweep(&stage.app.bank).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn the_customers_word_counts_whatever_answer_is_on_its_way() {
    for elsewhere in [false, true] {
        let stage = Stage::new().await;
        let (ada, connection) = stage.linked().await;
        let slow = Modes { refresh: RefreshMode::Rotate, latency_milliseconds: 100, ..Modes::default() };
        stage.simulator.control().set_modes(slow);
        let (here, caller) = (&stage.app.bank, stage.app.caller_of(&ada));
        let there =
            Bank::new(here.db.clone(), here.clock.clone(), here.random.clone(), here.settings.clone());
        let asking = if elsewhere { there.unwrap() } else { here.clone() };
        let refresh = refresh_own(&asking, &caller, id(&connection));
        let end = async {
            // Once the question is out.
            while !is_leased(&stage).await {
                tokio::task::yield_now().await;
            }
            revoke(here, &caller, id(&connection)).await
        };
        let (_, ended) = tokio::join!(refresh, end);
        ended.unwrap();
        assert_eq!(stage.connection(&ada, &connection).await["status"], "REVOKED");
        assert!(!stage.app.rows("truelayer_connections").await.contains("tl1."));
        let links = stage.simulator.control().links();
        assert_ne!(links[0].consent_status, "Authorised", "the tokens that came last ended it");
    }
}

pub(super) async fn is_leased(stage: &Stage) -> bool {
    count(stage, "refresh_lease_until is not null").await > 0
}

/// Counts the connections of which something is true.
pub(super) async fn count(stage: &Stage, what: &str) -> i64 {
    let db = stage.app.bank.db.latest();
    let sql = format!("select count(*) as many from truelayer_connections where {what}");
    let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), sql)).await;
    row.unwrap().unwrap().try_get("", "many").unwrap()
}

/// Does to the tables what no part of the program does.
pub(super) async fn force(stage: &Stage, sql: &str) {
    stage.app.bank.db.primary().execute_unprepared(sql).await.unwrap();
}

#[tokio::test]
async fn whoever_hangs_up_leaves_the_turn_to_the_question() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let slow = Modes { refresh: RefreshMode::RotateStrict, latency_milliseconds: 200, ..Modes::default() };
    stage.simulator.control().set_modes(slow);
    let (bank, caller) = (&stage.app.bank, stage.app.caller_of(&ada));
    let before = stage.token_calls();
    tokio::select! {
        _ = refresh_own(bank, &caller, id(&connection)) => panic!("it is slow"),
        () = async {
            while !is_leased(&stage).await {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    refresh_own(bank, &caller, id(&connection)).await.expect("what the first one got");
    assert_eq!(stage.token_calls() - before, 1);
}

#[tokio::test]
async fn an_answer_that_outlives_its_lease_is_kept_all_the_same() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let slow = Modes { refresh: RefreshMode::RotateStrict, latency_milliseconds: 200, ..Modes::default() };
    stage.simulator.control().set_modes(slow);
    let (bank, caller) = (&stage.app.bank, stage.app.caller_of(&ada));
    let steal = async {
        while !is_leased(&stage).await {
            tokio::task::yield_now().await;
        }
        // Another process leased it, and somebody changed something else about it.
        force(
            &stage,
            "update truelayer_connections set refresh_lease_id = id, version = version + 1, provider_name = 'New Name'",
        )
        .await;
    };
    let (got, ()) = tokio::join!(refresh_own(bank, &caller, id(&connection)), steal);
    let got = got.expect("new tokens");
    assert_eq!((got.token_version, got.provider_name.as_deref()), (2, Some("New Name")));
    stage.advance(Duration::minutes(1)).await;
    stage.refresh(&ada, &connection).await.expect(200);
}

#[tokio::test]
async fn a_connection_that_failed_is_tried_again_by_the_round_and_not_at_once_by_its_customer() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.strike(FaultKind::Page { status: 502 }, 1);
    stage.refresh(&ada, &connection).await.refused(503, "unavailable");
    let calls = stage.token_calls();
    let again = stage.refresh(&ada, &connection).await;
    again.refused(503, "unavailable");
    assert_eq!(stage.token_calls(), calls, "nobody was asked");
    stage.advance(Duration::minutes(3)).await;
    stage.strike(FaultKind::Refuse { status: 400, code: "invalid_request".to_owned() }, 1);
    stage.refresh(&ada, &connection).await;
    assert_eq!(stage.connection(&ada, &connection).await["status"], "ERROR");
    stage.advance(Duration::hours(6)).await;
    let round = refresh_due(&stage.app.bank).await.unwrap();
    assert_eq!(round, Round { checked: 1, refreshed: 1, ..Round::default() });
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    assert_eq!(stage.connection(&ada, &connection).await["status"], "ACTIVE");
}

#[tokio::test]
async fn a_token_that_does_not_open_leaves_the_mark_of_a_lost_answer() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.strike(FaultKind::LoseAnswer, 1);
    stage.refresh(&ada, &connection).await.refused(503, "unavailable");
    stage.advance(Duration::minutes(3)).await;
    force(&stage, "update truelayer_connections set data_key = 'spoiled'").await;
    stage.refresh(&ada, &connection).await.refused(500, "internal_error");
    assert_eq!(count(&stage, "status = 'ERROR' and last_error = 'decrypt_failed'").await, 1);
    assert_eq!(count(&stage, "refresh_begun_at is not null and refresh_lease_until is null").await, 1);
}
