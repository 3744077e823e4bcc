//! Payments from other banks: booked when the money has arrived and not before, once, and taken back when it goes back.

use bank::accounts::OpenAccount;
use bank::accounts::service::{self as accounts, open};
use bank::openbanking::service::follow_due;
use bank::settings::OpenBankingSettings;
use chrono::Duration;
use kernel::{AccountId, Currency};
use ledger::{ChartCode, Rail, chart};
use serde_json::{Value, json};
use truelayer::simulator::{Modes, Registration, UnmatchedMoney, WebhookMode};

use super::{BASE, Stage, settings};
use crate::harness::{Answer, App, Person};

const PAYMENTS: &str = "/api/v1/integrations/truelayer/payments";

/// Holds a customer with an account, at a bank that the service can call.
struct Desk {
    stage: Stage,
    ada: Person,
    account: AccountId,
}

impl Desk {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let url = stage.app.serve().await;
        let payment_events = format!("{url}{PAYMENTS}/webhook").parse().ok();
        stage.simulator.control().register(Registration { payment_events, ..Registration::default() });
        accounts::offer_currencies(&stage.app.bank).await.unwrap();
        let ada = stage.app.customer("Ada Lovelace").await;
        let account = account_of(&stage.app, &ada).await;
        Self { stage, ada, account }
    }

    fn modes(&self, webhooks: Vec<WebhookMode>) {
        self.stage.simulator.control().set_modes(Modes { webhooks, ..Modes::default() });
    }

    async fn ask(&self, key: &str, body: &Value) -> Answer {
        self.stage.app.post(PAYMENTS).by(&self.ada).key(key).json(body).send().await
    }

    fn order(&self, minor: i64) -> Value {
        json!({
            "account_id": self.account,
            "amount": { "amount_minor": minor, "currency": "GBP" },
            "provider_id": "mock-payments-gb-redirect",
        })
    }

    /// Begins a payment and returns it with the service's name for it.
    async fn begin(&self, key: &str, minor: i64) -> (Value, String) {
        let begun = self.ask(key, &self.order(minor)).await.expect(201).json();
        let door = begun["auth_url"].as_str().expect("a way to the bank");
        let service_id = door.rsplit('/').next().unwrap().to_owned();
        (begun, service_id)
    }

    /// Lets the customer decide at the bank, and ten seconds pass.
    async fn decide(&self, service_id: &str, username: &str) {
        self.stage.simulator.control().authorize_payment(service_id, username).await.unwrap();
        self.pass(Duration::seconds(2)).await;
        self.pass(Duration::seconds(8)).await;
    }

    async fn pass(&self, by: Duration) {
        self.stage.advance(by).await;
        self.stage.app.run_jobs().await;
    }

    async fn show(&self, begun: &Value) -> Value {
        let path = format!("{PAYMENTS}/{}", begun["id"].as_str().unwrap());
        self.stage.app.get(&path).by(&self.ada).send().await.expect(200).json()
    }

    /// Returns what is posted on an account, positive on the side on which it grows.
    async fn posted(&self, id: AccountId) -> i64 {
        let db = self.stage.app.bank.db.latest();
        ledger::accounts::find(db, id).await.unwrap().map_or(0, |row| row.ledger_minor())
    }

    /// Returns the same for one of the bank's own accounts.
    async fn own(&self, code: ChartCode) -> i64 {
        self.posted(chart::account_id(code, Currency::GBP)).await
    }

    /// Holds that the books are right, and where the money stands.
    async fn holds(&self, (customer, due, suspense): (i64, i64, i64)) {
        assert_eq!(self.posted(self.account).await, customer);
        assert_eq!(self.own(ChartCode::Settlement(Rail::Interbank)).await, due);
        assert_eq!(self.own(ChartCode::Suspense).await, suspense);
    }
}

async fn account_of(app: &App, person: &Person) -> AccountId {
    let command = OpenAccount {
        product_code: "current-gbp".to_owned(),
        country: None,
        nickname: None,
        holder: Some(person.user_id),
        reason: Some("opened for the test".parse().unwrap()),
    };
    verify(app, person).await;
    open(&app.bank, &app.bank.system_caller(), command).await.unwrap().account.id
}

async fn verify(app: &App, person: &Person) {
    use bank::kyc::{KycLevel, SetLevel, service::set_level};
    let (level, reason) = (KycLevel::new(1).unwrap(), "seen".parse().unwrap());
    set_level(&app.bank, &app.bank.system_caller(), SetLevel { user: person.user_id, level, reason })
        .await
        .unwrap();
}

#[tokio::test]
async fn money_is_booked_when_it_has_arrived_and_not_when_it_was_sent() {
    let desk = Desk::new().await;
    let (begun, service_id) = desk.begin("k-1", 12_500).await;
    assert_eq!((&begun["status"], &begun["transfer_id"]), (&json!("authorizing"), &Value::Null));
    desk.stage.simulator.control().authorize_payment(&service_id, "test_executed").await.unwrap();
    desk.pass(Duration::seconds(2)).await;
    assert_eq!(desk.show(&begun).await["status"], "executed");
    desk.holds((0, 0, 0)).await;
    desk.pass(Duration::seconds(8)).await;
    let settled = desk.show(&begun).await;
    assert_eq!((&settled["status"], &settled["is_in_suspense"]), (&json!("settled"), &json!(false)));
    desk.holds((12_500, 12_500, 0)).await;
    let path = format!("/api/v1/transactions/{}", settled["transfer_id"].as_str().unwrap());
    let transfer = desk.stage.app.get(&path).by(&desk.ada).send().await.expect(200).json();
    assert_eq!(transfer["code"], "bank_payment");
    let log = desk.stage.app.rows("truelayer_audit_logs").await;
    assert!(log.contains("PAYMENT_CREATED") && log.contains("PAYMENT_SETTLED"), "{log}");
}

#[tokio::test]
async fn however_events_come_money_comes_once() {
    for mode in [WebhookMode::Duplicate, WebhookMode::Reorder, WebhookMode::Drop, WebhookMode::Delay(30)] {
        let desk = Desk::new().await;
        desk.modes(vec![mode]);
        let (begun, service_id) = desk.begin("k-1", 500).await;
        desk.decide(&service_id, "test_executed").await;
        // What was not reported is asked about some minutes later.
        desk.pass(Duration::minutes(6)).await;
        follow_due(&desk.stage.app.bank).await.unwrap();
        desk.stage.app.run_jobs().await;
        let path = format!("{PAYMENTS}?limit=10");
        let ada = desk.stage.app.sign_in(desk.ada.user_id, &desk.ada.email).await;
        let list = desk.stage.app.get(&path).by(&ada).send().await.expect(200).json();
        assert_eq!(list["items"][0]["status"], "settled", "{mode:?}: {list}");
        assert_eq!(list["items"][0]["id"], begun["id"]);
        assert_eq!(desk.own(ChartCode::Settlement(Rail::Interbank)).await, 500, "{mode:?}");
    }
}

#[tokio::test]
async fn the_same_request_is_the_same_payment_and_another_under_its_key_is_refused() {
    let desk = Desk::new().await;
    let (first, service_id) = desk.begin("k-1", 500).await;
    let (again, same) = desk.begin("k-1", 500).await;
    assert_eq!((&first["id"], &service_id), (&again["id"], &same));
    desk.ask("k-1", &desk.order(501)).await.refused(422, "idempotency_key_reused");
    let (other, _) = desk.begin("k-2", 500).await;
    assert_ne!(first["id"], other["id"]);
    desk.decide(&service_id, "test_executed").await;
    let done = desk.ask("k-1", &desk.order(500)).await.expect(201).json();
    assert_eq!((&done["status"], &done["auth_url"]), (&json!("settled"), &Value::Null));
    desk.holds((500, 500, 0)).await;
}

#[tokio::test]
async fn a_bank_is_chosen_on_the_way_where_none_was_named() {
    let desk = Desk::new().await;
    let mut order = desk.order(500);
    order.as_object_mut().unwrap().remove("provider_id");
    let begun = desk.ask("k-1", &order).await.expect(201).json();
    assert_eq!(begun["auth_url"], Value::Null);
    let bank = begun["providers"][0]["provider_id"].clone();
    let path = format!("{PAYMENTS}/{}/provider", begun["id"].as_str().unwrap());
    let choose = |provider: Value| {
        let body = json!({ "provider_id": provider });
        let call = desk.stage.app.post(&path).by(&desk.ada);
        async move { call.json(&body).send().await }
    };
    choose(json!("nowhere")).await.refused(422, "invalid_input");
    assert!(choose(bank).await.expect(200).json()["auth_url"].is_string());
}

#[tokio::test]
async fn what_fails_moves_no_money_and_says_why() {
    for (username, reason) in
        [("test_authorisation_failed", "not_authorized"), ("test_execution_rejected", "rejected")]
    {
        let desk = Desk::new().await;
        let (begun, service_id) = desk.begin("k-1", 500).await;
        desk.decide(&service_id, username).await;
        let failed = desk.show(&begun).await;
        assert_eq!(failed["status"], "failed", "{failed}");
        assert!(failed["failure_reason"].as_str().unwrap().contains(reason), "{failed}");
        desk.holds((0, 0, 0)).await;
    }
}

#[tokio::test]
async fn money_that_goes_back_is_taken_back_and_from_suspense_where_the_account_has_it_no_more() {
    for is_spent in [false, true] {
        let desk = Desk::new().await;
        let (begun, service_id) = desk.begin("k-1", 500).await;
        desk.decide(&service_id, "test_executed").await;
        if is_spent {
            // Taken out in cash: the overdraft of the account is none.
            let clerk = desk.stage.app.staff(bank::Role::Operations).await;
            let body = json!({
                "kind": "withdrawal", "account_id": desk.account,
                "amount": { "amount_minor": 500, "currency": "GBP" }, "reason": "at the counter",
            });
            let call = desk.stage.app.post("/api/v1/cash-operations").by(&clerk).key("k");
            call.json(&body).send().await.expect(201);
        }
        desk.stage.simulator.control().reverse_payment(&service_id, "disputed").await.unwrap();
        desk.stage.app.run_jobs().await;
        let back = desk.show(&begun).await;
        assert_eq!(back["status"], "reversed");
        assert!(back["reversal_transfer_id"].is_string());
        desk.holds(if is_spent { (0, 0, -500) } else { (0, 0, 0) }).await;
    }
}

#[tokio::test]
async fn money_for_an_account_that_takes_none_waits_in_suspense() {
    let desk = Desk::new().await;
    let (begun, service_id) = desk.begin("k-1", 500).await;
    let clerk = desk.stage.app.staff(bank::Role::Operations).await;
    let path = format!("/api/v1/accounts/{}/close", desk.account);
    let body = json!({ "reason": "the customer moves" });
    desk.stage.app.post(&path).by(&clerk).json(&body).send().await.expect(200);
    desk.decide(&service_id, "test_executed").await;
    let settled = desk.show(&begun).await;
    assert_eq!((&settled["status"], &settled["is_in_suspense"]), (&json!("settled"), &json!(true)));
    desk.holds((0, 500, 500)).await;
    desk.stage.simulator.control().reverse_payment(&service_id, "corrected").await.unwrap();
    desk.stage.app.run_jobs().await;
    desk.holds((0, 0, 0)).await;
}

#[tokio::test]
async fn money_that_no_payment_announced_waits_in_suspense_once() {
    let desk = Desk::new().await;
    desk.modes(vec![WebhookMode::Duplicate]);
    let money = UnmatchedMoney {
        merchant_account_id: "merchant-GBP".to_owned(),
        amount_minor: 4_200,
        currency: "GBP".to_owned(),
        reference: "INVOICE 7".to_owned(),
    };
    desk.stage.simulator.control().receive_unmatched(&money).await;
    desk.pass(Duration::minutes(1)).await;
    desk.holds((0, 4_200, 4_200)).await;
    assert!(desk.stage.app.rows("truelayer_audit_logs").await.contains("UNMATCHED_MONEY"));
    assert!(!desk.stage.app.rows("audit_events").await.contains("JANE ROE"), "names stand in no log");
}

#[tokio::test]
async fn an_event_that_nobody_signed_books_nothing() {
    for mode in [
        WebhookMode::TamperedBody,
        WebhookMode::WrongSecret,
        WebhookMode::WrongPath,
        WebhookMode::StaleTimestamp,
    ] {
        let desk = Desk::new().await;
        desk.modes(vec![mode]);
        let money = UnmatchedMoney {
            merchant_account_id: "merchant-GBP".to_owned(),
            amount_minor: 4_200,
            currency: "GBP".to_owned(),
            reference: String::new(),
        };
        desk.stage.simulator.control().receive_unmatched(&money).await;
        desk.holds((0, 0, 0)).await;
        assert!(desk.stage.app.rows("truelayer_audit_logs").await.contains("WEBHOOK_REJECTED"), "{mode:?}");
        assert_eq!(desk.stage.app.rows("truelayer_webhook_events").await, "", "{mode:?}");
    }
    let desk = Desk::new().await;
    let answer = desk.stage.app.post(&format!("{PAYMENTS}/webhook")).body("{}").send().await;
    answer.refused(401, "unauthenticated");
}

#[tokio::test]
async fn nothing_is_paid_into_anothers_account_or_in_another_currency() {
    let desk = Desk::new().await;
    let eve = desk.stage.app.customer("Eve Moneypenny").await;
    let call = desk.stage.app.post(PAYMENTS).by(&eve).key("k-1").json(&desk.order(500));
    call.send().await.refused(404, "not_found");
    for (minor, currency) in [(0, "GBP"), (-1, "GBP"), (500, "EUR"), (500, "USD")] {
        let mut order = desk.order(minor);
        order["amount"]["currency"] = json!(currency);
        desk.ask(&format!("k-{minor}-{currency}"), &order).await.refused(422, "invalid_input");
    }
    let (begun, _) = desk.begin("k-2", 500).await;
    let path = format!("{PAYMENTS}/{}", begun["id"].as_str().unwrap());
    desk.stage.app.get(&path).by(&eve).send().await.refused(404, "not_found");
    let servers = desk.stage.simulator.environment();
    let without = OpenBankingSettings { payments: None, ..settings(servers) };
    let off = desk.stage.app.node(|settings| settings.open_banking = Some(without));
    off.post(PAYMENTS)
        .by(&desk.ada)
        .key("k")
        .json(&desk.order(500))
        .send()
        .await
        .refused(422, "payments_off");
    off.post(&format!("{BASE}/payments/webhook")).body("{}").send().await.refused(404, "not_found");
}
