//! The bank in this process, reached through its router without a socket.

mod clerks;
mod errors;
mod people;

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bank::settings::MailSettings;
use bank::web::Limits;
use bank::{Bank, Caller, Role, Settings};
use database::testing::TestDatabase;
use database::{Database, Options};
use kernel::{Actor, Clock, Random, RequestId, Secret, UserId};
use sea_orm::{ConnectionTrait as _, DbErr, Statement};
use serde::Serialize;
use serde_json::Value;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use clerks::{Clerk, key_of, token_of};
pub use people::{PASSWORD, Person};

/// The instant at which every test begins: a Monday, 09:00 in London.
pub const START: &str = "2026-03-02T09:00:00Z";

/// Holds a bank on a fresh database, with a fixed clock and repeatable chance.
pub struct App {
    pub bank: Bank,
    pub document: OpenApi,
    router: Router,
    mail: PathBuf,
    leaves_jobs: Cell<bool>,
    // Dropped last: it removes the database.
    database: Arc<TestDatabase>,
}

impl App {
    /// Opens a bank with the settings of [`settings`].
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Opens a bank after `change` had its way with the settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::build(change, bank::router::build).await
    }

    /// Opens a bank that has routes of the test's own instead of the slices', under `/api/v1`.
    pub async fn with_routes(
        routes: OpenApiRouter<Bank>,
        limits: Limits,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        Self::build(change, |bank| {
            let slices = bank::web::Slices::without_pages(routes);
            bank::web::assemble(bank, slices, limits, bank::identity::authenticate)
        })
        .await
    }

    async fn build(
        change: impl FnOnce(&mut Settings),
        router: impl FnOnce(&Bank) -> (Router, OpenApi),
    ) -> Self {
        let database = Arc::new(database::testing::fresh().await);
        let clock = Clock::fixed(START.parse().unwrap());
        Self::on(database, clock, change, router)
    }

    /// Starts another node on the same database, with the same clock and settings of its own.
    pub fn node(&self, change: impl FnOnce(&mut Settings)) -> Self {
        Self::on(self.database.clone(), self.bank.clock.clone(), change, bank::router::build)
    }

    fn on(
        database: Arc<TestDatabase>,
        clock: Clock,
        change: impl FnOnce(&mut Settings),
        router: impl FnOnce(&Bank) -> (Router, OpenApi),
    ) -> Self {
        errors::Errors::show();
        let mail = std::env::temp_dir().join(format!("florin-mail-{}", unique()));
        std::fs::create_dir(&mail).unwrap();
        let mut settings = settings(mail.clone());
        change(&mut settings);
        // The nodes of one bank must not draw the same ids.
        let random = Random::seeded(20_260_302 + Arc::strong_count(&database) as u64);
        let bank = Bank::new((**database).clone(), clock, random, Arc::new(settings)).unwrap();
        let (router, document) = router(&bank);
        Self { bank, document, router, mail, leaves_jobs: Cell::new(false), database }
    }

    /// Returns the database's URL, for a program beside this one.
    pub fn url(&self) -> &str {
        self.database.url()
    }

    /// Says that the test is not about the jobs it leaves behind.
    pub fn leaves_jobs(&self) {
        self.leaves_jobs.set(true);
    }

    /// Makes a caller of a role, a new person each time, for [`Call::extension`] or a service function.
    pub fn caller(&self, role: Role) -> Caller {
        let user = UserId::generate(self.bank.now(), &self.bank.random);
        Caller {
            actor: if role.is_staff() { Actor::Staff(user) } else { Actor::Customer(user) },
            user_id: Some(user),
            session_id: None,
            request_id: RequestId::generate(self.bank.now(), &self.bank.random),
            permissions: role.permissions(),
            address: None,
        }
    }

    /// Begins a request: `app.request(Method::POST, "/api/v1/transfers").json(&body).send().await`.
    pub fn request(&self, method: Method, path: &str) -> Call<'_> {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        Call { app: self, request }.from_address("192.0.2.10")
    }

    /// Begins a `GET`.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.request(Method::GET, path)
    }

    /// Begins a `POST`.
    pub fn post(&self, path: &str) -> Call<'_> {
        self.request(Method::POST, path)
    }

    /// Runs every job that is due, one after the other; a job that fails fails the test.
    pub async fn run_jobs(&self) {
        let ran = bank::jobs::run_due(&self.bank, &bank::work::registry()).await.unwrap();
        assert_eq!((ran.failed, ran.dead), (0, 0), "{ran:?}");
    }

    /// Answers on a port of this machine as well, for what calls us; returns where.
    pub async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        url
    }

    /// Lists the messages that left so far, in the order of their file names, as they stand.
    pub fn mails(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.mail).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.mail));
        let is_last = Arc::strong_count(&self.database) == 1;
        if is_last && !self.leaves_jobs.get() && !std::thread::panicking() {
            let left = queued(self.url().to_owned());
            assert!(left.is_empty(), "jobs are left: {left:?}; run them, or say app.leaves_jobs()");
        }
    }
}

/// Lists the jobs that wait, from a thread of its own: the test's runtime is ending.
fn queued(url: String) -> Vec<String> {
    let work = async move {
        let db = Database::connect(&Options::new(url)).await?;
        let sql = "select kind from jobs where state in ('queued', 'running') order by kind";
        let statement = Statement::from_string(db.read().get_database_backend(), sql);
        let rows = db.read().query_all_raw(statement).await?;
        db.close().await;
        rows.iter().map(|row| row.try_get("", "kind")).collect::<Result<Vec<String>, DbErr>>()
    };
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work).unwrap()
    });
    thread.join().unwrap()
}

/// Takes development settings with secrets that are the same in every test, and limits out of the way.
fn settings(mail: PathBuf) -> Settings {
    let mut settings = Settings::development(MailSettings::Folder(mail));
    settings.jwt_secrets = vec![Secret::new("a secret of at least 32 bytes, for tests only".to_owned())];
    settings.password_cost = bank::settings::PasswordCost::cheap();
    settings.encryption_keys = vec![Secret::new(vec![7; 32])];
    settings.signing_key = Secret::new(vec![9; 32]);
    settings.rate_limits = bank::settings::RateLimits {
        sign_in: 10_000,
        read: 100_000,
        write: 100_000,
        expensive: 10_000,
        bank_link: 10_000,
        bank_data: 10_000,
    };
    settings
}

fn unique() -> String {
    let bytes: [u8; 8] = Random::system().bytes();
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// Holds a request that is not sent yet.
pub struct Call<'a> {
    app: &'a App,
    request: Request<Body>,
}

impl Call<'_> {
    /// Signs the request with an access token or an API key.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a cookie beside those already there.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        let mut cookies = match self.request.headers().get(header::COOKIE) {
            Some(earlier) => format!("{}; ", earlier.to_str().unwrap()),
            None => String::new(),
        };
        cookies.extend([name, "=", value]);
        self.request.headers_mut().insert(header::COOKIE, cookies.parse().unwrap());
        self
    }

    /// Sends the key with which the request may be repeated.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Adds a header line.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, value.parse().unwrap());
        self
    }

    /// Sends `value` as JSON.
    pub fn json(self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap();
        self.header("content-type", "application/json").body(body)
    }

    /// Sends these bytes.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// Comes from another machine than `192.0.2.10`.
    #[expect(clippy::wrong_self_convention, reason = "it reads as what it does")]
    pub fn from_address(mut self, address: &str) -> Self {
        let address: IpAddr = address.parse().unwrap();
        self.request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 50_000))));
        self
    }

    /// Puts something into the request as a layer would: a `Caller`, before anybody can sign in.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.request.extensions_mut().insert(value);
        self
    }

    /// Sends the request and takes the whole answer.
    pub async fn send(self) -> Answer {
        let response = self.app.router.clone().oneshot(self.request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, bytes: bytes.to_vec() }
    }
}

/// Holds what came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Reads the body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// Reads the body as JSON; anything else fails the test with the text.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Returns a header's text, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Fails the test with the body unless the status is `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Fails the test unless this is a problem with that status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["code"], code, "{}", answer.text());
        answer
    }
}
