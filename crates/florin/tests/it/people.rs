//! People and accounts for tests of the slices above identity, without signing in each time.

use bank::accounts::service as accounts;
use bank::{Bank, Caller, Role};
use kernel::{AccountId, Actor, Currency, Money, RequestId, TransferId, UserId};
use ledger::{Action, ChartCode, NewTransfer, Posting, chart};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{Answer, App, Call};

/// Adds a user to the database and returns the caller that the user is when signed in.
pub async fn person(bank: &Bank, role: Role) -> Caller {
    let user = UserId::generate(bank.now(), &bank.random);
    let sql = "
insert into users (
  id, kind, email, email_key, full_name, search_key, status, password_hash, password_changed_at,
  created_at, updated_at
)
values ($1, $2, $3, $3, $4, $4, 'active', 'none', $5, $5, $5)";
    let kind = if role.is_staff() { "staff" } else { "customer" };
    let email = format!("{user}@example.test");
    let values = [user.into(), kind.into(), email.into(), "ada".into(), bank.now().into()];
    let tx = bank.db.begin().await.unwrap();
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
    let sql = "insert into user_roles (user_id, role) values ($1, $2)";
    let values = [user.into(), role.as_str().into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
    tx.commit().await.unwrap();
    Caller {
        actor: if role.is_staff() { Actor::Staff(user) } else { Actor::Customer(user) },
        user_id: Some(user),
        session_id: None,
        request_id: RequestId::generate(bank.now(), &bank.random),
        permissions: role.permissions(),
        address: None,
    }
}

/// Adds a customer who is verified to level 1.
pub async fn customer(app: &App) -> Caller {
    let caller = person(&app.bank, Role::Customer).await;
    let compliance = person(&app.bank, Role::Compliance).await;
    let path = format!("/api/v1/users/{}/kyc-level", id_of(&caller));
    post(app, &compliance, &path, &json!({ "level": 1, "reason": "passport seen" })).await.expect(200);
    caller
}

/// Opens the bank's own accounts in every currency, as the server does when it starts.
pub async fn bank_app() -> App {
    let app = App::new().await;
    accounts::offer_currencies(&app.bank).await.unwrap();
    app
}

/// Opens a current account in pounds for a customer.
pub async fn account(app: &App, holder: &Caller) -> Value {
    post(app, holder, "/api/v1/accounts", &json!({ "product": "current-gbp" })).await.expect(201).json()
}

/// Pays money in from the till.
pub async fn fund(bank: &Bank, account: &Value, minor: i64) {
    let (till, account) = (chart::account_id(ChartCode::Cash, Currency::GBP), account_id(account));
    let amount = Money::new(minor, Currency::GBP);
    let (debit, credit) = (till, account);
    pay(bank, Action::Post { debit, credit, amount }).await;
}

/// Posts one transfer on behalf of the bank.
pub async fn pay(bank: &Bank, action: Action) -> TransferId {
    let id = TransferId::generate(bank.now(), &bank.random);
    let tx = bank.db.begin().await.unwrap();
    bank.ledger.post(&tx, &Posting::SYSTEM, &[NewTransfer::new(id, action, "test")]).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Returns the user behind a caller.
pub fn id_of(caller: &Caller) -> UserId {
    caller.user_id.unwrap()
}

/// Reads the id of a shown account.
pub fn account_id(account: &Value) -> AccountId {
    account["id"].as_str().unwrap().parse().unwrap()
}

/// Names a route below one account.
pub fn path_of(account: &Value, rest: &str) -> String {
    format!("/api/v1/accounts/{}{rest}", account["id"].as_str().unwrap())
}

/// Sends a `POST` as somebody.
pub async fn post(app: &App, caller: &Caller, path: &str, body: &Value) -> Answer {
    signed(app.post(path), caller).json(body).send().await
}

/// Sends a `PATCH` as somebody.
pub async fn patch(app: &App, caller: &Caller, path: &str, body: &Value) -> Answer {
    signed(app.request(axum::http::Method::PATCH, path), caller).json(body).send().await
}

/// Sends a `DELETE` as somebody.
pub async fn delete(app: &App, caller: &Caller, path: &str) -> Answer {
    signed(app.request(axum::http::Method::DELETE, path), caller).send().await
}

/// Sends a `GET` as somebody.
pub async fn get(app: &App, caller: &Caller, path: &str) -> Answer {
    signed(app.get(path), caller).send().await
}

/// Sends a request as somebody.
pub fn signed<'a>(call: Call<'a>, caller: &Caller) -> Call<'a> {
    call.extension(caller.clone())
}

/// Lists what the audit log says was done to something, oldest first.
pub async fn log_of(app: &App, subject: &Value) -> Vec<String> {
    let auditor = person(&app.bank, Role::Auditor).await;
    let path = format!("/api/v1/audit-log?subject={}", subject.as_str().unwrap());
    let page = get(app, &auditor, &path).await.expect(200).json();
    let actions = page["items"].as_array().unwrap().iter();
    let mut actions: Vec<String> = actions.map(|row| row["action"].as_str().unwrap().to_owned()).collect();
    actions.reverse();
    actions
}
