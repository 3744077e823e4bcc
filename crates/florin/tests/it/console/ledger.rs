//! The books: chart of accounts, trial balance, months, and the proof as background work.

use bank::jobs::{self, JobProgress};
use bank::{Bank, Role, accounts::service as products};
use kernel::{AccountId, Currency, Money, TransferId};
use ledger::{Action, ChartCode, NewAccount, NewTransfer, Posting, accounts, chart};
use sea_orm::ConnectionTrait;

use crate::harness::App;

const CANARY: &str = r#"<script>alert('x')</script>"{{7*7}}"#;

/// Opens a customer's account with 1000.00 GBP in it, which counts on a day of February.
async fn with_deposit(bank: &Bank) {
    with_deposit_on(bank, "2026-02-10").await;
}

async fn with_deposit_on(bank: &Bank, day: &str) {
    let account = AccountId::generate(bank.now(), &bank.random);
    let tx = bank.db.begin().await.unwrap();
    accounts::open(&tx, &NewAccount::customer_deposit(account, Currency::GBP), bank.now()).await.unwrap();
    let debit = chart::account_id(ChartCode::Cash, Currency::GBP);
    let action = Action::Post { debit, credit: account, amount: Money::new(100_000, Currency::GBP) };
    let mut transfer = NewTransfer::new(TransferId::generate(bank.now(), &bank.random), action, "test");
    transfer.effective_on = Some(day.parse().unwrap());
    bank.ledger.post(&tx, &Posting::SYSTEM, &[transfer]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn bank_app() -> App {
    let app = App::new().await;
    products::offer_currencies(&app.bank).await.unwrap();
    app
}

#[tokio::test]
async fn the_chart_and_the_trial_balance_show_what_each_account_holds() {
    let app = bank_app().await;
    with_deposit(&app.bank).await;
    let clerk = app.clerk_as(Role::Auditor).await;
    let page = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    for part in ["Customer deposit", "Settlement wires", "1,000.00", "Assets", "GBP", "EUR", "2 Mar 2026"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let now = app.page(&clerk, "/admin/ledger/trial-balance").await.expect(200).text();
    let then = app.page(&clerk, "/admin/ledger/trial-balance?as_of=2026-02-10").await.expect(200).text();
    for page in [&now, &then] {
        assert!(page.contains("Balanced") && page.contains("1,000.00"), "{page}");
    }
    assert!(then.contains("10 Feb 2026"), "{then}");
    let before = app.page(&clerk, "/admin/ledger/trial-balance?as_of=2026-02-09").await.expect(200).text();
    assert!(before.contains("Nothing had moved by then"), "{before}");
    let wrong = app.page(&clerk, "/admin/ledger/trial-balance?as_of=%3Cscript%3E").await.expect(422).text();
    assert!(wrong.contains("Write a day like") && wrong.contains("&#60;script&#62;"), "{wrong}");
}

#[tokio::test]
async fn the_home_page_shows_what_moved_by_day_and_what_for() {
    let app = bank_app().await;
    let clerk = app.clerk_as(Role::Operations).await;
    let empty = app.page(&clerk, "/admin").await.expect(200).text();
    assert!(empty.contains("Money that moved") && empty.contains("Nothing has moved in these two weeks"));
    with_deposit(&app.bank).await;
    let before = app.page(&clerk, "/admin").await.expect(200).text();
    assert!(before.contains("Nothing has moved in these two weeks"), "three weeks ago: {before}");
    let alert = r##"<a class="tile" href="#alerts">"##;
    assert!(
        empty.contains(alert)
            && empty.contains(r#"<li class="warning"><a href="/admin/ledger">Last ledger proof"#)
    );
    with_deposit_on(&app.bank, "2026-03-01").await;
    let page = app.page(&clerk, "/admin").await.expect(200).text();
    for part in [
        "1 Mar 2026: 1 transfer<",
        "/admin/transactions?from=2026-03-01&#38;to=2026-03-01",
        "/admin/transactions?from=2026-02-17&#38;to=2026-03-02&#38;code=test",
        "Transfers a day, 17 Feb 2026 to 2 Mar 2026",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn accounts_are_found_by_code_and_currency_and_a_look_at_customers_is_logged() {
    let app = bank_app().await;
    with_deposit(&app.bank).await;
    let clerk = app.clerk_as(Role::Auditor).await;
    let cash = app.page(&clerk, "/admin/ledger/accounts?code=cash&currency=GBP").await.expect(200).text();
    assert_eq!(cash.matches(r#"class="id""#).count(), 1, "{cash}");
    assert!(cash.contains("1,000.00") && cash.contains(r#"<option value="cash" selected>"#), "{cash}");
    let looks = "/admin/audit-log?action=ledger.read";
    assert!(app.page(&clerk, looks).await.text().contains("Nothing fits"));
    let deposits = app.page(&clerk, "/admin/ledger/accounts?code=customer_deposit").await.expect(200).text();
    assert_eq!(deposits.matches(r#"class="id""#).count(), 1, "{deposits}");
    assert!(!app.page(&clerk, looks).await.text().contains("Nothing fits"));
    let none = app.page(&clerk, "/admin/ledger/accounts?code=%3Cscript%3E").await.expect(200).text();
    assert!(none.contains("No such account") && !none.contains("<script>"), "{none}");
}

#[tokio::test]
async fn a_proof_is_asked_for_once_shows_how_far_it_is_and_what_it_found() {
    let app = bank_app().await;
    with_deposit(&app.bank).await;
    app.run_jobs().await;
    let (clerk, support) = (app.clerk_as(Role::Auditor).await, app.clerk_as(Role::Support).await);
    let before = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    assert!(before.contains("Run the proof") && before.contains("Nobody has proved"), "{before}");
    assert!(!before.contains("hx-trigger=\"load"), "a page that shows nothing going on does not look again");
    app.submit(&support, "/admin/ledger/proof", &[]).await.expect(403);
    for _ in 0..2 {
        let asked = app.submit(&clerk, "/admin/ledger/proof", &[]).await.expect(303);
        assert_eq!(asked.header("location"), "/admin/ledger");
    }
    let waits = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    for part in ["Waiting for a worker", r#"hx-trigger="load delay:1s""#, "Look again"] {
        assert!(waits.contains(part), "{part}: {waits}");
    }
    assert!(!waits.contains("Run the proof"), "one at a time");
    app.bank.clock.advance(chrono::Duration::minutes(11));
    let clerk = app.clerk_as(Role::Auditor).await;
    let late = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    assert!(late.contains("unusually long") && !late.contains("hx-trigger=\"load"), "{late}");
    let running = "update jobs set state = 'running' where kind = 'ledger.verify'";
    app.bank.db.primary().execute_unprepared(running).await.unwrap();
    let progress = JobProgress { stage: "chain".to_owned(), done: 1_500, total: 3_000 };
    jobs::note_progress(&app.bank, "proof:ledger.verify", &progress).await.unwrap();
    let runs = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    for part in ["1,500 of 3,000", r#"value="1500" max="3000""#, "against its seal"] {
        assert!(runs.contains(part), "{part}: {runs}");
    }
    app.run_jobs().await;
    let done = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    assert!(done.contains("Passed") && done.contains("Run the proof"), "{done}");
    let list = app.page(&clerk, "/admin/ledger/proofs").await.expect(200).text();
    assert_eq!(list.matches(r#"class="row""#).count(), 1, "asked for twice, run once");
    let (_, rest) = list.split_once(r#"class="row" href=""#).unwrap();
    let proof = app.page(&clerk, rest.split('"').next().unwrap()).await.expect(200).text();
    assert!(proof.contains("Passed") && proof.contains("prf_"), "{proof}");

    let forged = "update ledger_accounts set credits_posted_minor = 999 where code = 'customer_deposit'";
    app.bank.db.primary().execute_unprepared(forged).await.unwrap();
    app.bank.clock.advance(chrono::Duration::seconds(1));
    app.submit(&clerk, "/admin/ledger/proof", &[]).await.expect(303);
    app.run_jobs().await;
    let wrong = app.page(&clerk, "/admin/ledger").await.expect(200).text();
    assert!(wrong.contains("Faults found") && wrong.contains("balance_wrong"), "{wrong}");
    let home = app.page(&clerk, "/admin").await.expect(200).text();
    assert!(home.contains("faults were found"), "{home}");
}

#[tokio::test]
async fn a_month_is_asked_to_be_closed_with_a_reason_and_waits_for_a_second_person() {
    let app = bank_app().await;
    with_deposit(&app.bank).await;
    let (clerk, auditor) = (app.clerk_as(Role::Operations).await, app.clerk_as(Role::Auditor).await);
    let months = "/admin/ledger/months";
    let page = app.page(&clerk, months).await.expect(200).text();
    for part in ["March 2026", "February 2026", "Current", "Ask for the close"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!app.page(&auditor, months).await.expect(200).text().contains("Ask for the close"));
    let close = "/admin/ledger/months/close";
    app.submit(&auditor, close, &[("month", "2026-02"), ("reason", "settled")]).await.expect(403);
    let kept = "<script>".repeat(70);
    let refused =
        app.submit(&clerk, close, &[("month", "2026-02"), ("reason", &kept)]).await.expect(422).text();
    assert!(refused.contains(&"&#60;script&#62;".repeat(70)) && !refused.contains("<script>"), "{refused}");
    let current = app.submit(&clerk, close, &[("month", "2026-03"), ("reason", "early")]).await.expect(422);
    assert!(current.text().contains("has not ended"), "{}", current.text());
    app.submit(&clerk, close, &[("month", "2026-02"), ("reason", CANARY)]).await.expect(303);
    let waits = app.page(&clerk, months).await.expect(200).text();
    assert!(waits.contains("Waits for a second person") && waits.contains("Nothing to close"), "{waits}");
}
