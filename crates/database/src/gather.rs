//! Reading by id what many ask for at the same moment with one statement.
//!
//! What the group commit is for writes: a statement costs the same round trip, the same wake-up of a session and nearly the
//! same work of the planner for one row as for fifty. Nobody waits for company: who asks while little is under way is
//! served at once, who asks meanwhile goes with the next statement, which is sent after all who go with it have asked.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::in_time;

/// How many statements of one text are under way at once.
const LANES: usize = 2;
/// How many ids one statement asks for where nothing else is said, unless one asker alone has more.
const MOST: usize = 512;

/// Describes a statement that finds rows by ids.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ByIds {
    text: String,
    most: usize,
}

/// Holds the rows of the ids that were asked for.
#[derive(Debug)]
pub struct Rows {
    found: Arc<Found>,
    ids: Vec<Uuid>,
}

/// The rows of a statement by the ids, in the statement's order for each.
type Found = HashMap<Uuid, Vec<QueryResult>>;

/// Lets those who ask for the same at once share a statement; clones share the queues.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gatherer(Arc<Mutex<HashMap<&'static ByIds, Queue>>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Asker>,
    lanes: usize,
}

#[derive(Debug)]
struct Asker {
    ids: Vec<Uuid>,
    answer: oneshot::Sender<Arc<Found>>,
}

impl ByIds {
    /// Takes the text, where `{ids}` follows a column and stands for "is one of the ids". The first column of a row is the
    /// id by which it was found.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), most: MOST }
    }

    /// Asks for at most so many ids with one statement, where each has many rows.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Returns the statement for these ids.
    pub fn statement(&self, backend: DbBackend, ids: impl IntoIterator<Item = Uuid>) -> Statement {
        let (among, ids) = among(backend, ids.into_iter());
        Statement::from_sql_and_values(backend, self.text.replace("{ids}", among), [ids])
    }

    async fn read(&self, connection: &DatabaseConnection, ids: Vec<Uuid>) -> Result<Found, DbErr> {
        let statement = self.statement(connection.get_database_backend(), ids);
        let mut found = Found::new();
        for row in connection.query_all_raw(statement).await? {
            found.entry(row.try_get_by_index(0)?).or_default().push(row);
        }
        Ok(found)
    }
}

impl Rows {
    /// Goes through the rows: in the order of the ids, and for each in the statement's.
    pub fn iter(&self) -> impl Iterator<Item = &QueryResult> {
        self.ids.iter().filter_map(|id| self.found.get(id)).flatten()
    }
}

impl Gatherer {
    /// Reads the rows of these ids, as they were committed when this was called or later.
    pub(crate) async fn read(
        &self,
        connection: &DatabaseConnection,
        what: &'static ByIds,
        ids: Vec<Uuid>,
    ) -> Result<Rows, DbErr> {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut queues = self.queues();
            let queue = queues.entry(what).or_default();
            queue.waiting.push(Asker { ids: ids.clone(), answer });
            let is_free = queue.lanes < LANES;
            queue.lanes += usize::from(is_free);
            is_free
        };
        if is_first {
            // A task of its own: the asker may go away, and others wait for the same rows.
            let lane = Lane { gatherer: self.clone(), what, is_over: false };
            tokio::spawn(lane.run(connection.clone()));
        }
        let found = match answered.await {
            Ok(found) => found,
            // The statement failed, perhaps by the ids of others: what is wrong is found out alone.
            Err(_) => Arc::new(what.read(connection, ids.clone()).await?),
        };
        Ok(Rows { found, ids })
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<&'static ByIds, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends one statement after the other, for as long as somebody waits.
struct Lane {
    gatherer: Gatherer,
    what: &'static ByIds,
    is_over: bool,
}

impl Lane {
    async fn run(mut self, connection: DatabaseConnection) {
        loop {
            let askers = self.next();
            if askers.is_empty() {
                return;
            }
            let ids = crate::padded(askers.iter().flat_map(|asker| asker.ids.iter().copied()).collect());
            // Without an answer each asker reads alone.
            let Ok(found) = in_time(self.what.read(&connection, ids)).await else { continue };
            let found = Arc::new(found);
            for asker in askers {
                // Who has gone away wants no answer.
                let _ = asker.answer.send(Arc::clone(&found));
            }
        }
    }

    /// Takes those who go with the next statement, in the order in which they asked. With nobody left the lane is over: under
    /// the same lock, since whoever asks next must see that.
    fn next(&mut self) -> Vec<Asker> {
        let mut queues = self.gatherer.queues();
        let queue = queues.entry(self.what).or_default();
        let mut ids = 0;
        let fits = |asker: &&Asker| {
            ids += asker.ids.len();
            ids <= self.what.most
        };
        let count = queue.waiting.iter().take_while(fits).count().max(1).min(queue.waiting.len());
        let rest = queue.waiting.split_off(count);
        if count == 0 {
            queue.lanes -= 1;
            self.is_over = true;
        }
        mem::replace(&mut queue.waiting, rest)
    }
}

/// Gives the lane free when its task was ended in the middle; who waited for it alone reads alone.
impl Drop for Lane {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut queues = self.gatherer.queues();
        let queue = queues.entry(self.what).or_default();
        queue.lanes -= 1;
        if queue.lanes == 0 {
            queue.waiting.clear();
        }
    }
}

/// Returns the condition "is one of the ids in `$1`", and the value to bind.
pub fn among(backend: DbBackend, ids: impl Iterator<Item = Uuid>) -> (&'static str, Value) {
    if backend == DbBackend::Postgres {
        return ("= any($1)", Value::Array(ArrayType::Uuid, Some(Box::new(ids.map(Value::from).collect()))));
    }
    let ids: Vec<_> = ids.map(|id| format!("\"{}\"", id.simple())).collect();
    ("in (select unhex(value) from json_each($1))", format!("[{}]", ids.join(",")).into())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    static RECEIPTS: LazyLock<ByIds> =
        LazyLock::new(|| ByIds::new("select id, status from ledger_receipts where id {ids}"));
    static NOWHERE: LazyLock<ByIds> = LazyLock::new(|| ByIds::new("select id from nowhere where id {ids}"));

    async fn receipts() -> crate::testing::TestDatabase {
        let database = crate::testing::fresh().await;
        let rows = (1..=9).map(|n| {
            let id = Uuid::from_u128(n);
            let id = if database.engine() == crate::Engine::Postgres {
                format!("'{id}'")
            } else {
                format!("x'{}'", id.simple())
            };
            format!("({id}, {id}, {n}, '', '2026-03-02T10:00:00Z')")
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        let insert = "insert into ledger_receipts (id, fingerprint, status, answer, created_at) values ";
        database.primary().execute_unprepared(&[insert, &rows].concat()).await.expect("receipts");
        database
    }

    fn statuses(rows: &Rows) -> Vec<i16> {
        rows.iter().map(|row| row.try_get("", "status").expect("a status")).collect()
    }

    #[tokio::test]
    async fn many_who_ask_at_once_share_a_few_statements_and_each_gets_its_own_rows() {
        let database = receipts().await;
        let before = database.statements();
        let ask = |n: u128| {
            let database = &database;
            async move {
                let ids = [n, n + 1].map(Uuid::from_u128);
                statuses(&database.gather(&RECEIPTS, ids).await.expect("rows"))
            }
        };
        let answers = join_all((0..100).map(ask)).await;
        for (n, answer) in (0_i16..).zip(&answers) {
            let there: Vec<i16> = [n, n + 1].into_iter().filter(|n| (1..=9).contains(n)).collect();
            assert_eq!(*answer, there, "asked for {n} and the next");
        }
        let statements = database.statements() - before;
        assert!((1..=10).contains(&statements), "{statements} statements for 100");
        assert_eq!(ask(4).await, [4, 5], "and who comes later finds a free lane");
    }

    #[tokio::test]
    async fn a_statement_that_fails_fails_for_each_who_asked_and_for_nobody_else() {
        let database = receipts().await;
        let id = [Uuid::from_u128(1)];
        let answers = join_all((0..20).map(|_| database.gather(&NOWHERE, id))).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(statuses(&database.gather(&RECEIPTS, id).await.expect("rows")), [1]);
        assert!(database.gather(&NOWHERE, id).await.is_err(), "its lanes are free again");
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_others_their_answers() {
        let database = receipts().await;
        let id = |n| [Uuid::from_u128(n)];
        let mut gone: Vec<_> = (0..20).map(|_| Box::pin(database.gather(&RECEIPTS, id(1)))).collect();
        for future in &mut gone {
            assert!(future.now_or_never().is_none());
        }
        let stays = database.gather(&RECEIPTS, id(2));
        drop(gone);
        assert_eq!(statuses(&stays.await.expect("rows")), [2]);
    }

    #[tokio::test]
    async fn a_lane_that_is_ended_in_the_middle_leaves_nobody_waiting() {
        let gatherer = Gatherer::default();
        let (answer, answered) = oneshot::channel();
        let queue = Queue { waiting: vec![Asker { ids: Vec::new(), answer }], lanes: 1 };
        gatherer.queues().insert(&RECEIPTS, queue);
        drop(Lane { gatherer: gatherer.clone(), what: &RECEIPTS, is_over: false });
        assert!(answered.await.is_err(), "and so reads alone");
        assert_eq!(gatherer.queues()[&*RECEIPTS].lanes, 0);
    }
}
