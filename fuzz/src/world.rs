//! A bank with one customer who has two accounts and money in them, on a throw-away database.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use bank::settings::{MailSettings, PasswordCost, RateLimits};
use bank::{Bank, Caller, Role, Settings};
use kernel::{AccountId, Actor, Clock, Currency, Money, Random, RequestId, Secret, TransferId, UserId};
use ledger::{Action, ChartCode, NewTransfer, Posting, chart};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// What the customer owns on the first day, in pence.
const WEALTH: i64 = 2_000_000_000;
/// How many requests pass between two looks at the sums.
const LOOK: u64 = 500;

static WORLD: LazyLock<World> = LazyLock::new(World::make);

/// Holds the bank; there is one in the process.
pub struct World {
    pub accounts: [AccountId; 2],
    runtime: Runtime,
    bank: Bank,
    router: Router,
    customer: Caller,
    asked: AtomicU64,
    _database: database::testing::TestDatabase,
}

impl World {
    /// Lends the one bank.
    pub fn get() -> &'static Self {
        &WORLD
    }

    /// Sends a request as the customer, each with a key of its own, and returns the status.
    pub fn ask(&self, method: Method, path: &str, body: &[u8]) -> u16 {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", format!("fuzz-{number}"))
            .body(Body::from(body.to_vec()))
            .expect("a request");
        self.runtime.block_on(self.send(request, self.customer.clone())).0
    }

    /// Looks, now and then, whether all that the customer owned is still the customer's.
    pub fn still_balances(&self) {
        if !self.asked.load(Ordering::Relaxed).is_multiple_of(LOOK) {
            return;
        }
        let sums = self.accounts.map(|id| {
            let found = self.runtime.block_on(ledger::accounts::find(self.bank.db.primary(), id));
            found.expect("readable").expect("an account").balance().ledger.minor()
        });
        assert_eq!(sums.iter().sum::<i64>(), WEALTH, "{sums:?}");
        assert!(sums.iter().all(|sum| *sum >= 0), "{sums:?}");
    }

    fn make() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let database = runtime.block_on(database::testing::fresh());
        let clock = Clock::fixed("2026-03-02T09:00:00Z".parse().expect("an instant"));
        let bank = Bank::new((*database).clone(), clock, Random::seeded(1), std::sync::Arc::new(settings()));
        let bank = bank.expect("a bank");
        let router = bank::router::build(&bank).0;
        let [customer, compliance] =
            [Role::Customer, Role::Compliance].map(|role| runtime.block_on(person(&bank, role)));
        let mut world = Self {
            accounts: [AccountId::from_uuid(uuid::Uuid::nil()); 2],
            runtime,
            bank,
            router,
            customer,
            asked: AtomicU64::new(0),
            _database: database,
        };
        world.furnish(&compliance);
        world
    }

    /// Verifies the customer, opens both accounts and pays cash into them.
    fn furnish(&mut self, compliance: &Caller) {
        self.runtime.block_on(bank::accounts::service::offer_currencies(&self.bank)).expect("currencies");
        let user = self.customer.user_id.expect("a user");
        let body = r#"{"level":1,"reason":"passport seen"}"#;
        self.runtime.block_on(self.post(&format!("users/{user}/kyc-level"), body, compliance.clone()));
        for index in 0..2 {
            let body = r#"{"product":"current-gbp"}"#;
            let account = self.runtime.block_on(self.post("accounts", body, self.customer.clone()));
            self.accounts[index] = account["id"].as_str().expect("an id").parse().expect("an id");
            self.runtime.block_on(self.fund(self.accounts[index]));
        }
    }

    async fn post(&self, path: &str, body: &str, caller: Caller) -> Value {
        let request = Request::post(format!("/api/v1/{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        let (status, bytes) = self.send(request, caller).await;
        assert!(status < 300, "{path}: {status}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).expect("JSON")
    }

    async fn send(&self, mut request: Request<Body>, caller: Caller) -> (u16, Vec<u8>) {
        request.extensions_mut().insert(caller);
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 10], 50_000))));
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, bytes.to_vec())
    }

    async fn fund(&self, account: AccountId) {
        let till = chart::account_id(ChartCode::Cash, Currency::GBP);
        let amount = Money::new(WEALTH / 2, Currency::GBP);
        let id = TransferId::generate(self.bank.now(), &self.bank.random);
        let new = NewTransfer::new(id, Action::Post { debit: till, credit: account, amount }, "fuzz");
        let tx = self.bank.db.begin().await.expect("a transaction");
        self.bank.ledger.post(&tx, &Posting::SYSTEM, &[new]).await.expect("cash");
        tx.commit().await.expect("committed");
    }
}

/// Makes a user with one role, without a way to sign in.
async fn person(bank: &Bank, role: Role) -> Caller {
    let user = UserId::generate(bank.now(), &bank.random);
    let kind = if role.is_staff() { "staff" } else { "customer" };
    let sql = "
insert into users (
  id, kind, email, email_key, full_name, search_key, status, password_hash, password_changed_at,
  created_at, updated_at
)
values ($1, $2, $3, $3, 'Ada', 'ada', 'active', 'none', $4, $4, $4)";
    let values = [user.into(), kind.into(), format!("{user}@example.test").into(), bank.now().into()];
    let roles = "insert into user_roles (user_id, role) values ($1, $2)";
    let tx = bank.db.begin().await.expect("a transaction");
    let backend = tx.get_database_backend();
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.expect("a user");
    let values = [user.into(), role.as_str().into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, roles, values)).await.expect("a role");
    tx.commit().await.expect("committed");
    Caller {
        actor: if role.is_staff() { Actor::Staff(user) } else { Actor::Customer(user) },
        user_id: Some(user),
        session_id: None,
        request_id: RequestId::generate(bank.now(), &bank.random),
        permissions: role.permissions(),
        address: None,
    }
}

fn settings() -> Settings {
    let mut settings = Settings::development(MailSettings::Folder(std::env::temp_dir()));
    settings.jwt_secrets = vec![Secret::new("a secret of at least 32 bytes, for the fuzzer only".to_owned())];
    settings.password_cost = PasswordCost::cheap();
    settings.encryption_keys = vec![Secret::new(vec![7; 32])];
    settings.signing_key = Secret::new(vec![9; 32]);
    let most = u32::MAX;
    settings.rate_limits = RateLimits {
        sign_in: most,
        read: most,
        write: most,
        expensive: most,
        bank_link: most,
        bank_data: most,
    };
    settings
}
