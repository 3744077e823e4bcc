//! The backup drill: taken while money moves, restored elsewhere, proved before it replaces anything.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bank::Bank;
use bank::audit::AuditLog;
use bank::settings::MailSettings;
use database::testing::TestDatabase;
use database::{Database, Engine, Options, copies};
use kernel::{AccountId, Clock, Currency, Money, Random, Secret, TransferId};
use ledger::seal::{Journal, SigningKey};
use ledger::transfer::Action;
use ledger::{ChartCode, NewAccount, NewTransfer, Posting, Submission};
use sea_orm::ConnectionTrait as _;
use tokio_util::sync::CancellationToken;

use crate::program::Folder;

const SIGNING_KEY: [u8; 32] = [9; 32];

/// Holds a bank with two accounts, and a folder for what leaves its database.
struct Drill {
    folder: Folder,
    bank: Bank,
    accounts: (AccountId, AccountId),
    database: TestDatabase,
}

impl Drill {
    async fn new() -> Self {
        let folder = Folder::new();
        let database = database::testing::fresh().await;
        let mut settings = bank::Settings::development(MailSettings::Folder(folder.path("mail")));
        settings.jwt_secrets = vec![Secret::new("a secret of at least 32 bytes, for tests only".to_owned())];
        settings.encryption_keys = vec![Secret::new(vec![7; 32])];
        settings.signing_key = Secret::new(SIGNING_KEY.to_vec());
        let db = (*database).clone();
        let bank = Bank::new(db, Clock::system(), Random::system(), Arc::new(settings)).unwrap();
        let accounts = open_accounts(&bank).await;
        Self { folder, bank, accounts, database }
    }

    /// Posts one transfer and returns when it is acknowledged.
    async fn pay(&self) {
        pay(&self.bank, self.accounts).await;
    }

    /// Seals both chains and writes signed checkpoints into the folder, as the jobs do.
    async fn checkpoint(&self) {
        let key = SigningKey::from_seed(&self.bank.settings.signing_key).unwrap();
        let (db, now, path) = (&self.bank.db, self.bank.now(), self.folder.path("checkpoints"));
        std::fs::create_dir_all(&path).unwrap();
        ledger::seal::seal::<Journal>(db, now).await.unwrap();
        ledger::seal::seal::<AuditLog>(db, now).await.unwrap();
        ledger::seal::checkpoint::<Journal>(db, &key, Some(&path), now).await.unwrap();
    }

    /// Returns the program on this bank's database, with its keys.
    fn florin(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.florin(arguments);
        command
            .env("DATABASE_URL", self.database.url())
            .env("FLORIN_CHECKPOINT_DIR", self.folder.path("checkpoints"))
            .env("FLORIN_SIGNING_KEY", hex::encode(SIGNING_KEY));
        command
    }

    /// Returns the URL of a database that does not exist yet, on the same engine.
    fn elsewhere(&self) -> String {
        match self.bank.db.engine() {
            Engine::Sqlite => format!("sqlite:{}", self.folder.path("elsewhere.db").display()),
            Engine::Postgres => self.database.url().replacen('?', "_elsewhere?", 1),
        }
    }

    /// Drops what [`Self::elsewhere`] names from the server of the tests.
    async fn clean(&self) {
        let Ok(server) = std::env::var("FLORIN_TEST_DATABASE_URL") else { return };
        let name = self.elsewhere();
        let name = name.split('?').next().and_then(|url| url.rsplit('/').next()).unwrap().to_owned();
        let server = copies::Server::connect(&server).await.unwrap();
        server.remove(&name).await.unwrap();
        server.remove(&format!("{name}_restoring")).await.unwrap();
    }
}

async fn open_accounts(bank: &Bank) -> (AccountId, AccountId) {
    let tx = bank.db.begin().await.unwrap();
    let cash = ledger::chart::system_account(&tx, ChartCode::Cash, Currency::GBP, bank.now()).await.unwrap();
    let id = AccountId::generate(bank.now(), &bank.random);
    let deposit = NewAccount::customer_deposit(id, Currency::GBP);
    ledger::accounts::open(&tx, &deposit, bank.now()).await.unwrap();
    tx.commit().await.unwrap();
    (cash, id)
}

async fn pay(bank: &Bank, (debit, credit): (AccountId, AccountId)) {
    let amount = Money::new(125, Currency::GBP);
    let id = TransferId::generate(bank.now(), &bank.random);
    let transfer = NewTransfer::new(id, Action::Post { debit, credit, amount }, "cash_deposit");
    let submission = Submission::new(Posting::SYSTEM, vec![vec![transfer]]);
    bank.ledger.submit(submission).await.unwrap();
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().expect("the program runs")).await.unwrap()
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(why), "{why:?} is not in: {said}");
}

/// Turns one bit in the middle of a file.
fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_backup_taken_while_money_moves_restores_everything_acknowledged_before() {
    let drill = Drill::new().await;
    for _ in 0..20 {
        drill.pay().await;
    }
    drill.checkpoint().await;

    let (acknowledged, stop) = (Arc::new(AtomicU64::new(20)), CancellationToken::new());
    let load = {
        let (bank, accounts) = (drill.bank.clone(), drill.accounts);
        let (acknowledged, stop) = (acknowledged.clone(), stop.clone());
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                pay(&bank, accounts).await;
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    while acknowledged.load(Ordering::Relaxed) < 40 {
        tokio::task::yield_now().await;
    }
    let before = acknowledged.load(Ordering::Relaxed);
    succeeded(&output(drill.florin(&["backup", "copy"])).await);
    let after = acknowledged.load(Ordering::Relaxed);
    stop.cancel();
    load.await.unwrap();
    assert!(after > before, "money moved meanwhile");

    let mut restore = drill.florin(&["restore", "copy"]);
    restore.env("DATABASE_URL", drill.elsewhere());
    let said = succeeded(&output(restore).await);
    assert!(said.contains("ledger: passed") && said.contains("audit: passed"), "{said}");
    assert!(
        said.contains("1 checkpoints agree, 1 of them from files") || said.contains("2 checkpoints agree"),
        "{said}"
    );

    let restored = Database::connect(&Options::new(drill.elsewhere())).await.unwrap();
    let report =
        ledger::verify(&restored, &ledger::verify::VerifyOptions::default(), &mut |_| ()).await.unwrap();
    assert!(report.passed(), "{:?}", report.faults);
    assert!((before..=after + 1).contains(&report.chain.rows), "{before} {} {after}", report.chain.rows);
    restored.close().await;
    drill.clean().await;
}

#[tokio::test]
async fn a_changed_cut_or_foreign_backup_is_refused_and_nothing_is_replaced() {
    let drill = Drill::new().await;
    drill.pay().await;
    drill.checkpoint().await;
    let folder = drill.folder.path("copy");
    succeeded(&output(drill.florin(&["backup", "copy"])).await);
    refused(&output(drill.florin(&["backup", "copy"])).await, "exists already");
    let elsewhere = |key: &str| {
        let mut restore = drill.florin(&["restore", "copy"]);
        restore.env("DATABASE_URL", drill.elsewhere()).env("FLORIN_SIGNING_KEY", key);
        restore
    };
    let key = hex::encode(SIGNING_KEY);

    refused(&output(elsewhere(&hex::encode([8; 32]))).await, "checkpoint_forged");
    let name = if drill.bank.db.engine() == Engine::Sqlite { "florin.db" } else { "florin.pgdump" };
    flip(&folder.join(name));
    refused(&output(elsewhere(&key)).await, "its checksum differs");
    flip(&folder.join(name));
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let newer = manifest.replace("\"m0001_ledger\"", "\"m0001_ledger\", \"m9999_future\"");
    std::fs::write(folder.join("manifest.json"), newer).unwrap();
    refused(&output(elsewhere(&key)).await, "m9999_future");
    let outside = manifest.replace(name, "../checkpoints/journal");
    std::fs::write(folder.join("manifest.json"), outside).unwrap();
    refused(&output(elsewhere(&key)).await, "outside the backup");
    std::fs::write(folder.join("manifest.json"), &manifest).unwrap();
    std::fs::remove_dir_all(folder.join("checkpoints")).unwrap();
    refused(&output(elsewhere(&key)).await, "cannot be read");
    if drill.bank.db.engine() == Engine::Sqlite {
        assert!(!drill.folder.path("elsewhere.db").exists(), "nothing was put in place");
        assert!(!drill.folder.path("elsewhere.restoring").exists(), "nothing was left behind");
    }
    drill.clean().await;
}

#[tokio::test]
async fn a_backup_of_a_wrong_ledger_is_refused_by_the_proof() {
    let drill = Drill::new().await;
    drill.pay().await;
    let tamper =
        "update ledger_accounts set credits_posted_minor = credits_posted_minor + 1 where kind = 'liability'";
    drill.bank.db.primary().execute_unprepared(tamper).await.unwrap();
    succeeded(&output(drill.florin(&["backup", "copy"])).await);
    refused(&output(drill.florin(&["restore", "copy", "--verify-only"])).await, "balance_wrong");
    refused(&output(drill.florin(&["ledger", "verify"])).await, "balance_wrong");
}

#[tokio::test]
async fn a_database_that_holds_data_or_is_in_use_is_not_replaced() {
    let drill = Drill::new().await;
    drill.pay().await;
    succeeded(&output(drill.florin(&["backup", "copy"])).await);
    refused(&output(drill.florin(&["restore", "copy"])).await, "holds data");
    refused(&output(drill.florin(&["restore", "copy", "--replace"])).await, "in use");
    drill.pay().await;

    if drill.bank.db.engine() == Engine::Sqlite {
        drill.bank.ledger.stop().await;
        drill.bank.db.clone().close().await;
        let said = succeeded(&output(drill.florin(&["restore", "copy", "--replace"])).await);
        assert!(said.contains("is kept as"), "{said}");
        let said = succeeded(&output(drill.florin(&["ledger", "verify"])).await);
        assert!(said.contains("2 accounts, 1 transfers"), "the second payment came after the backup: {said}");
    }
    drill.clean().await;
}
