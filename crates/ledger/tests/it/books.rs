//! Books for the proofs: a small ledger, and the hand of somebody who may do anything to its tables.

use std::ops::Deref;

use chrono::Duration;
use database::{Database, Engine};
use kernel::{AccountId, Random, Secret, TransferId};
use ledger::seal::{Checkpoint, Journal, SigningKey, checkpoint, seal};
use ledger::verify::{FaultKind, Report, VerifyOptions};
use ledger::{Action, Posting};
use sea_orm::ConnectionTrait;

use crate::stage::{Stage, gbp};

/// Holds a ledger with a till and two customers, and a folder for checkpoints.
pub(crate) struct Books {
    stage: Stage,
    pub(crate) customers: [AccountId; 2],
    pub(crate) directory: std::path::PathBuf,
}

impl Deref for Books {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Books {
    /// Opens the accounts.
    pub(crate) async fn open() -> Self {
        let stage = Stage::new().await;
        let customers = [stage.account(0).await, stage.account(0).await];
        let name: [u8; 8] = Random::system().bytes();
        let directory = std::env::temp_dir().join(format!("florin-proof-{}", hex::encode(name)));
        Self { stage, customers, directory }
    }

    /// Opens the accounts and posts `count` deposits and payments.
    pub(crate) async fn with_transfers(count: u32) -> Self {
        let books = Self::open().await;
        books.pay(count).await;
        books
    }

    /// Posts `count` movements, each in its own transaction, a second apart.
    pub(crate) async fn pay(&self, count: u32) {
        for index in 0..count {
            let [first, second] = self.customers;
            let (debit, credit, amount) = match index % 3 {
                0 => (self.cash, first, 10_000),
                1 => (first, second, 2_500),
                _ => (second, first, 1_000),
            };
            self.act(Action::Post { debit, credit, amount: gbp(amount) }).await;
        }
    }

    /// Does one thing, a second later.
    pub(crate) async fn act(&self, action: Action) -> TransferId {
        self.clock.advance(Duration::seconds(1));
        let new = self.make(action);
        self.post(&Posting::SYSTEM, &[new]).await.unwrap()[0].transfer.id
    }

    /// Seals what is there.
    pub(crate) async fn seal(&self) -> ledger::seal::Sealed {
        seal::<Journal>(&self.database, self.clock.now()).await.unwrap()
    }

    /// Seals and signs, in the database and outside; returns the checkpoint unless there is nothing new.
    pub(crate) async fn sign(&self) -> Option<Checkpoint> {
        self.seal().await;
        let (directory, now) = (Some(self.directory.as_path()), self.clock.now());
        checkpoint::<Journal>(&self.database, &key(), directory, now).await.unwrap()
    }

    /// Finds the transfer at a place in the journal.
    pub(crate) async fn transfer_at(&self, position: i64) -> TransferId {
        let sql = format!("select id from ledger_transfers where position = {position}");
        let statement = sea_orm::Statement::from_string(self.database.read().get_database_backend(), sql);
        let row = self.database.read().query_one_raw(statement).await.unwrap().expect("a transfer");
        row.try_get("", "id").unwrap()
    }

    /// Verifies against both sources of checkpoints.
    pub(crate) async fn verify(&self) -> Report {
        self.verify_with(&self.options()).await
    }

    pub(crate) async fn verify_with(&self, options: &VerifyOptions) -> Report {
        ledger::verify(&self.database, options, &mut |_| {}).await.unwrap()
    }

    pub(crate) fn options(&self) -> VerifyOptions {
        VerifyOptions {
            checkpoint_directory: Some(self.directory.clone()),
            trusted_keys: vec![key().verifying_key()],
        }
    }

    /// Does what only a superuser can: runs SQL with every trigger out of the way.
    pub(crate) async fn attack(&self, statements: &[&str]) {
        attack(&self.database, statements).await;
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&Secret::new(vec![7; 32])).unwrap()
}

/// Runs SQL with every trigger out of the way.
pub(crate) async fn attack(database: &Database, statements: &[&str]) {
    let tx = database.begin().await.unwrap();
    match database.engine() {
        Engine::Postgres => {
            tx.execute_unprepared("set local session_replication_role = replica").await.unwrap();
        }
        Engine::Sqlite => {
            let sql = "select name from sqlite_master where type = 'trigger'";
            let triggers = sea_orm::Statement::from_string(tx.get_database_backend(), sql);
            for row in tx.query_all_raw(triggers).await.unwrap() {
                let name: String = row.try_get("", "name").unwrap();
                tx.execute_unprepared(&format!("drop trigger {name}")).await.unwrap();
            }
        }
    }
    for statement in statements {
        let done = tx.execute_unprepared(statement).await.unwrap();
        assert!(done.rows_affected() > 0 || statement.starts_with("create"), "touched nothing: {statement}");
    }
    tx.commit().await.unwrap();
}

/// Returns the sorts of fault and, where there is one, the first place.
pub(crate) fn found(report: &Report) -> Vec<(FaultKind, Option<i64>)> {
    report.faults.iter().map(|fault| (fault.kind, fault.position)).collect()
}
