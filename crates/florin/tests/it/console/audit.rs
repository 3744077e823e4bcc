//! The audit log: filters, paging, what changed, verification, export.

use bank::audit::{self, Event, Subject};
use bank::{Bank, Caller, Role};
use kernel::{Actor, RequestId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::harness::{App, Person};

const CANARY: &str = r#"<script>alert('x')</script>"{{7*7}}"#;

fn caller(bank: &Bank, person: &Person) -> Caller {
    let request = RequestId::generate(bank.now(), &bank.random);
    Caller { actor: Actor::Staff(person.user_id), ..Caller::system(request) }
}

async fn did(bank: &Bank, caller: &Caller, event: Event) {
    let tx = bank.db.begin().await.unwrap();
    audit::record(bank, &tx, caller, event).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn rows_are_found_by_person_action_subject_and_day() {
    let app = App::new().await;
    let bank = &app.bank;
    let (grace, ada) =
        (app.person("Grace Hopper", vec![Role::Operations]).await, app.customer("Ada Byron").await);
    let by_grace = caller(bank, &grace);
    did(bank, &by_grace, Event::new("test.stop", Subject::new("user", ada.user_id)).because(CANARY)).await;
    bank.clock.advance(chrono::Duration::days(1));
    did(bank, &Caller::system(by_grace.request_id), Event::new("test.go", Subject::new("ledger", "books")))
        .await;
    let clerk = app.clerk_as(Role::Compliance).await;
    let email = grace.email.replace('@', "%40");
    let both = app.page(&clerk, "/admin/audit-log?action=test.*").await.expect(200).text();
    for part in ["test.stop", "test.go", "Grace Hopper", "Ada Byron", "The bank itself"] {
        assert!(both.contains(part), "{part}: {both}");
    }
    assert!(both.contains(&format!("/admin/customers/{}", ada.user_id)), "the subject leads to its page");
    assert!(both.contains(&format!("/admin/team/{}", grace.user_id)), "so does the actor");
    assert!(both.contains("&#60;script&#62;") && !both.contains("<script>"), "{both}");
    for (query, stop, go) in [
        (format!("actor={email}"), true, false),
        (format!("actor={}", grace.user_id), true, false),
        ("actor=system&action=test.*".to_owned(), false, true),
        ("actor_kind=staff&action=test.*".to_owned(), true, false),
        ("action=test.go".to_owned(), false, true),
        (format!("subject={}&action=test.*", ada.user_id), true, false),
        ("from=2026-03-03&action=test.*".to_owned(), false, true),
        ("to=2026-03-02&action=test.*".to_owned(), true, false),
        ("from=2026-03-02&to=2026-03-03&action=test.*".to_owned(), true, true),
    ] {
        let page = app.page(&clerk, &format!("/admin/audit-log?{query}")).await.expect(200).text();
        let found = (page.contains("<code>test.stop</code>"), page.contains("<code>test.go</code>"));
        assert_eq!(found, (stop, go), "{query}");
    }
    for (query, told) in [
        ("actor=nobody@example.com", "an e-mail address"),
        ("action=%3Cscript%3E", "noun.verb"),
        ("from=monday", "a day like"),
        ("actor_kind=ghost", ""),
    ] {
        let page = app.page(&clerk, &format!("/admin/audit-log?{query}")).await.expect(422).text();
        assert!(page.contains(told) && !page.contains("<script>"), "{query}: {page}");
    }
}

#[tokio::test]
async fn the_log_goes_on_by_its_position_and_is_taken_out_as_it_is_filtered() {
    let app = App::new().await;
    let clerk = app.clerk_as(Role::Auditor).await;
    let grace = app.person("Grace Hopper", vec![Role::Operations]).await;
    let by = caller(&app.bank, &grace);
    for number in 0..120 {
        did(&app.bank, &by, Event::new("test.count", Subject::new("test", number))).await;
    }
    let (mut seen, mut next) = (0, Some("/admin/audit-log?action=test.count".to_owned()));
    while let Some(path) = next {
        let page = app.page(&clerk, &path).await.expect(200).text();
        seen += page.matches("<code>test.count</code>").count();
        let older =
            page.split_once(r#"rel="next""#).map(|(before, _)| before.rsplit_once(r#"href=""#).unwrap().1);
        next = older.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    }
    assert_eq!(seen, 120);
    let page = app.page(&clerk, "/admin/audit-log?action=test.count").await.text();
    assert!(page.contains(r#"href="/admin/audit-log/export?action=test.count""#), "{page}");
    let export = app.page(&clerk, "/admin/audit-log/export?action=test.count").await.expect(200);
    assert_eq!(export.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(export.text().lines().count(), 121);
    app.page(&clerk, "/admin/audit-log/export?action=wrong").await.expect(422);
    let log = app.page(&clerk, "/admin/audit-log?action=audit.export").await.expect(200).text();
    assert!(log.contains("<code>audit.export</code>"), "taking the log out is a row of it");
}

#[tokio::test]
async fn a_row_shows_field_by_field_what_changed() {
    let app = App::new().await;
    let grace = app.person("Grace Hopper", vec![Role::Operations]).await;
    let change = Event::new("test.limit", Subject::new("user", grace.user_id)).because(CANARY).change(
        json!({ "status": "open", "limits": { "day": 500 }, "same": 1 }),
        json!({ "status": CANARY, "limits": { "day": 900 }, "same": 1, "added": true }),
    );
    did(&app.bank, &caller(&app.bank, &grace), change).await;
    let clerk = app.clerk_as(Role::Auditor).await;
    let list = app.page(&clerk, "/admin/audit-log?action=test.limit").await.expect(200).text();
    let (_, rest) = list.split_once(r#"class="row" href=""#).unwrap();
    let page = app.page(&clerk, rest.split('"').next().unwrap()).await.expect(200).text();
    for part in
        ["<del>500</del>", "<ins>900</ins>", "<del>open</del>", "limits.day", "added", "Not sealed yet"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("<ins>&#60;script&#62;") && !page.contains("<script>"), "{page}");
    assert!(page.contains(&format!("/admin/team/{}", grace.user_id)), "{page}");
    app.page(&clerk, "/admin/audit-log/aud_00000000000000000000000001").await.expect(404);
}

#[tokio::test]
async fn the_log_is_verified_by_those_who_may_and_a_touched_row_shows() {
    let app = App::new().await;
    let (auditor, compliance) = (app.clerk_as(Role::Auditor).await, app.clerk_as(Role::Compliance).await);
    let verify = "/admin/audit-log/verify";
    assert!(!app.page(&compliance, "/admin/audit-log").await.expect(200).text().contains(verify));
    app.submit(&compliance, verify, &[]).await.expect(403);
    app.run_jobs().await;
    for _ in 0..2 {
        app.submit(&auditor, verify, &[]).await.expect(303);
    }
    let waits = app.page(&auditor, "/admin/audit-log").await.expect(200).text();
    assert!(waits.contains("Waiting for a worker") && !waits.contains(verify), "{waits}");
    app.run_jobs().await;
    let right = app.page(&auditor, "/admin/audit-log").await.expect(200).text();
    assert!(right.contains("Nothing was touched"), "{right}");
    let log = app.page(&auditor, "/admin/audit-log?action=audit.verify").await.expect(200).text();
    assert_eq!(log.matches("<code>audit.verify</code>").count(), 1, "asked for twice, run once");
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
        app.bank.db.primary().execute_unprepared(sql).await.unwrap();
    }
    app.submit(&auditor, verify, &[]).await.expect(303);
    app.run_jobs().await;
    let wrong = app.page(&auditor, "/admin/audit-log").await.expect(200).text();
    assert!(wrong.contains("Faults found") && wrong.contains("row_changed"), "{wrong}");
}
