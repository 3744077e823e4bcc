//! Maker and checker: nobody acts alone, and what was agreed to is what happens, once.

use std::sync::Arc;

use bank::approvals::{
    Approval, ApprovalError, ApprovalFilter, ApprovalState, Command, Executors, approve, list, reject,
    request,
};
use bank::audit::{self, Event, Reason, Subject};
use bank::identity::service as identity;
use bank::web::Problem;
use bank::{Bank, Caller, Permission, Permissions, Role, jobs, work};
use database::Tx;
use futures_util::future::BoxFuture;
use kernel::{Actor, ApiKeyId, ApprovalId, PageRequest, RequestId, UserId};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::App;

/// Leaves one audit row as its effect, and refuses what its payload tells it to.
fn pay_out<'a>(
    bank: &'a Bank,
    tx: &'a Tx,
    caller: &'a Caller,
    approval: &'a Approval,
) -> BoxFuture<'a, Result<Value, Problem>> {
    Box::pin(async move {
        audit::record(bank, tx, caller, Event::new("test.effect", Subject::new("test", "till"))).await?;
        if approval.payload["refuse"] == true {
            return Err(Problem::refused("insufficient_funds", "Not enough money"));
        }
        Ok(json!({ "amount_minor": approval.payload["amount_minor"] }))
    })
}

fn executors() -> Executors {
    let mut executors = Executors::default();
    executors.add("test.pay_out", pay_out);
    executors
}

/// Makes a member of staff of the operations role.
async fn person(app: &App) -> UserId {
    app.user("Operations", vec![Role::Operations], None).await.0
}

fn staff(bank: &Bank, user: UserId, role: Role) -> Caller {
    Caller {
        actor: Actor::Staff(user),
        user_id: Some(user),
        session_id: None,
        request_id: RequestId::generate(bank.now(), &bank.random),
        permissions: role.permissions(),
        address: None,
    }
}

fn because(text: &str) -> Reason {
    text.parse().expect("a reason")
}

async fn ask(bank: &Bank, maker: &Caller, payload: Value) -> Approval {
    let command = Command {
        kind: "test.pay_out",
        payload,
        summary: "pay out 1250.00 GBP".to_owned(),
        subject: Subject::new("test", "till"),
        reason: because("the customer closes the account"),
        decide_permission: Permission::OperateCash,
    };
    let tx = bank.db.begin().await.expect("a transaction");
    let approval = request(bank, &tx, maker, command).await.expect("asked");
    tx.commit().await.expect("committed");
    approval
}

async fn count(bank: &Bank, action: &str) -> i64 {
    let sql = "select count(*) as found from audit_events where action = $1";
    let backend = bank.db.read().get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [action.into()]);
    let row = bank.db.read().query_one_raw(statement).await.expect("counted").expect("a row");
    row.try_get("", "found").expect("a number")
}

async fn state(bank: &Bank, caller: &Caller) -> ApprovalState {
    let page = list(bank, caller, ApprovalFilter::default(), PageRequest::first()).await.expect("a page");
    page.items[0].state_at(bank.now())
}

#[tokio::test]
async fn another_person_decides_and_both_are_in_the_audit_row() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let (maker, checker) = (person(&app).await, person(&app).await);
    let asked = ask(&bank, &staff(&bank, maker, Role::Operations), json!({"amount_minor": 125_000})).await;
    assert_eq!((asked.state, count(&bank, "test.effect").await), (ApprovalState::Pending, 0));
    let checks = staff(&bank, checker, Role::Operations);
    let remark = Some(because("seen the form"));
    let done = approve(&bank, &executors(), &checks, asked.id, remark).await.expect("approved");
    assert_eq!(done.state, ApprovalState::Executed);
    assert_eq!((done.checker_user_id, done.result), (Some(checker), Some(json!({"amount_minor": 125_000}))));
    assert_eq!(count(&bank, "test.effect").await, 1);
    let tx = bank.db.begin().await.expect("a transaction");
    let row = audit::last(&tx, "approval.approve", &Subject::new("approval", asked.id)).await;
    let row = row.expect("a query").expect("a row");
    assert_eq!(row.actor_id, Some(checker.uuid()));
    assert_eq!(row.after_values.expect("values")["maker"], json!(maker));
    assert_eq!(row.reason.as_deref(), Some("seen the form"));
}

#[tokio::test]
async fn the_maker_decides_under_no_hat() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let maker = person(&app).await;
    let key = ApiKeyId::generate(bank.now(), &bank.random);
    let machine = Caller { actor: Actor::ApiKey(key), ..staff(&bank, maker, Role::Operations) };
    for (asks, name) in [(staff(&bank, maker, Role::Operations), "session"), (machine.clone(), "key")] {
        let asked = ask(&bank, &asks, json!({})).await;
        let everything: Permissions = Permission::ALL.iter().copied().collect();
        let other_role = Caller { permissions: everything, ..staff(&bank, maker, Role::Compliance) };
        let refused = approve(&bank, &executors(), &other_role, asked.id, None).await.expect_err("self");
        assert!(matches!(refused, ApprovalError::SelfApproval), "{name}: {refused}");
        let refused = approve(&bank, &executors(), &machine, asked.id, None).await.expect_err("a machine");
        assert!(matches!(refused, ApprovalError::NotAPerson), "{name}: {refused}");
    }
    assert_eq!(count(&bank, "test.effect").await, 0);
}

#[tokio::test]
async fn a_machine_and_the_program_itself_are_no_second_person() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let asked = ask(&bank, &staff(&bank, person(&app).await, Role::Operations), json!({})).await;
    let key = ApiKeyId::generate(bank.now(), &bank.random);
    let other = Caller { actor: Actor::ApiKey(key), ..staff(&bank, person(&app).await, Role::Operations) };
    let system = Caller::system(other.request_id);
    for caller in [other, system.clone()] {
        let refused = approve(&bank, &executors(), &caller, asked.id, None).await.expect_err("no person");
        assert!(matches!(refused, ApprovalError::NotAPerson), "{refused}");
    }
    let tx = bank.db.begin().await.expect("a transaction");
    let command = Command {
        kind: "test.pay_out",
        payload: json!({}),
        summary: String::new(),
        subject: Subject::new("test", "till"),
        reason: because("nobody asks"),
        decide_permission: Permission::OperateCash,
    };
    let refused = request(&bank, &tx, &system, command).await.expect_err("no person");
    assert!(matches!(refused, ApprovalError::NotAPerson), "{refused}");
}

#[tokio::test]
async fn a_command_that_was_edited_in_the_database_is_never_carried_out() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let maker = staff(&bank, person(&app).await, Role::Operations);
    let checks = staff(&bank, person(&app).await, Role::Operations);
    let other = ask(&bank, &maker, json!({"amount_minor": 999_999})).await;
    for edit in [
        "payload = '{\"amount_minor\": 999999}'".to_owned(),
        "summary = 'pay out 1.00 GBP'".to_owned(),
        "subject_id = 'vault'".to_owned(),
        format!("maker_user_id = {}", literal(&bank, person(&app).await)),
        "decide_permission = 'approvals:read'".to_owned(),
        "payload_hash = 'ff'".to_owned(),
        format!("payload = '{{\"amount_minor\": 999999}}', payload_hash = '{}'", other.payload_hash),
    ] {
        let asked = ask(&bank, &maker, json!({"amount_minor": 100})).await;
        let id = literal(&bank, UserId::from_uuid(asked.id.uuid()));
        let sql = format!("update approvals set {edit} where id = {id}");
        bank.db.primary().execute_unprepared(&sql).await.expect("edited");
        let everything: Permissions = Permission::ALL.iter().copied().collect();
        let checks = Caller { permissions: everything, ..checks.clone() };
        let refused = approve(&bank, &executors(), &checks, asked.id, None).await.expect_err("altered");
        assert!(matches!(refused, ApprovalError::Altered), "{edit}: {refused}");
    }
    assert_eq!((count(&bank, "test.effect").await, count(&bank, "approval.altered").await), (0, 7));
}

/// Writes an id as the engine's literal.
fn literal(bank: &Bank, id: UserId) -> String {
    let digits = id.uuid().simple();
    match bank.db.engine() {
        database::Engine::Sqlite => format!("x'{digits}'"),
        database::Engine::Postgres => format!("'{digits}'"),
    }
}

#[tokio::test]
async fn nobody_decides_after_seven_days() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let maker = staff(&bank, person(&app).await, Role::Operations);
    let checks = staff(&bank, person(&app).await, Role::Operations);
    let asked = ask(&bank, &maker, json!({})).await;
    bank.clock.advance(chrono::Duration::days(7) - chrono::Duration::microseconds(1));
    assert_eq!(state(&bank, &maker).await, ApprovalState::Pending);
    bank.clock.advance(chrono::Duration::microseconds(1));
    assert_eq!(state(&bank, &maker).await, ApprovalState::Expired, "even before the job marks it");
    let refused = approve(&bank, &executors(), &checks, asked.id, None).await.expect_err("too late");
    assert!(matches!(refused, ApprovalError::Expired(_)), "{refused}");
    let refused = reject(&bank, &checks, asked.id, because("no")).await.expect_err("too late");
    assert!(matches!(refused, ApprovalError::Expired(_)), "{refused}");
    jobs::run_due(&bank, &work::registry()).await.expect("ran");
    assert_eq!(count(&bank, "approval.expire").await, 1);
    let refused = approve(&bank, &executors(), &checks, asked.id, None).await.expect_err("too late");
    assert!(matches!(refused, ApprovalError::Decided(ApprovalState::Expired)), "{refused}");
    let pending = ApprovalFilter { state: Some(ApprovalState::Pending), ..ApprovalFilter::default() };
    assert_eq!(list(&bank, &maker, pending, PageRequest::first()).await.expect("a page").items, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_checkers_have_exactly_one_effect() {
    let app = App::new().await;
    let bank = app.bank.clone();
    for _ in 0..5 {
        let asked = ask(&bank, &staff(&bank, person(&app).await, Role::Operations), json!({})).await;
        let (start, executors) = (Arc::new(tokio::sync::Barrier::new(4)), executors());
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let checks = staff(&bank, person(&app).await, Role::Operations);
            let (bank, start, executors) = (bank.clone(), start.clone(), executors.clone());
            racing.spawn(async move {
                start.wait().await;
                approve(&bank, &executors, &checks, asked.id, None).await
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) = racing.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for refused in lost.into_iter().filter_map(Result::err) {
            assert!(matches!(refused, ApprovalError::Decided(ApprovalState::Executed)), "{refused}");
        }
    }
    assert_eq!((count(&bank, "test.effect").await, count(&bank, "approval.approve").await), (5, 5));
}

#[tokio::test]
async fn a_checker_who_may_not_do_it_now_decides_nothing() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let asked = ask(&bank, &staff(&bank, person(&app).await, Role::Operations), json!({})).await;
    for role in [Role::Support, Role::Auditor, Role::Compliance, Role::Admin] {
        let (other, _) = app.user("Other", vec![role], None).await;
        refuses(&bank, asked.id, &staff(&bank, other, role), role.as_str()).await;
    }
    // What the session was last seen to permit is a second old: the roles of this moment count.
    let (admin, _) = app.user("Admin", vec![Role::Admin], None).await;
    let admin = staff(&bank, admin, Role::Admin);
    let demoted = person(&app).await;
    let roles = (vec![Role::Support], because("moved to another team"));
    identity::assign_roles(&bank, &admin, demoted, roles).await.expect("demoted");
    refuses(&bank, asked.id, &staff(&bank, demoted, Role::Operations), "demoted").await;
    let suspended = person(&app).await;
    identity::suspend(&bank, &admin, suspended, because("left the bank")).await.expect("suspended");
    refuses(&bank, asked.id, &staff(&bank, suspended, Role::Operations), "suspended").await;
    assert_eq!(count(&bank, "test.effect").await, 0);
}

async fn refuses(bank: &Bank, id: ApprovalId, caller: &Caller, name: &str) {
    let refused = approve(bank, &executors(), caller, id, None).await.expect_err("not allowed");
    assert!(matches!(refused, ApprovalError::Forbidden(_)), "{name}: {refused}");
    let refused = reject(bank, caller, id, because("no")).await.expect_err("not allowed");
    assert!(matches!(refused, ApprovalError::Forbidden(_)), "{name}: {refused}");
}

#[tokio::test]
async fn a_decision_stands_and_its_repetition_does_nothing() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let maker = staff(&bank, person(&app).await, Role::Operations);
    let checks = staff(&bank, person(&app).await, Role::Operations);
    let asked = ask(&bank, &maker, json!({})).await;
    approve(&bank, &executors(), &checks, asked.id, None).await.expect("approved");
    for _ in 0..2 {
        let again = approve(&bank, &executors(), &checks, asked.id, None).await.expect_err("decided");
        assert!(matches!(again, ApprovalError::Decided(ApprovalState::Executed)), "{again}");
        let late = reject(&bank, &checks, asked.id, because("no")).await.expect_err("decided");
        assert!(matches!(late, ApprovalError::Decided(ApprovalState::Executed)), "{late}");
    }
    let refused = ask(&bank, &maker, json!({})).await;
    let refused = reject(&bank, &checks, refused.id, because("wrong amount")).await.expect("rejected");
    assert_eq!(refused.decision_reason.as_deref(), Some("wrong amount"));
    let withdrawn = ask(&bank, &maker, json!({})).await;
    reject(&bank, &maker, withdrawn.id, because("mistyped")).await.expect("withdrawn");
    for id in [refused.id, withdrawn.id] {
        let late = approve(&bank, &executors(), &checks, id, None).await.expect_err("decided");
        assert!(matches!(late, ApprovalError::Decided(ApprovalState::Rejected)), "{late}");
    }
    for (action, times) in [("test.effect", 1), ("approval.reject", 1), ("approval.withdraw", 1)] {
        assert_eq!(count(&bank, action).await, times, "{action}");
    }
}

#[tokio::test]
async fn a_refused_command_leaves_nothing_and_stays_pending() {
    let app = App::new().await;
    let bank = app.bank.clone();
    let maker = staff(&bank, person(&app).await, Role::Operations);
    let checks = staff(&bank, person(&app).await, Role::Operations);
    let asked = ask(&bank, &maker, json!({"refuse": true})).await;
    let refused = approve(&bank, &executors(), &checks, asked.id, None).await.expect_err("refused");
    assert!(matches!(&refused, ApprovalError::Refused(problem) if problem.code() == "insufficient_funds"));
    let unknown = approve(&bank, &Executors::default(), &checks, asked.id, None).await.expect_err("unknown");
    assert!(matches!(unknown, ApprovalError::UnknownKind(_)), "{unknown}");
    assert_eq!((state(&bank, &maker).await, count(&bank, "test.effect").await), (ApprovalState::Pending, 0));
}
