//! A branch with a customer who has money, and people behind the desk.

use bank::Role;
use bank::accounts::service as accounts;
use kernel::Money;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Clerk, Person};
use crate::people::fund;

/// A text that is a script wherever it is not escaped.
pub const CANARY: &str = r#"<script>alert('x')</script>"><img src=x> {{ 7*7 }}"#;

/// Holds a bank with one customer, whose account in pounds holds 1,000.00.
pub struct Desk {
    pub app: App,
    pub ada: Person,
    pub account: Value,
    pub teller: Clerk,
    pub chief: Clerk,
}

pub async fn desk() -> Desk {
    let app = App::new().await;
    accounts::offer_currencies(&app.bank).await.unwrap();
    let ada = app.customer("Ada Lovelace").await;
    let account = open(&app, &ada).await;
    fund(&app.bank, &account, 100_000).await;
    let (teller, chief) = (clerk(&app, Role::Operations).await, clerk(&app, Role::Operations).await);
    Desk { app, ada, account, teller, chief }
}

/// Opens an account in pounds for a customer, whom compliance knows.
pub async fn open(app: &App, holder: &Person) -> Value {
    let compliance = app.staff(Role::Compliance).await;
    let path = format!("/api/v1/users/{}/kyc-level", holder.user_id);
    let level = json!({ "level": 1, "reason": "passport seen" });
    app.post(&path).by(&compliance).json(&level).send().await.expect(200);
    let product = json!({ "product": "current-gbp" });
    app.post("/api/v1/accounts").by(holder).json(&product).send().await.expect(201).json()
}

/// Signs somebody of a role in at the console.
pub async fn clerk(app: &App, role: Role) -> Clerk {
    let email = app.staff(role).await.email;
    app.clerk(&email).await
}

impl Desk {
    pub fn id(&self) -> &str {
        self.account["id"].as_str().unwrap()
    }

    pub fn number(&self) -> &str {
        self.account["number"].as_str().unwrap()
    }

    /// Names the account's page, or one below it.
    pub fn path(&self, rest: &str) -> String {
        format!("/admin/accounts/{}{rest}", self.id())
    }

    pub async fn page(&self, clerk: &Clerk, path: &str) -> String {
        self.app.page(clerk, path).await.expect(200).text()
    }

    pub async fn submit(&self, clerk: &Clerk, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.app.submit(clerk, path, fields).await
    }

    /// Returns the ledger balance in minor units, as the customer sees it.
    pub async fn balance(&self) -> i64 {
        let path = format!("/api/v1/accounts/{}/balance", self.id());
        let shown = self.app.get(&path).by(&self.ada).send().await.expect(200).json();
        shown["ledger"]["amount_minor"].as_i64().unwrap()
    }

    /// Books a payment out of the account to another, and returns its id.
    pub async fn pay(&self, to: &Value, minor: i64, reference: &str) -> String {
        use ledger::{Action, NewTransfer, Posting};
        let (debit, credit) = (self.id().parse().unwrap(), to["id"].as_str().unwrap().parse().unwrap());
        let bank = &self.app.bank;
        let id = kernel::TransferId::generate(bank.now(), &bank.random);
        let amount = Money::new(minor, kernel::Currency::GBP);
        let mut new = NewTransfer::new(id, Action::Post { debit, credit, amount }, "transfer");
        reference.clone_into(&mut new.reference);
        let tx = bank.db.begin().await.unwrap();
        bank.ledger.post(&tx, &Posting::SYSTEM, &[new]).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }
}

/// Says that a page shows these texts.
#[track_caller]
pub fn assert_shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
}

/// Says that a text of a stranger stayed a text.
#[track_caller]
pub fn assert_escaped(page: &str) {
    assert_shows(page, &["&#60;script&#62;alert(&#39;x&#39;)", "{{ 7*7 }}"]);
    assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{page}");
}
