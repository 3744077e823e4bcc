//! B8, first half: money moves between eight accounts, and whoever adds them up at any moment finds the same total.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kernel::{AccountId, Random};
use ledger::{Submission, Submitted};
use sea_orm::{ConnectionTrait, DbErr};
use tokio::task::JoinSet;

use super::{ACCOUNTS, CLIENTS, Node, Stage, WEALTH, below, execute, posting, rows};
use crate::bank::on_postgres;
use crate::limits::{is_long, pause, run, seeded};

const READERS: usize = 4;

/// What a run saw.
#[derive(Debug, Default)]
struct Seen {
    transfers: AtomicUsize,
    refused: AtomicUsize,
    looks: AtomicUsize,
    wrong: AtomicUsize,
    done: AtomicBool,
}

#[test]
fn every_snapshot_of_eight_accounts_has_the_same_total() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let stage = Stage::new(&random).await;
        let accounts: Arc<[AccountId]> = stage.accounts().await.iter().map(|(id, _)| *id).collect();
        let seen = Arc::new(Seen::default());
        let mut working = JoinSet::new();
        for number in 0..CLIENTS {
            let node = stage.nodes[number % stage.nodes.len()].clone();
            let (accounts, seen) = (accounts.clone(), seen.clone());
            let chance = Random::seeded(u64::from_be_bytes(random.bytes()));
            working.spawn(async move { node.move_money(&accounts, &chance, &seen).await });
        }
        for number in 0..READERS {
            let node = stage.nodes[number % stage.nodes.len()].clone();
            let seen = seen.clone();
            working.spawn(async move {
                while !seen.done.load(Ordering::SeqCst) {
                    let total = balances(node.db.latest()).await.expect("readable");
                    seen.look(total == WEALTH * i64::try_from(ACCOUNTS).expect("small"));
                }
            });
        }
        pause(Duration::from_secs(if is_long() { 90 } else { 12 })).await;
        seen.done.store(true, Ordering::SeqCst);
        working.join_all().await;
        println!("{seen:?}");
        assert_eq!(seen.wrong.load(Ordering::SeqCst), 0, "totals that were not the total");
        let (transfers, refused) =
            (seen.transfers.load(Ordering::SeqCst), seen.refused.load(Ordering::SeqCst));
        assert!(transfers > if is_long() { 20_000 } else { 2_000 }, "only {transfers} transfers");
        assert!(seen.looks.load(Ordering::SeqCst) > 100 && refused * 100 <= transfers, "{seen:?}");
    });
}

impl Seen {
    fn look(&self, is_right: bool) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        if !is_right {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Node {
    /// Moves money about, half of the time with the group commit, half in a transaction of its own.
    async fn move_money(&self, accounts: &[AccountId], chance: &Random, seen: &Seen) {
        while !seen.done.load(Ordering::SeqCst) {
            let from = below(chance, accounts.len());
            let to = (from + 1 + below(chance, accounts.len() - 1)) % accounts.len();
            let amount = 1 + i64::try_from(chance.below(1_000)).expect("small");
            let new = self.transfer(accounts[from], accounts[to], amount);
            let moved = if chance.below(2) == 0 {
                let submitted = self.ledger.submit(Submission::new(posting(), vec![vec![new]])).await;
                matches!(submitted, Ok(Submitted::Decided { .. }))
            } else {
                let posted = async {
                    let tx = self.db.begin().await?;
                    drop(self.ledger.post(&tx, &posting(), &[new]).await);
                    tx.commit().await
                };
                posted.await.is_ok()
            };
            let counter = if moved { &seen.transfers } else { &seen.refused };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Adds up what customers have: one statement sees one moment.
async fn balances(connection: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let sql =
        "select cast(sum(credits_posted_minor - debits_posted_minor) as bigint) as total from ledger_accounts
        where code = 'customer_deposit'";
    rows(connection, sql, []).await?[0].try_get("", "total")
}

#[test]
fn control_read_and_written_back_without_a_lock_the_total_goes_wrong() {
    if !on_postgres() {
        // The embedded engine has one writer: there is nothing to leave out.
        return;
    }
    run(Duration::from_mins(1), async {
        let random = seeded();
        let stage = Stage::new(&random).await;
        let db = stage.nodes[0].db.clone();
        execute(db.primary(), "create table purses (id bigint primary key, minor bigint not null)", [])
            .await
            .expect("made");
        for purse in 0..i64::try_from(ACCOUNTS).expect("small") {
            let values = [purse.into(), WEALTH.into()];
            execute(db.primary(), "insert into purses (id, minor) values ($1, $2)", values)
                .await
                .expect("made");
        }
        let mut working = JoinSet::new();
        for number in 0..CLIENTS {
            let node = stage.nodes[number % stage.nodes.len()].clone();
            let chance = Random::seeded(u64::from_be_bytes(random.bytes()));
            working.spawn(async move {
                for _ in 0..50 {
                    // A deadlock is one more thing that careless writers meet.
                    let _ = careless(&node, &chance).await;
                }
            });
        }
        working.join_all().await;
        let sum = "select cast(sum(minor) as bigint) as total from purses";
        let total: i64 =
            rows(db.primary(), sum, []).await.expect("readable")[0].try_get("", "total").expect("a sum");
        assert_ne!(total, WEALTH * i64::try_from(ACCOUNTS).expect("small"), "no update was lost");
    });
}

async fn careless(node: &Node, chance: &Random) -> Result<(), DbErr> {
    let (from, to) = (below(chance, ACCOUNTS), below(chance, ACCOUNTS));
    let (from, to) =
        (i64::try_from(from.min(to)).expect("small"), i64::try_from(from.max(to)).expect("small"));
    let tx = node.db.begin().await?;
    for (purse, change) in [(from, -1), (to, 1)] {
        let found = rows(&tx, "select minor from purses where id = $1", [purse.into()]).await?;
        let minor: i64 = found[0].try_get("", "minor")?;
        let values = [(minor + change).into(), purse.into()];
        execute(&tx, "update purses set minor = $1 where id = $2", values).await?;
    }
    tx.commit().await
}
