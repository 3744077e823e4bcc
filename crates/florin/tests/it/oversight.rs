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
    let because = json!({ "reason": "the account is back" });
    let ask = |verb: &str, by: &Caller| app.post(&path(verb)).extension(by.clone()).json(&because).send();
    ask("replay", &auditor).await.refused(403, "forbidden");
    let without = app.post(&path("replay")).extension(operator.clone()).json(&json!({})).send().await;
    without.refused(422, "invalid_input");
    let refused = ask("run", &operator).await.refused(409, "wrong_job_state");
    assert_eq!(refused.json()["state"], "dead");
    let replayed = ask("replay", &operator).await.expect(200).json();
    assert_eq!((&replayed["state"], &replayed["attempts"]), (&json!("queued"), &json!(0)));
    ask("replay", &operator).await.refused(409, "wrong_job_state");
    ask("run", &operator).await.expect(200);
    assert_eq!(run_due(&app.bank, &registry).await.expect("ran").dead, 1);
    let log = get(&app, &auditor, "/api/v1/audit-log?action=job.*").await;
    let actions: Vec<_> = log["items"].as_array().expect("rows").iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["job.run", "job.replay"]);
    assert_eq!(log["items"][0]["reason"], "the account is back");
    let shown = get(&app, &auditor, &format!("/api/v1/jobs/{}", dead["id"].as_str().expect("an id"))).await;
    assert_eq!((&shown["state"], &shown["progress"]), (&json!("dead"), &Value::Null));
    let queues = get(&app, &auditor, "/api/v1/job-queues").await;
    let queue = json!({"kind": "test.give_up", "due": 0, "later": 0, "running": 0, "retrying": 0, "dead": 1,
        "due_since": null});
    assert_eq!(queues["items"], json!([queue]));
}

#[tokio::test]
async fn a_schedule_runs_by_hand_once_at_a_time_and_says_when_it_fires_next() {
    let app = App::new().await;
    let (operator, auditor) = (app.caller(Role::Operations), app.caller(Role::Auditor));
    let schedules = get(&app, &auditor, "/api/v1/job-schedules").await;
    let purge = schedules["items"].as_array().expect("rows").iter().find(|row| row["name"] == "jobs.purge");
    let purge = purge.expect("the purge");
    assert_eq!((&purge["last_slot"], &purge["rhythm"]), (&Value::Null, &json!("0 40 3 * * *")));
    assert_eq!(purge["next_slot"], "2026-03-03T03:40:00Z");
    let run = |name: &str, by: &Caller| {
        let call = app.post(&format!("/api/v1/job-schedules/{name}/run")).extension(by.clone());
        call.json(&json!({ "reason": "the disk is full" })).send()
    };
    run("jobs.purge", &auditor).await.refused(403, "forbidden");
    run("jobs.nothing", &operator).await.refused(404, "not_found");
    let first = run("jobs.purge", &operator).await.expect(202).json();
    let second = run("jobs.purge", &operator).await.expect(202).json();
    assert_eq!(first["id"], second["id"], "what waits is not doubled");
    app.run_jobs().await;
    let third = run("jobs.purge", &operator).await.expect(202).json();
    assert_ne!(first["id"], third["id"], "it is done, and can run again");
    app.run_jobs().await;
    let log = get(&app, &auditor, "/api/v1/audit-log?action=schedule.run").await;
    assert_eq!(log["items"].as_array().expect("rows").len(), 3);
    assert_eq!(log["items"][0]["subject"], "jobs.purge");
}

#[tokio::test]
async fn proofs_run_as_background_work_one_at_a_time_and_name_who_asked() {
    let app = App::new().await;
    let (auditor, operator) = (app.caller(Role::Auditor), app.caller(Role::Operations));
    let person = auditor.user_id.expect("a person");
    app.run_jobs().await;
    for (ask, status, last, found) in [
        ("/api/v1/ledger/proofs", "/api/v1/ledger/status", "last_proof", "ledger.verify"),
        ("/api/v1/audit-log/proofs", "/api/v1/audit-log/status", "last_verification", "audit.verify"),
    ] {
        let before = get(&app, &auditor, status).await;
        assert_eq!((&before[last], &before["running"]), (&Value::Null, &Value::Null), "{ask}");
        let first = app.post(ask).extension(auditor.clone()).send().await.expect(202).json();
        let second = app.post(ask).extension(auditor.clone()).send().await.expect(202).json();
        assert_eq!(first["id"], second["id"], "one at a time: {ask}");
        assert_eq!(get(&app, &auditor, status).await["running"]["state"], "queued");
        app.run_jobs().await;
        let after = get(&app, &auditor, status).await;
        assert_eq!(after["running"], Value::Null);
        assert!(after[last].is_object(), "{after}");
        let log = get(&app, &auditor, &format!("/api/v1/audit-log?action={found}")).await;
        assert_eq!(log["items"][0]["actor"], json!(person));
    }
    let status = get(&app, &operator, "/api/v1/ledger/status").await;
    assert_eq!(status["last_proof"]["passed"], true);
    let proof = status["last_proof"]["id"].as_str().expect("an id");
    assert_eq!(get(&app, &operator, &format!("/api/v1/ledger/proofs/{proof}")).await, status["last_proof"]);
    assert!(get(&app, &operator, "/api/v1/database").await["size_bytes"].as_u64() > Some(0));
    app.post("/api/v1/audit-log/proofs").extension(operator).send().await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_job_that_is_absent_and_a_caller_who_may_not_are_refused() {
    let app = App::new().await;
    let operator = app.caller(Role::Operations);
    for verb in ["run", "replay"] {
        for id in ["job_00000000000000000000000001", "acc_00000000000000000000000001", "x"] {
            let path = format!("/api/v1/jobs/{id}/{verb}");
            let call = app.post(&path).extension(operator.clone()).json(&json!({ "reason": "late" }));
            call.send().await.refused(404, "not_found");
        }
    }
    for path in ["/api/v1/jobs", "/api/v1/job-schedules", "/api/v1/job-queues", "/api/v1/database"] {
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
