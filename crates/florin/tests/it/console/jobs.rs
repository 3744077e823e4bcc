//! Background work: queues, single jobs, the dead letter, schedules.

use bank::jobs::{self, JobFailure, NewJob, Registry};
use bank::{Bank, Role};
use kernel::JobId;
use serde_json::json;

use crate::harness::{App, key_of};

const CANARY: &str = r#"<script>alert('x')</script>"{{7*7}}"#;

/// Leaves a job behind: dead, or waiting for its next attempt.
async fn failed(bank: &Bank, permanent: bool) -> JobId {
    let mut registry = Registry::default();
    registry.job("test.permanent", |_, _| Box::pin(async { Err(JobFailure::permanent(CANARY)) }));
    registry.job("test.retry", |_, _| Box::pin(async { Err(JobFailure::retry("the server is away")) }));
    let kind = if permanent { "test.permanent" } else { "test.retry" };
    let tx = bank.db.begin().await.unwrap();
    jobs::enqueue(bank, &tx, NewJob::new(kind, json!({ "note": CANARY, "of": JobId::PREFIX })))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    jobs::run_due(bank, &registry).await.unwrap();
    let filter = jobs::JobFilter { kind: Some(kind.to_owned()), ..jobs::JobFilter::default() };
    let page = jobs::list(bank.db.latest(), filter, kernel::PageRequest::first()).await.unwrap();
    page.items[0].id
}

#[tokio::test]
async fn the_queue_is_shown_by_kind_and_what_failed_with_its_error() {
    let app = App::new().await;
    app.leaves_jobs();
    let clerk = app.clerk_as(Role::Auditor).await;
    let empty = app.page(&clerk, "/admin/jobs").await.expect(200).text();
    assert!(empty.contains("All work is done"), "{empty}");
    assert!(app.page(&clerk, "/admin/jobs?state=dead").await.text().contains("Nothing has failed"));
    let (dead, late) = (failed(&app.bank, true).await, failed(&app.bank, false).await);
    app.bank.clock.advance(chrono::Duration::minutes(7));
    let clerk = app.clerk_as(Role::Auditor).await;
    let page = app.page(&clerk, "/admin/jobs").await.expect(200).text();
    for part in ["test.permanent", "test.retry", "Tries again", "Failed", "the server is away"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let only = app.page(&clerk, "/admin/jobs?state=dead&kind=test.permanent").await.expect(200).text();
    assert!(only.contains(&dead.to_string()) && !only.contains(&late.to_string()), "{only}");
    for path in ["/admin/jobs".to_owned(), format!("/admin/jobs/{dead}")] {
        let page = app.page(&clerk, &path).await.expect(200).text();
        assert!(page.contains("&#60;script&#62;alert(&#39;x&#39;)") && !page.contains("<script>"), "{page}");
    }
    let found = app.page(&clerk, &format!("/admin/search?q={dead}")).await.expect(200).text();
    assert!(found.contains(&format!("/admin/jobs/{dead}")), "{found}");
    let home = app.page(&clerk, "/admin").await.expect(200).text();
    for part in [r#"href="/admin/jobs?state=dead""#, "Queue lag", "1 due", "Database"] {
        assert!(home.contains(part), "{part}: {home}");
    }
    app.page(&clerk, "/admin/jobs?state=lost").await.expect(422);
}

#[tokio::test]
async fn a_dead_job_is_replayed_and_a_waiting_one_run_with_a_reason_by_those_who_may() {
    let app = App::new().await;
    app.leaves_jobs();
    let (dead, late) = (failed(&app.bank, true).await, failed(&app.bank, false).await);
    let (operator, auditor) = (app.clerk_as(Role::Operations).await, app.clerk_as(Role::Auditor).await);
    let page = format!("/admin/jobs/{dead}");
    let shown = app.page(&auditor, &page).await.expect(200).text();
    assert!(!shown.contains("/replay"), "no button for the auditor");
    let replay = format!("{page}/replay");
    app.submit(&auditor, &replay, &[("reason", "no")]).await.expect(403);
    let kept = "because ".repeat(80);
    let refused = app.submit(&operator, &replay, &[("reason", &kept)]).await.expect(422).text();
    assert!(refused.contains(kept.trim()) && refused.contains(r#"name="actions" open"#), "{refused}");
    let done = app.submit(&operator, &replay, &[("reason", CANARY)]).await.expect(303);
    assert_eq!(done.header("location"), page);
    let again = app.submit(&operator, &replay, &[("reason", "twice")]).await.expect(409).text();
    assert!(again.contains("state does not allow it"), "a repeated form counts once: {again}");
    let waits = app.page(&operator, &page).await.expect(200).text();
    assert!(waits.contains("Run now") && !waits.contains("Replay"), "{waits}");
    app.submit(&operator, &format!("/admin/jobs/{late}/run"), &[("reason", "it is back")]).await.expect(303);
    let log = app.page(&auditor, "/admin/audit-log?action=job.*").await.expect(200).text();
    assert!(log.contains("job.replay") && log.contains("job.run") && log.contains("it is back"), "{log}");
    assert!(log.contains("&#60;script&#62;") && !log.contains("<script>"), "{log}");
    app.page(&operator, "/admin/jobs/job_00000000000000000000000001").await.expect(404);
}

#[tokio::test]
async fn a_schedule_is_shown_with_its_next_run_and_runs_by_hand_once_a_form() {
    let app = App::new().await;
    app.run_jobs().await;
    let (operator, auditor) = (app.clerk_as(Role::Operations).await, app.clerk_as(Role::Auditor).await);
    let list = app.page(&auditor, "/admin/jobs/schedules").await.expect(200).text();
    for part in ["jobs.purge", "0 40 3 * * *", "ledger.seal", "every 2 s"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let path = "/admin/jobs/schedules/jobs.purge";
    assert!(!app.page(&auditor, path).await.expect(200).text().contains("Run now"));
    let page = app.page(&operator, path).await.expect(200).text();
    assert!(page.contains("3 Mar 2026, 03:40"), "{page}");
    let key = key_of(&page);
    let form = [("reason", "the disk is full"), ("idempotency_key", key.as_str())];
    app.submit(&auditor, path, &form).await.expect(403);
    app.submit(&operator, path, &[("reason", ""), ("idempotency_key", &key)]).await.expect(422);
    app.submit(&operator, path, &form).await.expect(303);
    app.run_jobs().await;
    app.submit(&operator, path, &form).await.expect(303);
    app.run_jobs().await;
    let log = app.page(&auditor, "/admin/audit-log?action=schedule.run").await.expect(200).text();
    assert_eq!(log.matches("the disk is full").count(), 1, "sent twice, run once: {log}");
    app.page(&operator, "/admin/jobs/schedules/nothing").await.expect(404);
}
