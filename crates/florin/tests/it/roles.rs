//! The database role that runs the program can add to what is written once, and change none of it.

use database::testing::TestDatabase;
use database::{Database, Engine, Options};
use sea_orm::ConnectionTrait;

use crate::program::{Folder, Serving};

/// What nobody may change, whoever's program is broken into, with one column each.
const WRITTEN_ONCE: [(&str, &str); 7] = [
    ("audit_events", "reason"),
    ("ledger_entries", "amount_minor"),
    ("ledger_periods", "closed_at"),
    ("ledger_proofs", "passed"),
    ("ledger_transfers", "amount_minor"),
    ("seal_checkpoints", "signature"),
    ("seals", "hash"),
];

/// A role of the server, dropped with what it was granted.
struct Role<'a> {
    name: String,
    database: &'a TestDatabase,
}

impl<'a> Role<'a> {
    async fn create(database: &'a TestDatabase) -> Self {
        let name: [u8; 4] = kernel::Random::system().bytes();
        let name = format!("florin_app_{:08x}", u32::from_be_bytes(name));
        database.primary().execute_unprepared(&format!("create role {name} login")).await.unwrap();
        Self { name, database }
    }

    fn url(&self) -> String {
        let (scheme, rest) = self.database.url().split_once("://").unwrap();
        let (_, rest) = rest.split_once('@').unwrap();
        format!("{scheme}://{}@{rest}", self.name)
    }

    async fn drop(self) {
        let sql = format!("drop owned by {0}; drop role {0}", self.name);
        self.database.primary().execute_unprepared(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn a_role_that_may_only_add_runs_the_whole_bank() {
    let database = database::testing::fresh().await;
    let folder = Folder::new();
    let mut migrate = folder.florin(&["migrate", "--grant", "nobody_there"]);
    let refused = migrate.env("DATABASE_URL", database.url()).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("nobody_there cannot be granted"), "{said}");
    if database.engine() == Engine::Sqlite {
        assert!(said.contains("SQLite has no roles"), "{said}");
        return;
    }
    let role = Role::create(&database).await;
    let mut migrate = folder.florin(&["migrate", "--grant", &role.name]);
    let granted = migrate.env("DATABASE_URL", database.url()).output().unwrap();
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));

    let mut demo = folder.florin(&["demo", "--customers", "2"]);
    demo.env("DATABASE_URL", role.url()).env("FLORIN_MIGRATE", "false");
    let serving = Serving::start(demo);
    let ready = reqwest::get(format!("{}/readyz", serving.url)).await.expect("an answer");
    assert_eq!(ready.status(), 200);
    for what in ["ledger", "audit"] {
        let mut verify = folder.florin(&[what, "verify"]);
        let verified = verify.env("DATABASE_URL", role.url()).output().unwrap();
        assert!(verified.status.success(), "{what}: {}", String::from_utf8_lossy(&verified.stderr));
    }
    drop(serving);

    let db = Database::connect(&Options::new(role.url())).await.unwrap();
    let mut attempts: Vec<String> = vec!["create table mine (id bigint)".to_owned()];
    for (table, column) in WRITTEN_ONCE {
        attempts.push(format!("update {table} set {column} = {column}"));
        attempts.push(format!("delete from {table}"));
        attempts.push(format!("truncate {table}"));
        attempts.push(format!("alter table {table} disable trigger all"));
    }
    attempts.push("delete from ledger_accounts".to_owned());
    attempts.push("update seaql_migrations set version = version".to_owned());
    for attempt in attempts {
        let error = db.primary().execute_unprepared(&attempt).await.expect_err(&attempt).to_string();
        let denied = error.contains("permission denied") || error.contains("must be owner");
        assert!(denied, "{attempt}: {error}");
    }
    db.close().await;
    role.drop().await;
}
