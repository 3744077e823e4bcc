//! Commands that an operator runs beside the bank.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use axum::http::Method;
use bank::audit;
use ledger::seal::{Journal, SigningKey};
use serde_json::{Value, json};

use crate::harness::App;
use crate::people::{account, bank_app, customer, fund};
use crate::program::Folder;

/// Runs a command on the bank's database; returns its status and both of its outputs.
fn run(folder: &Folder, app: &App, arguments: &[&str]) -> (bool, String, String) {
    let mut command = folder.florin(arguments);
    command.env("DATABASE_URL", app.url());
    told(&mut command)
}

fn told(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.success(), text(stdout), text(stderr))
}

#[tokio::test]
async fn openapi_prints_the_document_that_is_served() {
    let app = App::new().await;
    let (done, printed, _) = told(&mut Folder::new().florin(&["openapi"]));
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    let served = app.request(Method::GET, "/api/openapi.json").send().await.expect(200).json();
    assert!(done);
    assert_eq!(printed["openapi"], "3.1.0");
    assert_eq!(printed["paths"], served["paths"]);
    assert_eq!(printed["components"], served["components"]);
}

#[tokio::test]
async fn the_simulator_runs_alone_and_says_where() {
    let arguments = ["simulate", "truelayer", "--auth-port", "0", "--api-port", "0", "--hooks-port", "0"];
    let mut simulator = Folder::new().florin(&arguments).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(simulator.stdout.take().expect("piped")).lines();
    let levers = said.find_map(|line| Some(line.expect("text").split_once("levers: ")?.1.to_owned()));
    let overview = reqwest::get(levers.expect("it says where")).await.expect("it answers");
    let overview: Value = serde_json::from_slice(&overview.bytes().await.expect("a body")).expect("JSON");
    let id = simulator.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    assert!(simulator.wait().expect("it ends").success(), "it stops when it is asked to");
    assert_eq!(overview["links"], json!([]));
}

#[tokio::test]
async fn doctor_is_content_with_a_bank_and_names_what_is_not_well() {
    let (app, folder) = (App::new().await, Folder::new());
    let (done, said, _) = run(&folder, &app, &["doctor"]);
    assert!(done, "{said}");
    for line in ["ok    database", "ok    schema", "ok    clock", "ok    disk"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let mut command = folder.florin(&["doctor"]);
    let (done, said, _) = told(command.env("DATABASE_URL", "postgres://florin@127.0.0.1:1/nowhere"));
    assert!(!done && said.contains("BAD   database"), "{said}");
    assert!(!said.contains("nowhere"), "a URL is not repeated: {said}");
}

#[tokio::test]
async fn the_ledger_is_exported_to_a_file_or_to_a_pipe() {
    let (app, folder) = (bank_app().await, Folder::new());
    let ada = customer(&app).await;
    let account = account(&app, &ada).await;
    fund(&app.bank, &account, 12_345).await;
    let (done, piped, said) = run(&folder, &app, &["ledger", "export"]);
    assert!(done && piped.contains("123.45 GBP"), "{piped}{said}");
    assert!(said.contains("1 movements"), "{said}");
    let (done, nothing, _) = run(&folder, &app, &["ledger", "export", "--output", "book.journal"]);
    assert!(done && nothing.is_empty());
    assert_eq!(std::fs::read_to_string(folder.path("book.journal")).expect("a file"), piped);
}

#[tokio::test]
async fn evidence_is_checked_without_the_database() {
    let (app, folder) = (bank_app().await, Folder::new());
    let ada = customer(&app).await;
    let account = account(&app, &ada).await;
    fund(&app.bank, &account, 1).await;
    let key = SigningKey::from_seed(&app.bank.settings.signing_key).expect("a key");
    let (db, now) = (&app.bank.db, app.bank.now());
    let mut signed = Vec::new();
    for _ in 0..2 {
        ledger::seal::seal::<Journal>(db, now).await.expect("sealed");
        signed.extend(ledger::seal::checkpoint::<Journal>(db, &key, None, now).await.expect("signed"));
        fund(&app.bank, &account, 1).await;
    }
    audit::seal(&app.bank).await.expect("sealed");
    audit::checkpoint(&app.bank, &key, None).await.expect("signed");

    let transfer: Value =
        serde_json::from_str(app.rows("ledger_transfers").await.lines().next().expect("one")).expect("JSON");
    let transfer: uuid::Uuid = transfer["id"].as_str().expect("an id").parse().expect("a UUID");
    let transfer = kernel::TransferId::from_uuid(transfer).to_string();
    let row: Value =
        serde_json::from_str(app.rows("audit_events").await.lines().next().expect("one")).expect("JSON");
    let row: uuid::Uuid = row["id"].as_str().expect("an id").parse().expect("a UUID");
    let row = kernel::AuditId::from_uuid(row).to_string();
    let public = key.verifying_key().to_string();
    let since = signed[0].seal_number.to_string();
    std::fs::write(folder.path("held.json"), json!(signed[0]).to_string()).expect("written");

    let shown: [(&[&str], &str); 3] = [
        (&["inclusion", &transfer], &transfer),
        (&["inclusion", &row], &row),
        (&["growth", "journal", "--since", &since], "everything up to position 1 is unchanged"),
    ];
    for (wanted, expected) in shown {
        let (done, evidence, said) = run(&folder, &app, &[&["evidence"], wanted].concat());
        assert!(done, "{said}");
        std::fs::write(folder.path("evidence.json"), &evidence).expect("written");
        let mut check = folder.florin(&[
            "evidence",
            "check",
            "evidence.json",
            "--key",
            &public,
            "--checkpoint",
            "held.json",
        ]);
        let (done, said, complaint) = told(&mut check);
        assert!(done && said.contains(expected), "{said}{complaint}");
        let stranger = "00".repeat(32);
        let mut check = folder.florin(&[
            "evidence",
            "check",
            "evidence.json",
            "--key",
            &stranger,
            "--checkpoint",
            "held.json",
        ]);
        let (done, _, complaint) = told(&mut check);
        assert!(!done && complaint.contains("no trusted key signed"), "{complaint}");
    }
    let (done, _, said) = run(&folder, &app, &["evidence", "inclusion", "acc_01k0z8r9tqe5mbd3v6n2j7x4hc"]);
    assert!(!done && said.contains("neither a transfer nor an audit row"), "{said}");
    let unknown = kernel::TransferId::from_uuid(uuid::Uuid::nil()).to_string();
    let (done, _, said) = run(&folder, &app, &["evidence", "inclusion", &unknown]);
    assert!(!done && said.contains("there is no such row"), "{said}");
}
