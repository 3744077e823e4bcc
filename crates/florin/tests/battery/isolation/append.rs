//! B8, second half: each account's entries are a list that only grows. What readers of one moment and writers under their
//! locks see of the lists must fit one order of the transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kernel::{AccountId, Random};
use ledger::{NewTransfer, Submission, Submitted, accounts};
use sea_orm::{ConnectionTrait, DbErr};
use tokio::task::JoinSet;

use super::history::{Anomaly, Did, List, Transaction, anomalies};
use super::{CLIENTS, Node, Stage, below, execute, posting, rows};
use crate::bank::on_postgres;
use crate::limits::{count, run, seeded};
use crate::nodes::Numbers;

/// How many transactions meet on the same accounts; then new ones are opened, or the lists would grow too long to read.
const TRANSACTIONS: usize = 500;

/// Holds the lists of one round, in id order.
type Lists = Arc<[AccountId]>;

#[test]
fn what_transactions_see_of_the_entries_fits_one_order_of_them() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let stage = Stage::new(&random).await;
        let (mut done, mut rolled_back, mut failed) = (0, 0, 0);
        for _ in 0..count(20, 50) {
            let (history, refused) = round(&stage, &random).await;
            assert_eq!(anomalies(&history), BTreeSet::new());
            done += history.len();
            rolled_back += history.iter().filter(|transaction| !transaction.committed).count();
            failed += refused;
        }
        println!(
            "{done} transactions, {rolled_back} rolled back, {failed} of them by the database; no cycle"
        );
        assert!(failed * 100 <= done, "more than one of a hundred was refused by the database");
    });
}

/// Lets the clients at fresh accounts; returns what they did, and how often the database refused.
async fn round(stage: &Stage, random: &Random) -> (Vec<Transaction>, usize) {
    let opened = stage.accounts().await;
    let lists: Lists = opened.iter().map(|(id, _)| *id).collect();
    let setup =
        opened.iter().enumerate().map(|(list, (_, first))| Did::Appended(list, first.uuid().as_u128()));
    let mut history = vec![Transaction { did: setup.collect(), committed: true }];
    let numbers = Numbers::below(TRANSACTIONS);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (node, lists, numbers) =
            (stage.nodes[number % stage.nodes.len()].clone(), lists.clone(), numbers.clone());
        let chance = Random::seeded(u64::from_be_bytes(random.bytes()));
        clients.spawn(async move {
            let (mut done, mut failed) = (Vec::new(), 0);
            while numbers.take().is_some() {
                match node.act(&lists, &chance).await {
                    Ok(transaction) => done.push(transaction),
                    Err(_) => failed += 1,
                }
            }
            (done, failed)
        });
    }
    let mut failed = 0;
    for (done, refused) in clients.join_all().await {
        history.extend(done);
        failed += refused;
    }
    let all: Vec<List> = (0..lists.len()).collect();
    let did = stage.nodes[0].look(&lists, &all).await.expect("readable");
    history.push(Transaction { did, committed: true });
    (history, failed)
}

impl Node {
    /// Does one transaction of a kind that is drawn.
    async fn act(&self, lists: &Lists, chance: &Random) -> Result<Transaction, DbErr> {
        let kind = chance.below(10);
        if kind < 4 {
            let some: Vec<List> = (0..lists.len()).filter(|_| chance.below(3) > 0).collect();
            return Ok(Transaction { did: self.look(lists, &some).await?, committed: true });
        }
        let news: Vec<NewTransfer> = (0..=chance.below(2)).map(|_| self.draw(lists, chance)).collect();
        if kind < 7 {
            return Ok(self.submit(lists, news).await);
        }
        self.post(lists, news, chance.below(4) > 0).await
    }

    fn draw(&self, lists: &Lists, chance: &Random) -> NewTransfer {
        let from = below(chance, lists.len());
        let to = (from + 1 + below(chance, lists.len() - 1)) % lists.len();
        self.transfer(lists[from], lists[to], 1)
    }

    /// Reads lists in one statement, or in several of one snapshot: either way at one moment.
    async fn look(&self, lists: &Lists, some: &[List]) -> Result<Vec<Did>, DbErr> {
        let snapshot = self.db.snapshot().await?;
        let mut did = Vec::new();
        for list in some {
            did.push(Did::Read(*list, entries(&snapshot, lists[*list]).await?));
        }
        snapshot.commit().await?;
        Ok(did)
    }

    /// Appends through the group commit.
    async fn submit(&self, lists: &Lists, news: Vec<NewTransfer>) -> Transaction {
        let did = appended(lists, &news);
        let submitted = self.ledger.submit(Submission::new(posting(), vec![news])).await.expect("an outcome");
        let Submitted::Decided { items, .. } = submitted else { panic!("replayed without a key") };
        assert!(items[0].is_ok(), "{items:?}");
        Transaction { did, committed: true }
    }

    /// Reads under the locks that the product takes, appends, and now and then takes everything back.
    async fn post(&self, lists: &Lists, news: Vec<NewTransfer>, commits: bool) -> Result<Transaction, DbErr> {
        let appended = appended(lists, &news);
        let named: BTreeSet<List> = appended.iter().map(list_of).collect();
        let tx = self.db.begin().await?;
        let mut did = Vec::new();
        for list in named {
            accounts::load_for_update(&tx, lists[list])
                .await
                .map_err(|error| DbErr::Custom(error.to_string()))?;
            did.push(Did::Read(list, entries(&tx, lists[list]).await?));
        }
        did.extend(appended);
        match self.ledger.post(&tx, &posting(), &news).await {
            Ok(_) => {}
            Err(ledger::PostError::Storage(error)) => return Err(error),
            Err(ledger::PostError::Refused(refusal)) => panic!("{refusal}"),
        }
        if commits {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(Transaction { did, committed: commits })
    }
}

fn list_of(did: &Did) -> List {
    match did {
        Did::Appended(list, _) | Did::Read(list, _) => *list,
    }
}

/// A transfer stands on two lists.
fn appended(lists: &Lists, news: &[NewTransfer]) -> Vec<Did> {
    let number = |id: AccountId| lists.iter().position(|list| *list == id).expect("one of ours");
    let both = |new: &NewTransfer| {
        let (debit, credit) = new.action.accounts().expect("a posting");
        [debit, credit].map(|account| Did::Appended(number(account), new.id.uuid().as_u128()))
    };
    news.iter().flat_map(both).collect()
}

async fn entries(connection: &impl ConnectionTrait, account: AccountId) -> Result<Vec<u128>, DbErr> {
    let sql = "select transfer_id from ledger_entries where account_id = $1 order by sequence";
    let rows = rows(connection, sql, [account.into()]).await?;
    rows.iter().map(|row| row.try_get::<uuid::Uuid>("", "transfer_id").map(|id| id.as_u128())).collect()
}

/// Lists as texts that are read, lengthened and written back without a lock: what the level alone does not prevent.
#[test]
fn control_lists_that_are_written_back_without_a_lock_show_an_anomaly() {
    if !on_postgres() {
        // The embedded engine has one writer: there is nothing to leave out.
        return;
    }
    run(Duration::from_mins(1), async {
        let random = seeded();
        let stage = Stage::new(&random).await;
        let db = stage.nodes[0].db.clone();
        execute(db.primary(), "create table texts (id bigint primary key, text text not null)", [])
            .await
            .expect("made");
        for list in 0..4_i64 {
            execute(db.primary(), "insert into texts (id, text) values ($1, '')", [list.into()])
                .await
                .expect("made");
        }
        let numbers = Numbers::below(200);
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (node, numbers) = (stage.nodes[number % stage.nodes.len()].clone(), numbers.clone());
            let chance = Random::seeded(u64::from_be_bytes(random.bytes()));
            clients.spawn(async move {
                let mut done = Vec::new();
                while let Some(number) = numbers.take() {
                    done.push(careless(&node, number as u128, &chance).await.expect("readable"));
                }
                done
            });
        }
        let mut history: Vec<Transaction> = clients.join_all().await.concat();
        let mut last = BTreeMap::new();
        for list in 0..4 {
            last.insert(list, read_text(db.primary(), list).await.expect("readable"));
        }
        let did = last.into_iter().map(|(list, seen)| Did::Read(list, seen)).collect();
        history.push(Transaction { did, committed: true });
        let found = anomalies(&history);
        println!("without locks: {found:?}");
        assert!(found.contains(&Anomaly::Lost) || found.contains(&Anomaly::GSingle), "{found:?}");
    });
}

async fn careless(node: &Node, element: u128, chance: &Random) -> Result<Transaction, DbErr> {
    let list = below(chance, 4);
    let tx = node.db.begin().await?;
    let mut seen = read_text(&tx, list).await?;
    let did = vec![Did::Read(list, seen.clone()), Did::Appended(list, element)];
    seen.push(element);
    let text = seen.iter().map(u128::to_string).collect::<Vec<_>>().join(",");
    let list = i64::try_from(list).expect("small");
    execute(&tx, "update texts set text = $1 where id = $2", [text.into(), list.into()]).await?;
    tx.commit().await?;
    Ok(Transaction { did, committed: true })
}

async fn read_text(connection: &impl ConnectionTrait, list: List) -> Result<Vec<u128>, DbErr> {
    let id = i64::try_from(list).expect("small");
    let rows = rows(connection, "select text from texts where id = $1", [id.into()]).await?;
    let text: String = rows[0].try_get("", "text")?;
    Ok(text.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().expect("a number")).collect())
}
