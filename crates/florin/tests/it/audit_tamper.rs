//! The audit log against somebody who may do anything to the database: every change is found at its row.

use bank::audit::{self, Event, Subject};
use bank::{Bank, Caller};
use database::Engine;
use kernel::{RequestId, Secret};
use ledger::seal::SigningKey;
use ledger::verify::FaultKind::{
    self, ChainRewritten, CheckpointMissing, RowChanged, RowInserted, RowMissing, TailCut, Unreadable,
};
use ledger::verify::VerifyOptions;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::harness::App;

/// Holds a bank, and the folder that its checkpoints are written to.
struct Log {
    app: App,
    directory: std::path::PathBuf,
}

impl Log {
    /// Writes `rows` rows.
    async fn with(rows: u32) -> Self {
        let app = App::new().await;
        let name: [u8; 8] = kernel::Random::system().bytes();
        let directory = std::env::temp_dir().join(format!("florin-audit-{}", u64::from_be_bytes(name)));
        let log = Self { app, directory };
        log.write(rows).await;
        log
    }

    fn bank(&self) -> &Bank {
        &self.app.bank
    }

    async fn write(&self, rows: u32) {
        for row in 0..rows {
            let bank = self.bank();
            let request_id = RequestId::generate(bank.now(), &bank.random);
            let caller = Caller::system(request_id);
            let event = Event::new("account.freeze", Subject::new("account", row))
                .change(json!({"status": "open", "limits": [1, 2]}), json!({"z": null, "status": "frozen"}));
            let tx = bank.db.begin().await.unwrap();
            audit::record(bank, &tx, &caller, event).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn sign(&self) {
        audit::seal(self.bank()).await.unwrap();
        audit::checkpoint(self.bank(), &key(), Some(&self.directory)).await.unwrap();
    }

    /// Runs SQL with every trigger out of the way.
    async fn attack(&self, statements: &[&str]) {
        let tx = self.bank().db.begin().await.unwrap();
        if self.bank().db.engine() == Engine::Postgres {
            tx.execute_unprepared("set local session_replication_role = replica").await.unwrap();
        } else {
            let sql = "select name from sqlite_master where type = 'trigger'";
            let triggers = Statement::from_string(tx.get_database_backend(), sql);
            for row in tx.query_all_raw(triggers).await.unwrap() {
                let name: String = row.try_get("", "name").unwrap();
                tx.execute_unprepared(&format!("drop trigger {name}")).await.unwrap();
            }
        }
        for statement in statements {
            tx.execute_unprepared(statement).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn found(&self) -> Vec<(FaultKind, Option<i64>)> {
        let options = VerifyOptions {
            checkpoint_directory: Some(self.directory.clone()),
            trusted_keys: vec![key().verifying_key()],
        };
        let verified = audit::verify(self.bank(), &options, &mut |_| {}).await.unwrap();
        verified.faults.iter().map(|fault| (fault.kind, fault.position)).collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&Secret::new(vec![9; 32])).unwrap()
}

#[tokio::test]
async fn a_log_that_nobody_touched_verifies() {
    let log = Log::with(5).await;
    log.sign().await;
    log.write(2).await;
    let options = VerifyOptions {
        checkpoint_directory: Some(log.directory.clone()),
        trusted_keys: vec![key().verifying_key()],
    };
    let verified = audit::verify(log.bank(), &options, &mut |_| {}).await.unwrap();
    assert!(verified.passed(), "{:?}", verified.faults);
    let chain = verified.chain;
    assert_eq!((chain.rows, chain.unsealed, chain.checkpoints, chain.exported_checkpoints), (7, 2, 2, 1));
}

#[tokio::test]
async fn every_tampering_is_found_at_the_first_bad_row() {
    let slip_in = "insert into audit_events select 3, request_id, at, actor_kind, actor_id, action, subject_kind,
                  subject_id, reason, before_values, after_values, request_id from audit_events where position = 2";
    let attacks: [(&str, &[&str], &[(FaultKind, Option<i64>)]); 7] = [
        (
            "edit",
            &["update audit_events set action = 'account.close' where position = 4"],
            &[(RowChanged, Some(4))],
        ),
        (
            "edit json",
            &["update audit_events set after_values = '{}' where position = 5"],
            &[(RowChanged, Some(5))],
        ),
        (
            "actor",
            &["update audit_events set actor_kind = 'staff' where position = 1"],
            &[(RowChanged, Some(1))],
        ),
        ("delete", &["delete from audit_events where position = 2"], &[(RowMissing, Some(2))]),
        (
            "swap",
            &[
                "update audit_events set position = 100 where position = 2",
                "update audit_events set position = 2 where position = 5",
                "update audit_events set position = 5 where position = 100",
            ],
            &[(RowChanged, Some(2))],
        ),
        ("replace", &["delete from audit_events where position = 3", slip_in], &[(RowChanged, Some(3))]),
        (
            "cut",
            &[
                "delete from audit_events where position > 4",
                "delete from seals where from_position > 3",
                "delete from seal_checkpoints where through_position > 3",
            ],
            &[(TailCut, Some(5)), (CheckpointMissing, Some(6))],
        ),
    ];
    for (name, statements, expected) in attacks {
        let log = Log::with(3).await;
        log.sign().await;
        log.write(3).await;
        log.sign().await;
        log.attack(statements).await;
        let found = log.found().await;
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn a_row_slipped_into_a_sealed_gap_is_found() {
    let log = Log::with(3).await;
    log.attack(&["update audit_events set position = 9 where position = 3"]).await;
    log.sign().await;
    assert_eq!(log.found().await, []);
    log.attack(&[
        "insert into audit_events select 5, request_id, at, actor_kind, actor_id, action, subject_kind,
        subject_id, reason, before_values, after_values, request_id from audit_events where position = 2",
    ])
    .await;
    assert_eq!(log.found().await, [(RowInserted, Some(5))]);
}

#[tokio::test]
async fn a_chain_rewritten_and_signed_again_contradicts_the_exported_checkpoint() {
    let log = Log::with(3).await;
    log.sign().await;
    log.write(3).await;
    log.sign().await;
    log.attack(&[
        "update audit_events set reason = 'asked to' where position = 5",
        "delete from seals where number = 2",
        "delete from seal_checkpoints where seal_number = 2",
    ])
    .await;
    log.write(1).await;
    log.sign().await;
    assert_eq!(log.found().await, [(ChainRewritten, Some(4)), (CheckpointMissing, Some(6))]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named() {
    let log = Log::with(3).await;
    if log.bank().db.engine() == Engine::Postgres {
        return; // Its columns hold nothing that cannot be read.
    }
    log.attack(&["update audit_events set at = 'yesterday' where position = 2"]).await;
    assert_eq!(log.found().await, [(Unreadable, Some(2))]);
    assert!(audit::seal(log.bank()).await.unwrap_err().to_string().contains("position 2"));
}
