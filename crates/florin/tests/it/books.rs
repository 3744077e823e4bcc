//! The books as staff sees them: accounts, trial balance, proofs, closed months, and what the clock does to them.

use bank::{Bank, Role, jobs, work};
use database::Tx;
use kernel::{AccountId, Currency, Money, TransferId};
use ledger::{Action, ChartCode, NewAccount, NewTransfer, Posting, accounts, chart};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::harness::{App, Person};

/// Opens a customer's account with 1000.00 GBP in it.
async fn with_deposit(bank: &Bank) -> AccountId {
    let account = AccountId::generate(bank.now(), &bank.random);
    let tx = bank.db.begin().await.expect("a transaction");
    chart::open_currency(&tx, Currency::GBP, bank.now()).await.expect("opened");
    let new = NewAccount::customer_deposit(account, Currency::GBP);
    accounts::open(&tx, &new, bank.now()).await.expect("opened");
    let cash = chart::account_id(ChartCode::Cash, Currency::GBP);
    let amount = Money::new(100_000, Currency::GBP);
    post(bank, &tx, Action::Post { debit: cash, credit: account, amount }).await;
    tx.commit().await.expect("committed");
    account
}

async fn post(bank: &Bank, tx: &Tx, action: Action) {
    let transfer = NewTransfer::new(TransferId::generate(bank.now(), &bank.random), action, "test");
    bank.ledger.post(tx, &Posting::SYSTEM, &[transfer]).await.expect("posted");
}

async fn get(app: &App, role: Role, path: &str) -> Value {
    app.get(path).extension(app.caller(role)).send().await.expect(200).json()
}

async fn verify(app: &App) -> Value {
    let request = app.post("/api/v1/ledger/verify").extension(app.caller(Role::Auditor));
    request.send().await.expect(200).json()
}

#[tokio::test]
async fn accounts_are_listed_and_a_look_at_customers_is_logged() {
    let app = App::new().await;
    with_deposit(&app.bank).await;
    let cash = get(&app, Role::Auditor, "/api/v1/ledger/accounts?code=cash&currency=GBP").await;
    let cash = &cash["items"][0];
    assert_eq!((&cash["kind"], &cash["balance_minor"]), (&json!("asset"), &json!(100_000)));
    let looks = "/api/v1/audit-log?action=ledger.read";
    assert_eq!(get(&app, Role::Auditor, looks).await["items"], json!([]));
    let all = get(&app, Role::Operations, "/api/v1/ledger/accounts").await;
    assert_eq!(all["items"].as_array().expect("rows").len(), ChartCode::ALL.len() + 1);
    assert_eq!(get(&app, Role::Auditor, looks).await["items"].as_array().expect("rows").len(), 1);
}

#[tokio::test]
async fn the_trial_balance_balances_now_and_in_the_past() {
    let app = App::new().await;
    assert_eq!(get(&app, Role::Auditor, "/api/v1/ledger/trial-balance").await["totals"], json!([]));
    with_deposit(&app.bank).await;
    for query in ["", "?as_of=2026-03-02"] {
        let balance = get(&app, Role::Auditor, &format!("/api/v1/ledger/trial-balance{query}")).await;
        let expected =
            json!([{"currency": "GBP", "debits_minor": 100_000, "credits_minor": 100_000, "balanced": true}]);
        assert_eq!(balance["totals"], expected, "{query}");
        let lines = balance["lines"].as_array().expect("lines");
        let deposits = lines.iter().find(|line| line["code"] == "customer_deposit").expect("deposits");
        assert_eq!((&deposits["balance_minor"], &deposits["accounts"]), (&json!(100_000), &json!(1)));
    }
    let before = get(&app, Role::Auditor, "/api/v1/ledger/trial-balance?as_of=2026-03-01").await;
    assert_eq!(before["lines"], json!([]));
    for (day, lines) in [("-9999-01-01", 0), ("%2B99999-12-31", 2)] {
        let far = get(&app, Role::Auditor, &format!("/api/v1/ledger/trial-balance?as_of={day}")).await;
        assert_eq!(far["lines"].as_array().expect("lines").len(), lines, "{day}");
        let turnover = format!("/api/v1/ledger/turnover?from={day}&to={day}");
        assert_eq!(get(&app, Role::Auditor, &turnover).await["items"], json!([]), "{day}");
    }
    let wrong = app.get("/api/v1/ledger/trial-balance?as_of=monday").extension(app.caller(Role::Auditor));
    wrong.send().await.refused(422, "invalid_input");
}

#[tokio::test]
async fn turnover_is_told_by_day_sealed_or_not() {
    let app = App::new().await;
    with_deposit(&app.bank).await;
    let march = "/api/v1/ledger/turnover?from=2026-03-01&to=2026-03-31";
    let unsealed = get(&app, Role::Auditor, march).await;
    let line = json!({
        "day": "2026-03-02", "code": "test", "currency": "GBP", "transfers": 1, "amount_minor": 100_000
    });
    assert_eq!(unsealed["items"], json!([line]));
    app.run_jobs().await;
    assert_eq!(get(&app, Role::Auditor, march).await, unsealed);
    let february = "/api/v1/ledger/turnover?from=2026-02-01&to=2026-02-28";
    assert_eq!(get(&app, Role::Auditor, february).await["items"], json!([]));
    for days in ["from=2026-03-02&to=2026-03-01", "from=2026-01-01&to=2027-01-02"] {
        let asked = app.get(&format!("/api/v1/ledger/turnover?{days}")).extension(app.caller(Role::Auditor));
        let refused = asked.send().await.refused(422, "invalid_input").json();
        assert_eq!(refused["errors"][0]["pointer"], "to", "{days}: {refused}");
    }
    let year = "/api/v1/ledger/turnover?from=2026-01-01&to=2027-01-01";
    assert_eq!(get(&app, Role::Auditor, year).await, unsealed);
}

#[tokio::test]
async fn a_proof_is_kept_and_names_what_is_wrong() {
    let app = App::new().await;
    let account = with_deposit(&app.bank).await;
    app.run_jobs().await;
    let right = verify(&app).await;
    assert_eq!((&right["proof"]["passed"], &right["faults"]), (&json!(true), &json!([])));
    assert_eq!((&right["proof"]["unsealed"], &right["proof"]["checkpoints"]), (&json!(0), &json!(1)));
    let forged = "update ledger_accounts set credits_posted_minor = 999 where code = 'customer_deposit'";
    app.bank.db.primary().execute_unprepared(forged).await.expect("forged");
    app.bank.clock.advance(chrono::Duration::seconds(1));
    let wrong = verify(&app).await;
    assert_eq!(
        (&wrong["faults"][0]["kind"], &wrong["faults"][0]["row"]),
        (&json!("balance_wrong"), &json!(account))
    );
    let proofs = get(&app, Role::Operations, "/api/v1/ledger/proofs").await;
    let passed: Vec<_> = proofs["items"].as_array().expect("rows").iter().map(|row| &row["passed"]).collect();
    assert_eq!(passed, [&json!(false), &json!(true)], "newest first");
    let log = get(&app, Role::Auditor, "/api/v1/audit-log?action=ledger.verify").await;
    assert_eq!(log["items"][0]["after"]["passed"], false);
}

#[tokio::test]
async fn a_month_is_closed_by_two_people_once_and_for_good() {
    let app = App::new().await;
    let (maker, checker) = (app.staff(Role::Operations).await, app.staff(Role::Operations).await);
    let close = |month: &str| {
        let request = app.post(&format!("/api/v1/ledger/periods/{month}/close")).by(&maker);
        request.json(&json!({"reason": "the accounts are settled"})).send()
    };
    close("2026-03").await.refused(422, "month_not_over");
    close("2026-13").await.refused(404, "not_found");
    let asked = close("2026-02").await.expect(202).json();
    assert_eq!((&asked["state"], &asked["kind"]), (&json!("pending"), &json!("ledger.close_period")));
    let approve = format!("/api/v1/approvals/{}/approve", asked["id"].as_str().expect("an id"));
    let decide = |person: &Person| app.post(&approve).by(person).json(&json!({})).send();
    decide(&maker).await.refused(403, "self_approval");
    let done = decide(&checker).await.expect(200).json();
    assert_eq!((&done["state"], &done["result"]), (&json!("executed"), &json!({"month": "2026-02"})));
    decide(&checker).await.refused(409, "already_decided");
    close("2026-02").await.refused(409, "month_closed");
    let months = get(&app, Role::Auditor, "/api/v1/ledger/periods").await;
    let closed = &months["items"][1];
    assert_eq!((&closed["month"], &closed["state"]), (&json!("2026-02"), &json!("closed")));
    assert_eq!(closed["closed_by"], json!(maker.user_id));
    assert_eq!(closed["approved_by"], json!(checker.user_id));
    let log = get(&app, Role::Auditor, "/api/v1/audit-log?subject=2026-02").await;
    assert_eq!(log["items"][0]["action"], "period.close");
    for role in [Role::Customer, Role::Support, Role::Compliance, Role::Auditor, Role::Admin] {
        let request = app.post("/api/v1/ledger/periods/2026-01/close").extension(app.caller(role));
        request.json(&json!({"reason": "no"})).send().await.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn only_those_who_may_see_the_books_see_them() {
    let app = App::new().await;
    for path in
        ["ledger/accounts", "ledger/trial-balance", "ledger/proofs", "ledger/periods", "ledger/status"]
    {
        let path = format!("/api/v1/{path}");
        app.get(&path).send().await.refused(401, "unauthenticated");
        for role in [Role::Customer, Role::Support, Role::Compliance] {
            app.get(&path).extension(app.caller(role)).send().await.refused(403, "forbidden");
        }
    }
    let verify = app.post("/api/v1/ledger/verify").extension(app.caller(Role::Compliance));
    verify.send().await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_days_end_moves_the_banks_day_in_its_time_zone() {
    let app = App::with(|settings| settings.business_timezone = chrono_tz::America::New_York).await;
    let day = async || app.bank.ledger.business_date(app.bank.db.read()).await.expect("a day").to_string();
    app.run_jobs().await;
    app.bank.clock.move_to("2026-03-03T04:59:59Z".parse().expect("an instant"));
    app.run_jobs().await;
    assert_eq!(day().await, "2026-03-02");
    app.bank.clock.advance(chrono::Duration::seconds(1));
    assert_eq!(day().await, "2026-03-02", "the day waits for its job");
    app.run_jobs().await;
    assert_eq!(day().await, "2026-03-03");
    app.bank.clock.advance(chrono::Duration::days(3));
    app.run_jobs().await;
    let log = get(&app, Role::Auditor, "/api/v1/audit-log?action=ledger.*").await;
    assert_eq!(log["items"].as_array().expect("rows").len(), 2);
    let moved = (&log["items"][0]["before"]["business_on"], &log["items"][0]["after"]["business_on"]);
    assert_eq!(moved, (&json!("2026-03-03"), &json!("2026-03-06")), "one run catches up");
}

#[tokio::test]
async fn an_overdue_hold_is_given_back_within_two_seconds() {
    let app = App::new().await;
    let bank = &app.bank;
    let debit = with_deposit(bank).await;
    let credit = chart::account_id(ChartCode::Suspense, Currency::GBP);
    let expires_at = Some(bank.now() + chrono::Duration::seconds(10));
    let tx = bank.db.begin().await.expect("a transaction");
    let amount = Money::new(40_000, Currency::GBP);
    post(bank, &tx, Action::Hold { debit, credit, amount, expires_at }).await;
    tx.commit().await.expect("committed");
    let held =
        async || accounts::find(bank.db.read(), debit).await.expect("read").expect("there").held_minor();
    assert_eq!(held().await, 40_000);
    bank.clock.advance(chrono::Duration::seconds(12));
    jobs::run_due(bank, &work::registry()).await.expect("ran");
    assert_eq!(held().await, 0);
}
