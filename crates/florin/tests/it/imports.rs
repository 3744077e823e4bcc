//! A real bank's history, imported: every account-day closes as that bank recorded it.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bank::accounts::service as accounts;
use bank::imports::{self, ImportError};
use chrono::NaiveDate;
use kernel::AccountNumber;

use crate::harness::App;

/// Interest is rounded in the source: a day may differ by one koruna.
const TOLERANCE_MINOR: i64 = 100;

fn data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/berka");
    if root.join("trans.csv.gz").exists() {
        return Some(root);
    }
    let mut out = std::io::stdout();
    writeln!(out, "skipped: the Berka data is not beside the project").unwrap();
    None
}

/// Turns the data into the import's files with the developer's own command.
fn converted(source: &Path) -> (Vec<u8>, Vec<u8>) {
    let target = std::env::temp_dir()
        .join(format!("florin-berka-{:x}", u64::from_le_bytes(kernel::Random::system().bytes())));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "xtask", "--", "berka"])
        .args([source, &target])
        .current_dir(workspace)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let read = |name: &str| std::fs::read(target.join(name)).unwrap();
    let files = (read("accounts.csv"), read("transactions.csv"));
    std::fs::remove_dir_all(&target).unwrap();
    files
}

/// Returns, for each account and day, every balance that the bank recorded on it.
fn recorded(source: &Path) -> HashMap<(String, NaiveDate), HashSet<i64>> {
    let unpacked = Command::new("gzip").arg("-dc").arg(source.join("trans.csv.gz")).output().unwrap();
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let mut days: HashMap<(String, NaiveDate), HashSet<i64>> = HashMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(';').collect();
        let day = NaiveDate::parse_from_str(&format!("19{}", fields[2]), "%Y%m%d").unwrap();
        let minor: i64 = fields[6].replace('.', "").parse().unwrap();
        days.entry((format!("BERKA-{}", fields[1]), day)).or_default().insert(minor);
    }
    days
}

#[tokio::test]
async fn a_real_banks_history_closes_every_account_day_as_recorded() {
    let Some(source) = data() else { return };
    let (accounts_file, transactions_file) = converted(&source);
    let app = App::new().await;
    let batch = imports::read(&accounts_file[..], &transactions_file[..]).unwrap();
    let done = imports::service::run(&app.bank, &batch, |_| ()).await.unwrap();
    assert_eq!((done.accounts_opened, done.booked), (591, 22_927));
    let again = imports::service::run(&app.bank, &batch, |_| ()).await.unwrap();
    assert_eq!((again.accounts_known, again.known, again.booked), (591, 22_927, 0), "nothing twice");
    let days = recorded(&source);
    let numbers: Vec<AccountNumber> = batch.accounts.iter().map(|line| line.number.clone()).collect();
    let connection = app.bank.db.latest();
    let known = accounts::find_by_numbers(connection, &numbers).await.unwrap();
    let closings = closings(&app, &known).await;
    for ((number, day), balances) in &days {
        let closing = closings[&(number.clone(), *day)];
        let near = balances.iter().any(|recorded| (recorded - closing).abs() <= TOLERANCE_MINOR);
        assert!(near, "{number} on {day}: {closing}, recorded {balances:?}");
    }
    assert!(days.len() > 10_000, "{} account-days", days.len());
    let options = ledger::verify::VerifyOptions::default();
    let report = ledger::verify(&app.bank.db, &options, &mut |_| ()).await.unwrap();
    assert!(report.passed(), "{:?}", report.faults);
}

/// Sums each account's entries by the day on which they count, and keeps each day's closing balance.
async fn closings(
    app: &App,
    known: &HashMap<AccountNumber, accounts::NumberedAccount>,
) -> HashMap<(String, NaiveDate), i64> {
    use ledger::entry::ledger_entry::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let mut closings = HashMap::new();
    for account in known.values() {
        let entries = Entity::find().filter(Column::AccountId.eq(account.id));
        let mut entries = entries.all(app.bank.db.latest()).await.unwrap();
        entries.sort_by_key(|entry| (entry.effective_on, entry.sequence));
        let mut balance = 0;
        for entry in entries {
            let sign = if entry.direction == ledger::Direction::Credit { 1 } else { -1 };
            balance += sign * entry.amount_minor;
            closings.insert((account.number.to_string(), entry.effective_on), balance);
        }
    }
    closings
}

#[tokio::test]
async fn nothing_is_written_when_a_line_is_wrong() {
    let app = App::new().await;
    let accounts_file =
        "account,product,owner\nA-1,current-gbp,ann@example.com\nA-2,no-such,bob@example.com\n";
    let transactions = "account,date,direction,amount,currency,kind,counterparty,reference,external_id\n\
        A-1,2026-01-05,credit,10.00,EUR,cash,,,1\nA-9,2026-01-05,credit,10.00,GBP,cash,,,2\n";
    let batch = imports::read(accounts_file.as_bytes(), transactions.as_bytes()).unwrap();
    let Err(ImportError::Faults(faults)) = imports::service::run(&app.bank, &batch, |_| ()).await else {
        panic!("faults expected");
    };
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("accounts line 3: product"), "{told:?}");
    assert!(told[1].starts_with("transactions line 2: currency"), "{told:?}");
    assert!(told[2].starts_with("transactions line 3: account"), "{told:?}");
    let number: AccountNumber = "A-1".parse().unwrap();
    assert!(accounts::find_by_numbers(app.bank.db.latest(), &[number]).await.unwrap().is_empty());
}
