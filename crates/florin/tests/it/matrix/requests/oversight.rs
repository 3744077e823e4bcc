//! The second person, the logs, the books, background work, and what the bank serves beside its API.

use bank::audit::{self, AuditFilter};
use bank::jobs::{self, JobFailure, JobFilter, NewJob};
use bank::oversight::verify_ledger;
use bank::work;
use kernel::{ApprovalId, AuditId, JobId, PageRequest, ProofId};
use serde_json::json;

use super::{Ask, absent};
use crate::matrix::world::{REASON, Which, World, gbp, system};

/// Makes a request for staff, or for everybody.
pub async fn of(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    Some(match route {
        "GET /approvals"
        | "GET /audit-log"
        | "GET /audit-log/export"
        | "POST /audit-log/verify"
        | "GET /jobs"
        | "GET /job-schedules"
        | "GET /job-queues"
        | "GET /database"
        | "GET /ledger/status"
        | "POST /ledger/proofs"
        | "GET /ledger/periods"
        | "GET /audit-log/status"
        | "POST /audit-log/proofs"
        | "GET /ledger/accounts"
        | "GET /ledger/trial-balance"
        | "POST /ledger/verify"
        | "GET /ledger/proofs"
        | "GET /api/openapi.json"
        | "GET /docs"
        | "GET /livez"
        | "GET /readyz" => ask,
        "GET /ledger/turnover" => ask.query("from=2026-03-01&to=2026-03-31"),
        "GET /approvals/{id}" => ask.with("id", approval(world, which).await),
        "POST /approvals/{id}/approve" | "POST /approvals/{id}/reject" => {
            ask.with("id", approval(world, which).await).body(json!({ "reason": REASON }))
        }
        "POST /jobs/{id}/replay" | "POST /jobs/{id}/run" => {
            let ask = ask.with("id", job(world, route.ends_with("/replay"), which).await);
            ask.body(json!({ "reason": REASON }))
        }
        "GET /jobs/{id}" => ask.with("id", job(world, false, which).await),
        "POST /job-schedules/{name}/run" => {
            ask.with("name", schedule(which)).body(json!({ "reason": REASON }))
        }
        "GET /ledger/proofs/{id}" => ask.with("id", proof(world, which).await),
        "GET /audit-log/{id}" => ask.with("id", event(world, which).await),
        "POST /ledger/periods/{month}/close" => {
            ask.with("month", "2026-02").body(json!({ "reason": REASON }))
        }
        "POST /sandbox/clock" => ask.body(json!({ "advance_seconds": 0 })),
        _ => return None,
    })
}

/// Lets the maker ask for cash that is too much for one person.
pub(super) async fn approval(world: &World, which: Which) -> String {
    if which == Which::Missing {
        return absent(ApprovalId::PREFIX);
    }
    let (bank, account) = (&world.app.bank, world.account);
    let body = json!({ "kind": "deposit", "account_id": account, "amount": gbp(200_000), "reason": REASON });
    let key = JobId::generate(bank.now(), &bank.random).to_string();
    let call = world.app.post("/api/v1/cash-operations").by(&world.maker).key(&key).json(&body);
    call.send().await.expect(202).json()["approval_id"].as_str().unwrap().to_owned()
}

/// Names a schedule.
pub(super) fn schedule(which: Which) -> &'static str {
    if which == Which::Missing { "nothing.at_all" } else { "jobs.purge" }
}

/// Proves the ledger.
pub(super) async fn proof(world: &World, which: Which) -> String {
    if which == Which::Missing {
        return absent(ProofId::PREFIX);
    }
    let proved = verify_ledger(&world.app.bank, &system(&world.app)).await;
    proved.unwrap().0.id.to_string()
}

/// Finds a row of the audit log.
pub(super) async fn event(world: &World, which: Which) -> String {
    if which == Which::Missing {
        return absent(AuditId::PREFIX);
    }
    let page = PageRequest { limit: 1, after: None };
    let rows = audit::list(&world.app.bank, &system(&world.app), &AuditFilter::default(), page).await;
    rows.unwrap().items[0].id.to_string()
}

/// Leaves a job behind: one that gave up, or one that waits for its time.
pub(super) async fn job(world: &World, dead: bool, which: Which) -> String {
    if which == Which::Missing {
        return absent(JobId::PREFIX);
    }
    let bank = &world.app.bank;
    let run_at = (!dead).then(|| bank.now() + chrono::Duration::hours(1));
    let tx = bank.db.begin().await.unwrap();
    jobs::enqueue(bank, &tx, NewJob { run_at, ..NewJob::new("test.give_up", json!({})) }).await.unwrap();
    tx.commit().await.unwrap();
    if dead {
        let mut registry = work::registry();
        registry.job("test.give_up", |_, _| Box::pin(async { Err(JobFailure::permanent("gone")) }));
        jobs::run_due(bank, &registry).await.unwrap();
    }
    let filter = JobFilter { kind: Some("test.give_up".to_owned()), ..JobFilter::default() };
    let page = jobs::list(bank.db.latest(), filter, PageRequest::first()).await.unwrap();
    page.items[0].id.to_string()
}
