//! What operators ask the database.

use database::Engine;
use sea_orm::{ConnectionTrait as _, Statement};

use super::Stage;

/// The operators' own queries, to the letter; the last one in PostgreSQL's words.
const QUERIES: [&str; 3] = [
    "SELECT action, COUNT(*), MAX(created_at) FROM truelayer_audit_logs WHERE action LIKE 'TOKEN_%' GROUP BY action ORDER BY MAX(created_at) DESC;",
    "SELECT status, COUNT(*) FROM truelayer_connections GROUP BY status;",
    "SELECT COUNT(*) FROM truelayer_connections WHERE status = 'ACTIVE' AND expires_at < NOW() + INTERVAL '24 hours';",
];

#[tokio::test]
async fn the_operators_queries_run_as_they_stand() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    stage.link(&ada).await;
    let db = stage.app.bank.db.read();
    let is_postgres = stage.app.bank.db.engine() == Engine::Postgres;
    let run = if is_postgres { &QUERIES[..] } else { &QUERIES[..2] };
    for query in run {
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), *query)).await.unwrap();
        assert_eq!(rows.len(), 1, "{query}");
        let count: i64 = rows[0].try_get_by_index(usize::from(!query.contains("SELECT COUNT"))).unwrap();
        assert_eq!(count, 1, "{query}");
    }
}
