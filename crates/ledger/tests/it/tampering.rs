use ledger::{Action, Posting};

use crate::stage::{Stage, customer, gbp, staff};

#[tokio::test]
async fn posted_rows_are_neither_updated_nor_deleted() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let hold = stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(1), expires_at: None });
    stage.post(&Posting::SYSTEM, &[hold]).await.unwrap();
    let tx = stage.database.begin().await.unwrap();
    let (one, two) = (customer().actor, staff(ledger::Authority::Staff).actor);
    stage.ledger.close_period(&tx, "2026-02".parse().unwrap(), one, two).await.unwrap();
    tx.commit().await.unwrap();
    for (table, statement) in [
        ("ledger_transfers", "update ledger_transfers set amount_minor = 2"),
        ("ledger_transfers", "delete from ledger_transfers"),
        ("ledger_entries", "update ledger_entries set balance_after_minor = 2"),
        ("ledger_entries", "delete from ledger_entries"),
        ("ledger_periods", "update ledger_periods set closed_by_id = null"),
        ("ledger_periods", "delete from ledger_periods"),
        ("ledger_accounts", "delete from ledger_accounts"),
        ("ledger_holds", "delete from ledger_holds"),
    ] {
        let error = stage.execute(statement).await.unwrap_err();
        let verb = statement.split(' ').next().unwrap();
        assert!(error.contains(&format!("{table} is append-only: {verb} refused")), "{statement}: {error}");
    }
    if stage.database.engine() == database::Engine::Postgres {
        for table in ["ledger_transfers", "ledger_entries"] {
            let error = stage.execute(&format!("truncate {table}")).await.unwrap_err();
            assert!(error.contains("append-only: truncate refused"), "{error}");
        }
    }
}
