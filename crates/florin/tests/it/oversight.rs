//! What staff watches the bank by: background work and a sandbox's clock.

use bank::jobs::{JobFailure, NewJob, Registry, enqueue, run_due};
use bank::oversight::{ClockMove, apply_clock, move_clock};
use bank::settings::Environment;
use bank::{Bank, Caller, Role};
use kernel::Clock;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::harness::App;

async fn get(app: &App, caller: &Caller, path: &str) -> Value {
    app.get(path).extension(caller.clone()).send().await.expect(200).json()
}

/// Asks for one job that gives up at once.
async fn dead_letter(bank: &Bank) -> Registry {
    let mut registry = Registry::default();
    registry
        .job("test.give_up", |_, _| Box::pin(async { Err(JobFailure::permanent("the account is gone")) }));
    let tx = bank.db.begin().await.expect("a transaction");
    let job = NewJob::new("test.give_up", json!({"account_id": "acc_1"}));
    enqueue(bank, &tx, job).await.expect("enqueued");
    tx.commit().await.expect("committed");
    run_due(bank, &registry).await.expect("ran");
    registry
}

#[tokio::test]
async fn a_dead_job_is_visible_and_replayed_and_both_are_logged() {
    let app = App::new().await;
    let registry = dead_letter(&app.bank).await;
    let (operator, auditor) = (app.caller(Role::Operations), app.caller(Role::Auditor));
    let dead = get(&app, &auditor, "/api/v1/jobs?state=dead").await["items"][0].clone();
    assert_eq!((&dead["last_error"], &dead["attempts"]), (&json!("the account is gone"), &json!(1)));
    assert_eq!(dead["payload"], json!({"account_id": "acc_1"}));
    let path = |verb: &str| format!("/api/v1/jobs/{}/{verb}", dead["id"].as_str().expect("an id"));
    app.post(&path("replay")).extension(auditor.clone()).send().await.refused(403, "forbidden");
    let refused =
        app.post(&path("run")).extension(operator.clone()).send().await.refused(409, "wrong_job_state");
    assert_eq!(refused.json()["state"], "dead");
    let replayed = app.post(&path("replay")).extension(operator.clone()).send().await.expect(200).json();
    assert_eq!((&replayed["state"], &replayed["attempts"]), (&json!("queued"), &json!(0)));
    app.post(&path("replay")).extension(operator.clone()).send().await.refused(409, "wrong_job_state");
    app.post(&path("run")).extension(operator.clone()).send().await.expect(200);
    assert_eq!(run_due(&app.bank, &registry).await.expect("ran").dead, 1);
    let log = get(&app, &auditor, "/api/v1/audit-log?action=job.*").await;
    let actions: Vec<_> = log["items"].as_array().expect("rows").iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["job.run", "job.replay"]);
}

#[tokio::test]
async fn a_job_that_is_absent_and_a_caller_who_may_not_are_refused() {
    let app = App::new().await;
    let operator = app.caller(Role::Operations);
    for verb in ["run", "replay"] {
        for id in ["job_00000000000000000000000001", "acc_00000000000000000000000001", "x"] {
            let path = format!("/api/v1/jobs/{id}/{verb}");
            app.post(&path).extension(operator.clone()).send().await.refused(404, "not_found");
        }
    }
    for path in ["/api/v1/jobs", "/api/v1/job-schedules"] {
        app.get(path).send().await.refused(401, "unauthenticated");
        for role in [Role::Customer, Role::Support, Role::Compliance] {
            app.get(path).extension(app.caller(role)).send().await.refused(403, "forbidden");
        }
    }
    app.get("/api/v1/jobs?state=lost").extension(operator).send().await.refused(422, "invalid_input");
}

#[tokio::test]
async fn a_moved_clock_runs_what_it_made_due_and_shows_missed_slots() {
    let app = App::new().await;
    let admin = app.caller(Role::Admin);
    app.run_jobs().await;
    let request = app.post("/api/v1/sandbox/clock").extension(admin.clone());
    let moved = request.json(&json!({"advance_seconds": 259_200})).send().await.expect(200).json();
    assert_eq!((&moved["at"], &moved["offset_seconds"]), (&json!("2026-03-05T09:00:00Z"), &json!(259_200)));
    assert!(moved["jobs_done"].as_u64() >= Some(1), "{moved}");
    assert_eq!(moved["jobs_failed"], 0);
    assert_eq!(app.bank.now().to_rfc3339(), "2026-03-05T09:00:00+00:00");
    let schedules = get(&app, &admin, "/api/v1/job-schedules").await;
    let rows = schedules["items"].as_array().expect("rows");
    let purge = rows.iter().find(|row| row["name"] == "jobs.purge").expect("the purge");
    assert_eq!(purge["missed"], 2, "three nights, of which one run caught up");
    let request = app.post("/api/v1/sandbox/clock").extension(admin.clone());
    request.json(&json!({"at": "2026-04-01T00:00:00Z"})).send().await.expect(200);
    let log = get(&app, &admin, "/api/v1/audit-log?action=sandbox.clock").await;
    assert_eq!(log["items"][0]["before"]["at"], "2026-03-05T09:00:00Z");
    assert_eq!(log["items"][0]["after"]["at"], "2026-04-01T00:00:00Z");
}

#[tokio::test]
async fn the_clock_never_goes_back_and_takes_one_destination() {
    let app = App::new().await;
    let admin = app.caller(Role::Admin);
    for (body, code) in [
        (json!({"at": "2026-03-02T08:59:59Z"}), "clock_out_of_range"),
        (json!({"advance_seconds": -1}), "clock_out_of_range"),
        (json!({"advance_seconds": i64::MAX}), "clock_out_of_range"),
        (json!({"at": "9999-12-31T00:00:00Z"}), "clock_out_of_range"),
        (json!({}), "invalid_input"),
        (json!({"at": "2027-01-01T00:00:00Z", "advance_seconds": 1}), "invalid_input"),
        (json!({"at": "tomorrow"}), "invalid_input"),
    ] {
        let request = app.post("/api/v1/sandbox/clock").extension(admin.clone());
        request.json(&body).send().await.refused(422, code);
    }
    assert_eq!(app.bank.now().to_rfc3339(), "2026-03-02T09:00:00+00:00");
    for role in [Role::Operations, Role::Auditor, Role::Customer] {
        let request = app.post("/api/v1/sandbox/clock").extension(app.caller(role));
        request.json(&json!({"advance_seconds": 1})).send().await.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn in_production_there_is_no_such_clock() {
    let app = App::with(|settings| settings.environment = Environment::Production).await;
    let request = app.post("/api/v1/sandbox/clock").extension(app.caller(Role::Admin));
    request.json(&json!({"advance_seconds": 1})).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn every_node_follows_the_clock_and_moves_it_from_where_it_stands() {
    let app = App::new().await;
    let other = app.bank.with(|parts| parts.clock = Clock::fixed(app.bank.now()));
    let (nothing, admin) = (Registry::default(), app.caller(Role::Admin));
    let hour = ClockMove::By(chrono::Duration::hours(1));
    move_clock(&app.bank, &nothing, &admin, hour).await.expect("moved");
    let moved = move_clock(&other, &nothing, &admin, hour).await.expect("moved");
    assert_eq!(moved.offset, chrono::Duration::hours(2), "it had not looked yet, and lost nothing");
    apply_clock(&app.bank).await.expect("applied");
    assert_eq!(app.bank.now(), other.now());
}

#[tokio::test]
async fn an_untouched_audit_log_verifies_and_a_touched_one_names_its_row() {
    let app = App::new().await;
    let auditor = app.caller(Role::Auditor);
    let verify = || app.post("/api/v1/audit-log/verify").extension(auditor.clone()).send();
    dead_letter(&app.bank).await;
    verify().await.expect(200);
    app.run_jobs().await;
    let right = verify().await.expect(200).json();
    assert_eq!((&right["passed"], &right["unsealed"]), (&json!(true), &json!(0)));
    assert_eq!(right["checkpoints"], 1, "the clock's first round signed what was sealed");
    let log = get(&app, &auditor, "/api/v1/audit-log?action=audit.verify").await;
    let sealed = log["items"].as_array().expect("rows").last().expect("the first").clone();
    assert_eq!(sealed["after"]["passed"], true);
    let (drop, edit) = match app.bank.db.engine() {
        database::Engine::Sqlite => {
            ("drop trigger audit_events_no_update", "update audit_events set reason = 'x'")
        }
        database::Engine::Postgres => (
            "alter table audit_events disable trigger audit_events_append_only",
            "update audit_events set reason = 'x'",
        ),
    };
    for sql in [drop, edit] {
        app.bank.db.primary().execute_unprepared(sql).await.expect("tampered");
    }
    let wrong = verify().await.expect(200).json();
    assert_eq!(wrong["faults"][0]["kind"], "row_changed");
    assert_eq!(wrong["faults"][0]["row"], sealed["id"]);
    let refused = app.post("/api/v1/audit-log/verify").extension(app.caller(Role::Compliance));
    refused.send().await.refused(403, "forbidden");
}
