//! What a person or a script needs to use the sample bank.

use bank::accounts::service::seen_by;
use bank::identity::directory;
use bank::identity::service::typed;
use bank::{Bank, Caller, Role};
use kernel::{Actor, UserId};
use serde::Serialize;

use super::sample::{self, PASSWORD};

/// How many customers are looked for: more are never made.
const MOST_CUSTOMERS: usize = 600;
/// How many customers the terminal shows.
const SHOWN_CUSTOMERS: usize = 3;

/// Holds addresses, sample sign-ins and account ids.
#[derive(Debug, Serialize)]
pub(super) struct Credentials {
    pub(super) addresses: Addresses,
    sign_ins: Vec<SignIn>,
}

/// Holds where the program listens.
#[derive(Debug, Serialize)]
pub(super) struct Addresses {
    pub(super) api: String,
    metrics: String,
    docs: String,
}

/// Holds what one person signs in with.
#[derive(Debug, Serialize)]
pub(super) struct SignIn {
    pub(super) role: Role,
    user_id: UserId,
    pub(super) email: String,
    password: &'static str,
    /// Base 32, as an authenticator takes it.
    totp_secret: Option<String>,
    accounts: Vec<SampleAccount>,
}

/// Names one account of a customer.
#[derive(Debug, Serialize)]
struct SampleAccount {
    id: kernel::AccountId,
    number: kernel::AccountNumber,
    currency: kernel::Currency,
}

/// Reads from the bank who can sign in.
pub(super) async fn read(bank: &Bank, api: &str, metrics: &str) -> anyhow::Result<Credentials> {
    let connection = bank.db.latest();
    let mut sign_ins = Vec::new();
    for clerk in &sample::STAFF {
        if let Some(user_id) = directory::find_by_email(connection, clerk.email).await? {
            let totp_secret = Some(typed(&sample::totp_seed(clerk.email)).expose().clone());
            let email = clerk.email.to_owned();
            sign_ins.push(SignIn {
                role: clerk.role,
                user_id,
                email,
                password: PASSWORD,
                totp_secret,
                accounts: Vec::new(),
            });
        }
    }
    for person in sample::customers(MOST_CUSTOMERS) {
        // The first who is missing is the end: a bank has the first so many people.
        let Some(user_id) = directory::find_by_email(connection, &person.email).await? else { break };
        let accounts = seen_by(connection, &customer(bank, user_id)).await?;
        let accounts = accounts.into_iter().rev().map(|account| SampleAccount {
            id: account.id,
            number: account.number,
            currency: account.currency,
        });
        let accounts = accounts.collect();
        sign_ins.push(SignIn {
            role: Role::Customer,
            user_id,
            email: person.email,
            password: PASSWORD,
            totp_secret: None,
            accounts,
        });
    }
    let addresses =
        Addresses { api: api.to_owned(), metrics: format!("{metrics}/metrics"), docs: format!("{api}/docs") };
    Ok(Credentials { addresses, sign_ins })
}

/// Speaks for a customer, as a session would.
pub(super) fn customer(bank: &Bank, user_id: UserId) -> Caller {
    Caller {
        actor: Actor::Customer(user_id),
        user_id: Some(user_id),
        permissions: Role::Customer.permissions(),
        ..bank.system_caller()
    }
}

impl Credentials {
    /// Writes everything as JSON.
    pub(super) fn to_json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Returns the staff and the first customers.
    pub(super) fn shown(&self) -> impl Iterator<Item = &SignIn> {
        let staff = self.sign_ins.iter().filter(|one| one.role.is_staff());
        staff.chain(self.customers().take(SHOWN_CUSTOMERS))
    }

    /// Returns commands that work as they stand.
    pub(super) fn curl_lines(&self) -> Vec<String> {
        let api = &self.addresses.api;
        let Some(person) = self.customers().find(|person| person.accounts.len() > 1) else {
            return Vec::new();
        };
        let [from, to, ..] = &person.accounts[..] else { return Vec::new() };
        let sign_in = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, person.email);
        let pay = format!(
            r#"{{"from_account_id":"{}","to_account_id":"{}","amount":{{"amount_minor":1250,"currency":"{}"}},"reference":"Put aside"}}"#,
            from.id, to.id, from.currency
        );
        vec![
            format!(
                "TOKEN=$(curl -s {api}/api/v1/auth/login -H 'Content-Type: application/json' -d '{sign_in}' | sed 's/.*\"access_token\":\"\\([^\"]*\\).*/\\1/')"
            ),
            format!("curl -s {api}/api/v1/accounts -H \"Authorization: Bearer $TOKEN\""),
            format!(
                "curl -s {api}/api/v1/transfers -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -H \"Idempotency-Key: try-$RANDOM\" -d '{pay}'"
            ),
        ]
    }

    fn customers(&self) -> impl Iterator<Item = &SignIn> {
        self.sign_ins.iter().filter(|one| one.role == Role::Customer)
    }
}

impl SignIn {
    /// Says which second factor there is.
    pub(super) fn second_factor(&self) -> String {
        self.totp_secret.as_ref().map_or_else(String::new, |secret| format!("TOTP secret {secret}"))
    }
}
