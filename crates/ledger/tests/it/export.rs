//! The export must be read and balanced by hledger, with the ledger's own totals.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use chrono::Duration;
use kernel::{AccountId, Currency, Money};
use ledger::export::{Exported, export};
use ledger::{Action, NewAccount, Posting, accounts};

use crate::books::Books;
use crate::stage::gbp;

/// Runs hledger over `journal`; none when it is not installed, which CI does not accept.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn hledger(journal: &str, arguments: &[&str]) -> Option<String> {
    let spawned = Command::new("hledger")
        .args(["-f", "-"])
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "hledger is not installed: apt-get install hledger"
        );
        eprintln!("skipped: hledger is not installed (apt-get install hledger)");
        return None;
    };
    child.stdin.take().unwrap().write_all(journal.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "hledger {arguments:?}: {errors}\n{journal}");
    Some(String::from_utf8(output.stdout).unwrap())
}

async fn exported(books: &Books) -> (String, Exported) {
    let mut bytes = Vec::new();
    let done = export(&books.database, &mut bytes, &mut |_| {}).await.unwrap();
    (String::from_utf8(bytes).unwrap(), done)
}

/// Opens accounts in a currency without decimals and one with three.
async fn open_in(books: &Books, currency: Currency) -> [AccountId; 2] {
    let tx = books.database.begin().await.unwrap();
    let now = books.clock.now();
    let cash = ledger::chart::system_account(&tx, ledger::ChartCode::Cash, currency, now).await.unwrap();
    let customer = AccountId::generate(now, &books.random);
    accounts::open(&tx, &NewAccount::customer_deposit(customer, currency), now).await.unwrap();
    tx.commit().await.unwrap();
    [cash, customer]
}

#[tokio::test]
async fn hledger_reads_the_export_and_finds_the_same_balances() {
    let books = Books::with_transfers(11).await;
    for (code, minor) in [("JPY", 1_500), ("KWD", 12_345)] {
        let currency: Currency = code.parse().unwrap();
        let [debit, credit] = open_in(&books, currency).await;
        books.act(Action::Post { debit, credit, amount: Money::new(minor, currency) }).await;
    }
    let [first, second] = books.customers;
    let expires_at = Some(books.clock.now() + Duration::days(3));
    let hold = |amount| Action::Hold { debit: first, credit: second, amount: gbp(amount), expires_at };
    let captured = books.act(hold(700)).await;
    books.act(Action::Capture { hold: captured, amount: Some(gbp(300)) }).await;
    books.act(hold(111)).await;
    let mut payment = books.make(Action::Post { debit: first, credit: second, amount: gbp(250) });
    payment.reference = "rent; March".to_owned();
    let payment = books.post(&Posting::SYSTEM, &[payment]).await.unwrap()[0].transfer.id;
    let reversal = books.act(Action::Reverse { transfer: payment }).await;

    let (journal, done) = exported(&books).await;
    assert!(
        journal.contains(&format!("\n2026-03-02 * ({payment}) test | rent, March\n    ; booked:2026-03-02T"))
    );
    assert!(journal.contains(&format!("\n2026-03-02 * ({reversal}) test\n    ; booked:2026-03-02T")));
    assert_eq!((done.accounts, done.transfers), (21, 16), "the holds themselves do not appear");
    let Some(checked) = hledger(&journal, &["check", "--strict"]) else { return };
    assert_eq!(checked, "");
    let balances = hledger(&journal, &["bal", "--flat", "--no-total", "-O", "csv"]).unwrap();
    let mut found: BTreeMap<String, String> = balances
        .lines()
        .skip(1)
        .map(|line| {
            let (account, amount) = line.split_once(',').unwrap();
            (account.trim_matches('"').to_owned(), amount.trim_matches('"').to_owned())
        })
        .collect();
    for (name, id) in [
        ("assets:cash:gbp".to_owned(), books.cash),
        (format!("liabilities:customers:{first}"), first),
        (format!("liabilities:customers:{second}"), second),
    ] {
        let account = accounts::find(books.database.read(), id).await.unwrap().unwrap();
        let minor = account.debits_posted_minor - account.credits_posted_minor;
        let sign = if minor < 0 { "-" } else { "" };
        let expected = format!("{sign}{}.{:02} GBP", minor.abs() / 100, minor.abs() % 100);
        assert_eq!(found.remove(&name).as_deref(), Some(expected.as_str()), "{name}");
    }
    assert_eq!(found.remove("assets:cash:jpy").as_deref(), Some("1500 JPY"));
    assert_eq!(found.remove("assets:cash:kwd").as_deref(), Some("12.345 KWD"));
    assert_eq!(found.len(), 2, "their customers: {found:?}");
    let total = hledger(&journal, &["bal", "--depth", "0", "-O", "csv"]).unwrap();
    assert!(total.contains("\"total\",\"0\""), "{total}");
}

#[tokio::test]
async fn an_export_is_the_same_every_time_and_an_empty_one_is_readable() {
    let books = Books::open().await;
    let (empty, _) = exported(&books).await;
    hledger(&empty, &["check", "--strict"]);
    books.pay(5).await;
    assert_eq!(exported(&books).await, exported(&books).await);
}
