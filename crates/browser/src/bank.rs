//! The built program on the data of a demo, as a child process.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use bank::Role;
use database::testing::TestDatabase;
use serde::Deserialize;
use serde_json::{Value, json};

/// How long one code of an authenticator counts.
const STEP_SECONDS: i64 = 30;

/// Holds a bank that goes away with it.
pub struct Bank {
    child: Child,
    /// Where it answers.
    pub url: String,
    /// Where TrueLayer is simulated.
    simulator: String,
    sign_ins: Vec<SignIn>,
    /// How many codes of each person were used: none works twice.
    used: Mutex<HashMap<String, i64>>,
    folder: PathBuf,
    // Dropped last: it removes the database.
    _database: Option<TestDatabase>,
}

/// Holds what one person signs in with, as the demo writes it down.
#[derive(Clone, Debug, Deserialize)]
pub struct SignIn {
    /// What the person is.
    pub role: Role,
    /// The id.
    pub user_id: String,
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    totp_secret: Option<String>,
    /// The accounts, oldest first; staff has none.
    pub accounts: Vec<Account>,
}

/// Names one account of a customer.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The id.
    pub id: String,
    /// The number, without blanks.
    pub number: String,
    /// The currency's code.
    pub currency: String,
}

#[derive(Deserialize)]
struct Credentials {
    sign_ins: Vec<SignIn>,
}

impl Bank {
    /// Fills a bank with so many customers, on the engine that the environment asks for, and serves it.
    pub async fn start(customers: u16) -> Self {
        let database = match std::env::var_os("FLORIN_TEST_DATABASE_URL") {
            Some(_) => Some(database::testing::fresh().await),
            None => None,
        };
        let name = u64::from_be_bytes(kernel::Random::system().bytes());
        let folder = std::env::temp_dir().join(format!("florin-browser-{name:016x}"));
        std::fs::create_dir(&folder).expect("a folder");
        let mut command = Command::new(std::env::var_os("FLORIN_BIN").expect("FLORIN_BIN names the program"));
        command.args(["demo", "--customers", &customers.to_string(), "--credentials-file", "people.json"]);
        command.current_dir(&folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Other banks send customers back to an address that is known before the program listens.
        let address = free_address();
        command.envs([("FLORIN_ADDR", address.as_str()), ("FLORIN_METRICS_ADDR", "127.0.0.1:0")]);
        match &database {
            Some(database) => command.env("DATABASE_URL", database.url()),
            None => command.arg("--memory"),
        };
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (mut url, mut simulator) = (None, String::new());
        for line in lines.map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("listens on ") {
                url = Some(address.to_owned());
            } else if let Some((_, address)) = line.split_once("TrueLayer is simulated on ") {
                address.trim_end_matches('/').clone_into(&mut simulator);
            } else if line.contains("metrics on ") {
                break;
            }
        }
        let Some(url) = url else {
            panic!("the program did not start: {}", read(&folder.join("log")));
        };
        let Credentials { sign_ins } =
            serde_json::from_str(&read(&folder.join("people.json"))).expect("sign-ins");
        Self { child, url, simulator, sign_ins, used: Mutex::default(), folder, _database: database }
    }

    /// Returns the first person with a role.
    pub fn person(&self, role: Role) -> &SignIn {
        self.people(role).next().expect("somebody of each role")
    }

    /// Lists the people with a role, in the order in which they came.
    pub fn people(&self, role: Role) -> impl Iterator<Item = &SignIn> {
        self.sign_ins.iter().filter(move |person| person.role == role)
    }

    /// Returns a code that was not used yet: this step's, then the next one's. There is no third without waiting.
    pub fn next_code(&self, person: &SignIn) -> String {
        let secret = person.totp_secret.as_deref().expect("staff has a second factor");
        let secret = totp_rs::Secret::try_from_base32(secret).expect("base 32");
        let totp = totp_rs::Builder::new().with_secret(secret.as_bytes().to_vec()).build_noncompliant();
        let mut used = self.used.lock().expect("nobody panicked with it");
        let used = used.entry(person.email.clone()).or_default();
        let at = kernel::Clock::system().now().timestamp() + *used * STEP_SECONDS;
        assert!(*used < 2, "a third code of {} within a minute", person.email);
        *used += 1;
        totp.generate(at.unsigned_abs()).to_string()
    }

    /// Pulls one of the simulator's levers (`/sim`): `simulate("POST", "links/revoke", &body)`.
    pub fn simulate(&self, method: &str, lever: &str, body: &Value) -> Value {
        let path = format!("/sim/{lever}");
        call((&self.simulator, None), (method, path.trim_end_matches('/')), body)
    }

    /// Moves the sandbox's clock forward, as an administrator does over the API.
    pub fn advance(&self, days: i64) {
        let admin = self.person(Role::Admin);
        let body = json!({ "email": admin.email, "password": admin.password });
        let step = call((&self.url, None), ("POST", "/api/v1/auth/login"), &body);
        let body = json!({ "mfa_token": step["mfa_token"], "code": self.next_code(admin) });
        let signed_in = call((&self.url, None), ("POST", "/api/v1/auth/mfa"), &body);
        let token = signed_in["access_token"].as_str().expect("a token");
        let body = json!({ "advance_seconds": days * 86_400 });
        call((&self.url, Some(token)), ("POST", "/api/v1/sandbox/clock"), &body);
    }

    /// Reads what the program logged.
    pub fn log(&self) -> String {
        read(&self.folder.join("log"))
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        // Politely, so that a throw-away database goes with it.
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Calls a server on this machine, as somebody where there is a token, and returns the JSON of its answer.
fn call((url, token): (&str, Option<&str>), (method, path): (&str, &str), body: &Value) -> Value {
    let (address, body) = (url.trim_start_matches("http://"), body.to_string());
    let mut stream = TcpStream::connect(address).expect("a server that listens");
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{token}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {answer}"))
}

/// Finds an address that nobody listens on.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
