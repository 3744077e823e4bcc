//! Everybody who knocks, and what belongs to A.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::Method;
use bank::accounts::service::{self as accounts, AddOwner};
use bank::accounts::{OpenAccount, OwnerRole};
use bank::audit::Reason;
use bank::kyc::{self, KycLevel, SetLevel};
use bank::{Caller, Role};
use kernel::{AccountId, AccountNumber, Currency, Money, RequestId, TransferId, UserId};
use ledger::{Action, ChartCode, NewTransfer, Posting, chart};
use serde_json::{Value, json};
use truelayer::simulator::Simulator;

use super::requests::{self, Ask};
use super::table::{is_beside_the_api, is_page};
use crate::harness::{Answer, App, Clerk, Person};

/// The reason that staff gives for everything.
pub const REASON: &str = "asked for in the branch";

/// Names one of those who ask, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anonymous,
    Owner,
    Stranger,
    Joint,
    Viewer,
    Payer,
    Support,
    Compliance,
    Operations,
    Auditor,
    Admin,
    Key,
}

/// Says which object is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A's.
    Owned,
    /// Nobody's.
    Missing,
}

impl Who {
    pub const ALL: [Self; 12] = [
        Self::Anonymous,
        Self::Owner,
        Self::Stranger,
        Self::Joint,
        Self::Viewer,
        Self::Payer,
        Self::Support,
        Self::Compliance,
        Self::Operations,
        Self::Auditor,
        Self::Admin,
        Self::Key,
    ];

    /// Returns the role of a person; none for nobody and for a machine.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Anonymous | Self::Key => None,
            Self::Owner | Self::Stranger | Self::Joint | Self::Viewer | Self::Payer => Some(Role::Customer),
            Self::Support => Some(Role::Support),
            Self::Compliance => Some(Role::Compliance),
            Self::Operations => Some(Role::Operations),
            Self::Auditor => Some(Role::Auditor),
            Self::Admin => Some(Role::Admin),
        }
    }

    pub fn is_staff(self) -> bool {
        self.role().is_some_and(Role::is_staff)
    }

    /// Says whether a page is of this one's side.
    pub fn is_at_home(self, path: &str) -> bool {
        self.role().is_some_and(|role| role.is_staff() == path.starts_with("/admin"))
    }
}

/// Holds a bank with everybody signed in.
pub struct World {
    pub app: App,
    people: Vec<(Who, Person)>,
    /// Everybody at the pages of their side.
    clerks: Vec<(Who, Clerk)>,
    /// Where each customer is paid: an account of one's own.
    purses: Vec<(Who, AccountId)>,
    /// A's account, with a joint holder and two attorneys, and money.
    pub account: AccountId,
    pub number: AccountNumber,
    /// A payment between two accounts of A.
    pub transfer: TransferId,
    /// A verified customer who has to do with nobody.
    pub newcomer: UserId,
    /// Another member of operations, who asks for what a second person decides.
    pub maker: Person,
    keys: [String; 2],
    asked: AtomicU32,
    /// Answers for the banks of others while the world stands.
    _simulator: Simulator,
}

impl World {
    pub async fn new() -> Self {
        let simulator = crate::openbanking::simulator().await;
        let app = App::with(|settings| {
            settings.sessions.most = 10_000;
            settings.open_banking = Some(crate::openbanking::settings(simulator.environment()));
        })
        .await;
        // Here it counts who may ask; what the jobs then do is tested with their slices.
        app.leaves_jobs();
        accounts::offer_currencies(&app.bank).await.unwrap();
        let (mut people, mut purses) = (Vec::new(), Vec::new());
        for (who, role) in Who::ALL.into_iter().filter_map(|who| Some((who, who.role()?))) {
            let person = app.person("Robin Doe", vec![role]).await;
            if role == Role::Customer {
                verify(&app, person.user_id).await;
                purses.push((who, open(&app, person.user_id).await.0));
            }
            people.push((who, person));
        }
        let newcomer = app.user("Noor Doe", vec![Role::Customer], None).await.0;
        verify(&app, newcomer).await;
        let maker = app.staff(Role::Operations).await;
        let owner = &people.iter().find(|(who, _)| *who == Who::Owner).unwrap().1;
        let (opener, reader) = (["own_accounts:open"], ["own_accounts:read"]);
        let keys = [key(&app, owner, &opener).await, key(&app, owner, &reader).await];
        let (account, number) = share(&app, &people).await;
        let mut clerks = Vec::new();
        for (who, person) in &people {
            let clerk = if who.is_staff() {
                app.clerk(&person.email).await
            } else {
                app.at_home(&person.email).await
            };
            clerks.push((*who, clerk));
        }
        let mut world = Self {
            app,
            people,
            clerks,
            purses,
            account,
            number,
            transfer: TransferId::from_uuid(uuid::Uuid::nil()),
            newcomer,
            maker,
            keys,
            asked: AtomicU32::new(0),
            _simulator: simulator,
        };
        let till = chart::account_id(ChartCode::Cash, Currency::GBP);
        world.pay(Action::Post { debit: till, credit: account, amount: gbp(500_000) }).await;
        world.transfer = world.payment().await;
        world
    }

    pub fn person(&self, who: Who) -> &Person {
        &self.people.iter().find(|(one, _)| *one == who).expect("a person").1
    }

    pub fn clerk(&self, who: Who) -> &Clerk {
        &self.clerks.iter().find(|(one, _)| *one == who).expect("a clerk").1
    }

    pub fn owner(&self) -> &Person {
        self.person(Who::Owner)
    }

    /// Returns the account where somebody is paid; A's own for those who have none.
    pub fn purse(&self, who: Who) -> AccountId {
        let own = self.purses.iter().find(|(one, _)| *one == who);
        own.unwrap_or(&self.purses[0]).1
    }

    /// Opens another account like A's, empty.
    pub async fn fresh_account(&self) -> AccountId {
        share(&self.app, &self.people).await.0
    }

    /// Pays 1.00 GBP from A's account to A's purse.
    pub async fn payment(&self) -> TransferId {
        let (debit, credit) = (self.account, self.purse(Who::Owner));
        self.pay(Action::Post { debit, credit, amount: gbp(100) }).await
    }

    /// Posts on behalf of the bank.
    pub async fn pay(&self, action: Action) -> TransferId {
        let bank = &self.app.bank;
        let id = TransferId::generate(bank.now(), &bank.random);
        let tx = bank.db.begin().await.unwrap();
        bank.ledger.post(&tx, &Posting::SYSTEM, &[NewTransfer::new(id, action, "test")]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Signs somebody new in who is what `who` is, for what ends a session or changes a password.
    pub async fn twin(&self, who: Who) -> Option<Person> {
        Some(self.app.person("Robin Doe", vec![who.role()?]).await)
    }

    /// Speaks for A below the routes.
    pub fn caller_of_owner(&self) -> Caller {
        self.app.caller_of(self.owner())
    }

    /// Asks a route as somebody about an object.
    pub async fn ask(&self, route: &'static str, who: Who, which: Which) -> Answer {
        let ask = requests::of(self, route, who, which).await;
        self.send(route, who, ask).await
    }

    /// Sends a request as somebody, from an address and with a key of its own.
    pub async fn send(&self, route: &'static str, who: Who, ask: Ask) -> Answer {
        if is_page(&ask.path) {
            let token =
                self.clerks.iter().find(|(one, _)| *one == who).map(|(_, clerk)| clerk.token.as_str());
            let token =
                ask.clerk.as_ref().map(|clerk| clerk.token.clone()).or_else(|| token.map(str::to_owned));
            return self.submit(route, who, (ask, token.as_deref())).await;
        }
        let (method, _) = route.split_once(' ').unwrap();
        let prefix = if is_beside_the_api(&ask.path) { "" } else { "/api/v1" };
        let path = format!("{prefix}{}", ask.path);
        let count = self.asked.fetch_add(1, Ordering::Relaxed);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut call = self.app.request(method, &path).key(&format!("key-{count}"));
        call = call.from_address(&format!("10.0.{}.{}", count / 250 % 250, count % 250 + 1));
        call = match (who, &ask.by) {
            (Who::Anonymous, _) => call,
            (Who::Key, _) => call.bearer(&self.keys[usize::from(route == "POST /accounts")]),
            (_, Some(person)) => call.by(person),
            (_, None) => call.by(self.person(who)),
        };
        match &ask.body {
            Some(body) => call.json(body).send().await,
            None => call.send().await,
        }
    }

    /// Asks for a page, or sends its form with a token: by the cookie of the sender's side, to which on the other side
    /// comes what opens the API; neither must open a page there.
    pub async fn submit(&self, route: &'static str, who: Who, (ask, token): (Ask, Option<&str>)) -> Answer {
        let method = Method::from_bytes(route.split_once(' ').unwrap().0.as_bytes()).unwrap();
        let count = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut call = self.app.request(method.clone(), &ask.path);
        call = call.from_address(&format!("10.0.{}.{}", count / 250 % 250, count % 250 + 1));
        call = match (who, &ask.clerk) {
            (Who::Anonymous, _) => call,
            (Who::Key, _) => call.bearer(&self.keys[0]),
            (_, Some(clerk)) => call.as_clerk(clerk),
            (_, None) if who.is_at_home(&ask.path) => call.as_clerk(self.clerk(who)),
            // On the other side neither the session there nor what opens the API counts.
            (_, None) => call.as_clerk(self.clerk(who)).by(self.person(who)),
        };
        if method == Method::GET {
            return call.send().await;
        }
        let mut fields = form_fields(ask.body.as_ref());
        fields.extend(token.map(|token| ("csrf".to_owned(), token.to_owned())));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        call.form(&fields).send().await
    }

    /// Signs somebody new in at the pages who is what `who` is, for what ends a session.
    pub async fn twin_clerk(&self, who: Who) -> Option<Clerk> {
        let (_, email) = self.app.user("Robin Doe", vec![who.role()?], None).await;
        Some(if who.is_staff() { self.app.clerk(&email).await } else { self.app.at_home(&email).await })
    }
}

/// Writes the fields of a form.
fn form_fields(body: Option<&Value>) -> Vec<(String, String)> {
    let members = body.and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = members.flat_map(|(name, value)| match value {
        Value::Array(values) => values.iter().map(|value| (name.clone(), text(value))).collect(),
        value => vec![(name.clone(), text(value))],
    });
    fields.collect()
}

/// Speaks for the bank itself.
pub fn system(app: &App) -> Caller {
    Caller::system(RequestId::generate(app.bank.now(), &app.bank.random))
}

pub fn reason() -> Reason {
    REASON.parse().expect("a reason")
}

pub fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

async fn verify(app: &App, user: UserId) {
    let level = KycLevel::new(1).expect("a level");
    kyc::service::set_level(&app.bank, &system(app), SetLevel { user, level, reason: reason() })
        .await
        .unwrap();
}

async fn open(app: &App, holder: UserId) -> (AccountId, AccountNumber) {
    let command = OpenAccount {
        product_code: "current-gbp".to_owned(),
        country: None,
        nickname: None,
        holder: Some(holder),
        reason: Some(reason()),
    };
    let account = accounts::open(&app.bank, &system(app), command).await.unwrap().account;
    (account.id, account.number)
}

/// Opens an account of A with everybody on it who has to do with A.
async fn share(app: &App, people: &[(Who, Person)]) -> (AccountId, AccountNumber) {
    let user = |who| people.iter().find(|(one, _)| *one == who).expect("a person").1.user_id;
    let (account, number) = open(app, user(Who::Owner)).await;
    for (who, role) in [
        (Who::Joint, OwnerRole::JointAnySigns),
        (Who::Viewer, OwnerRole::AttorneyView),
        (Who::Payer, OwnerRole::AttorneyViewAndPay),
    ] {
        let command = AddOwner { account, user: user(who), role, reason: Some(reason()) };
        accounts::add_owner(&app.bank, &system(app), command).await.unwrap();
    }
    (account, number)
}

/// Makes an API key and returns its text.
pub async fn key(app: &App, owner: &Person, scopes: &[&str]) -> String {
    let body = json!({ "name": "a machine", "scopes": scopes, "expires_in_days": 30 });
    let made: Value = app.post("/api/v1/api-keys").by(owner).json(&body).send().await.expect(201).json();
    made["key"].as_str().unwrap().to_owned()
}
