//! B8: what transactions see of one another. The ledger on two nodes of one database, and readers of one moment.

mod append;
mod cycles;
mod history;
mod totals;

use std::sync::Arc;

use database::testing::TestDatabase;
use database::{Database, Options};
use kernel::{AccountId, Actor, Clock, Currency, Money, Random, TransferId, UserId};
use ledger::{
    Action, Authority, ChartCode, Ledger, LedgerOptions, NewAccount, NewTransfer, Posting, accounts, chart,
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};

/// How many accounts the transactions of a test meet on, and how many clients there are.
const ACCOUNTS: usize = 8;
const CLIENTS: usize = 16;
/// What each account begins with.
const WEALTH: i64 = 1_000_000;

/// One node: connections and a group commit of its own. A clone is the same node.
#[derive(Clone)]
struct Node {
    db: Database,
    ledger: Ledger,
    random: Random,
    clock: Clock,
}

/// Holds the database, and two nodes on it where the engine carries them.
struct Stage {
    nodes: Vec<Node>,
    // Dropped last: it removes the database.
    _database: Arc<TestDatabase>,
}

impl Stage {
    async fn new(random: &Random) -> Self {
        let database = Arc::new(database::testing::fresh().await);
        let mut nodes = vec![Node::new((**database).clone(), random)];
        if database.engine() == database::Engine::Postgres {
            let options = Options { connections: 8, ..Options::new(database.url()) };
            nodes.push(Node::new(Database::connect(&options).await.expect("a second node"), random));
        }
        let clock = Clock::system();
        let tx = database.begin().await.expect("a transaction");
        chart::open_currency(&tx, Currency::GBP, clock.now()).await.expect("a chart");
        tx.commit().await.expect("committed");
        Self { nodes, _database: database }
    }

    /// Opens accounts with money in them; returns the deposits beside.
    async fn accounts(&self) -> Vec<(AccountId, TransferId)> {
        let node = &self.nodes[0];
        let cash = chart::account_id(ChartCode::Cash, Currency::GBP);
        let mut opened = Vec::new();
        for _ in 0..ACCOUNTS {
            let id = AccountId::generate(node.clock.now(), &node.random);
            let tx = node.db.begin().await.expect("a transaction");
            accounts::open(&tx, &NewAccount::customer_deposit(id, Currency::GBP), node.clock.now())
                .await
                .expect("an account");
            let deposit = [node.transfer(cash, id, WEALTH)];
            node.ledger.post(&tx, &Posting::SYSTEM, &deposit).await.expect("a deposit");
            tx.commit().await.expect("committed");
            opened.push((id, deposit[0].id));
        }
        opened.sort();
        opened
    }
}

impl Node {
    fn new(db: Database, random: &Random) -> Self {
        let (clock, random) = (Clock::system(), Random::seeded(u64::from_be_bytes(random.bytes())));
        let ledger = Ledger::new(db.clone(), clock.clone(), random.clone(), LedgerOptions::default());
        Self { db, ledger, random, clock }
    }

    fn transfer(&self, debit: AccountId, credit: AccountId, minor: i64) -> NewTransfer {
        let id = TransferId::generate(self.clock.now(), &self.random);
        let amount = Money::new(minor, Currency::GBP);
        NewTransfer::new(id, Action::Post { debit, credit, amount }, "battery")
    }
}

fn posting() -> Posting {
    let actor = Actor::Customer(UserId::from_uuid(uuid::Uuid::from_u128(1)));
    Posting { actor, authority: Authority::Customer, request_id: None }
}

/// Draws an index.
fn below(random: &Random, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).expect("small")
}

async fn rows(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    connection.query_all_raw(statement).await
}

async fn execute(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    Ok(connection.execute_raw(statement).await?.rows_affected())
}
