//! What is a secret, or somebody's own, stays where it belongs: in sealed columns, and in answers to its owner.

use std::io;
use std::sync::{Arc, Mutex};

use bank::Role;
use bank::openbanking::Purpose;
use bank::openbanking::service::{pull_for_events, refresh_due};
use chrono::Duration;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use truelayer::simulator::{Fault, FaultKind};

use super::tokens::id;
use super::{BASE, Stage, WEBHOOK_SECRET};
use crate::identity::leaks::{dump, holds_none_of};

/// What the mock bank tells of a customer: texts, an IBAN's bank, a sort code. (Account numbers there look like our own.)
const READ: [&str; 8] = [
    "HARBOUR LETTINGS",
    "Corner Grocers",
    "CORNER GROCERS",
    "NORTHWIND",
    "BRIGHTSPARK",
    "Trattoria",
    "SIMB0406680",
    "01-21-31",
];

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Fails where something looks like one of the service's tokens: three parts of JSON in base64, or 64 hexadecimal capitals.
#[track_caller]
fn holds_no_token(text: &str) {
    assert!(!text.contains("eyJhbGci"), "a signed token");
    let is_hex = |letter: char| letter.is_ascii_digit() || ('A'..='F').contains(&letter);
    let runs = text.split(|letter| !is_hex(letter)).map(str::len).max().unwrap_or(0);
    assert!(runs < 64, "a refresh token");
}

#[tokio::test]
async fn nothing_of_it_stands_in_tables_logs_or_answers_to_others() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let app = &stage.app;
    app.run_jobs().await;
    // Failures speak, too: of a bank, of the service, of an answer that nobody can read.
    for (path, kind) in [
        ("/transactions", FaultKind::Refuse { status: 403, code: "access_denied".to_owned() }),
        ("/balance", FaultKind::Garbage),
        ("/connect/token", FaultKind::Refuse { status: 400, code: "invalid_grant".to_owned() }),
    ] {
        stage.simulator.control().add_fault(Fault { path: path.to_owned(), kind, count: 1 });
    }
    stage.advance(Duration::hours(7)).await;
    let _ = pull_for_events(&app.bank, id(&connection), Purpose::Scheduled).await;
    refresh_due(&app.bank).await.unwrap();
    app.run_jobs().await;

    let (tables, logged) = (dump(app).await, String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(tables.contains("tl1.") && logged.contains("truelayer"), "there is something to look at");
    for text in [&tables, &logged] {
        holds_none_of(text, &READ);
        holds_none_of(text, &[WEBHOOK_SECRET, "sandbox-demo-secret"]);
        holds_no_token(text);
    }

    let ada = app.sign_in(ada.user_id, &ada.email).await;
    let own = |rest: &str| format!("{BASE}/connections/{}{rest}", connection.as_str().unwrap());
    for path in [own(""), own("/accounts"), format!("{BASE}/connections"), format!("{BASE}/insights")] {
        let answer = app.get(&path).by(&ada).send().await.expect(200).text();
        holds_no_token(&answer);
        holds_none_of(&answer, &["10000001", "SIMB0406680", "01-21-31", "tl1.", "v1."]);
    }
    let auditor = app.staff(Role::Auditor).await;
    for path in [format!("{BASE}/token-stats"), "/api/v1/audit-log?limit=200".to_owned()] {
        let answer: Value = app.get(&path).by(&auditor).send().await.expect(200).json();
        holds_none_of(&answer.to_string(), &READ);
        holds_no_token(&answer.to_string());
    }
}
