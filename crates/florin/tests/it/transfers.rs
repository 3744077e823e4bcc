//! Transfers through their routes.

mod batch;
mod cash;
mod foresee;
mod holds;
mod joint;
mod pay;
mod payees;
mod refusals;
mod repeats;
mod reversals;
mod standing;

use bank::Caller;
use kernel::{AccountId, SessionId};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{Answer, App};
use crate::people::{account, account_id, bank_app, customer, fund, get, id_of, path_of, post, signed};

const NOBODYS: &str = "trf_00000000000000000000000001";

/// Two customers with an account each in pounds; Ada's holds 1,000.00.
struct Scene {
    app: App,
    ada: Caller,
    bob: Caller,
    adas: Value,
    bobs: Value,
}

async fn scene() -> Scene {
    let app = bank_app().await;
    let (ada, bob) = (payer(&app).await, payer(&app).await);
    let (adas, bobs) = (account(&app, &ada).await, account(&app, &bob).await);
    fund(&app.bank, &adas, 100_000).await;
    Scene { app, ada, bob, adas, bobs }
}

/// Adds a verified customer with a session, who can confirm payments.
async fn payer(app: &App) -> Caller {
    let session_id = Some(SessionId::generate(app.bank.now(), &app.bank.random));
    Caller { session_id, ..customer(app).await }
}

/// Notes that a customer has paid an account before.
async fn know(app: &App, caller: &Caller, account: &Value) {
    let id: AccountId = account_id(account);
    let values = [id_of(caller).into(), id.into(), app.bank.now().into()];
    let sql = "insert into payees (user_id, account_id, confirmed_at) values ($1, $2, $3)";
    let tx = app.bank.db.begin().await.unwrap();
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
    tx.commit().await.unwrap();
}

fn gbp(minor: i64) -> Value {
    json!({ "amount_minor": minor, "currency": "GBP" })
}

/// Asks for a payment to an account by its number.
fn to(from: &Value, payee: &Value, minor: i64) -> Value {
    json!({ "from_account_id": from["id"], "to_account_number": payee["number"], "amount": gbp(minor) })
}

/// Asks for a payment to an account of one's own.
fn own(from: &Value, to: &Value, minor: i64) -> Value {
    json!({ "from_account_id": from["id"], "to_account_id": to["id"], "amount": gbp(minor) })
}

/// Adds a member to a request.
fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

/// Sends a request that moves money, under a key.
async fn keyed(app: &App, caller: &Caller, path: &str, (key, body): (&str, &Value)) -> Answer {
    signed(app.post(path), caller).key(key).json(body).send().await
}

/// Pays, under a key.
async fn pay(app: &App, caller: &Caller, key: &str, body: &Value) -> Answer {
    keyed(app, caller, "/api/v1/transfers", (key, body)).await
}

/// Acts on a transfer: captures, releases, reverses.
async fn act(
    app: &App,
    caller: &Caller,
    (transfer, verb): (&Value, &str),
    key: &str,
    body: &Value,
) -> Answer {
    let id = transfer["id"].as_str().unwrap_or(NOBODYS);
    keyed(app, caller, &format!("/api/v1/transfers/{id}/{verb}"), (key, body)).await
}

async fn show(app: &App, caller: &Caller, transfer: &Value) -> Value {
    let path = format!("/api/v1/transfers/{}", transfer["id"].as_str().unwrap());
    get(app, caller, &path).await.expect(200).json()
}

/// Looks a payee up and returns the look-up's id.
async fn look_up(app: &App, caller: &Caller, payee: &Value) -> Value {
    let asked = json!({ "account_number": payee["number"] });
    post(app, caller, "/api/v1/payee-lookups", &asked).await.expect(201).json()["id"].clone()
}

/// Takes the challenge out of a refusal and answers it with the code that was mailed.
async fn answer(app: &App, caller: &Caller, refused: &Value) -> Value {
    let earlier = app.mails();
    app.run_jobs().await;
    let challenge = refused["challenge_id"].clone();
    let path = format!("/api/v1/challenges/{}/answer", challenge.as_str().unwrap());
    let mail = app.mails().into_iter().find(|mail| !earlier.contains(mail)).unwrap();
    post(app, caller, &path, &json!({ "code": code(&mail) })).await.expect(204);
    challenge
}

fn code(mail: &str) -> String {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail.lines().map(str::trim).find(is_code).unwrap().to_owned()
}

/// Returns the request with the confirmation that it was refused for.
async fn confirmed(app: &App, caller: &Caller, body: Value) -> Value {
    // Codes that nobody asks for here leave first.
    app.run_jobs().await;
    let refused = pay(app, caller, "asks", &body).await.refused(403, "challenge_required").json();
    with(body, "challenge_id", answer(app, caller, &refused).await)
}

/// Returns what an account holds and what of it is available, in minor units.
async fn balance(app: &App, owner: &Caller, account: &Value) -> (i64, i64) {
    let shown = get(app, owner, &path_of(account, "/balance")).await.expect(200).json();
    let minor = |name: &str| shown[name]["amount_minor"].as_i64().unwrap();
    (minor("ledger"), minor("available"))
}
