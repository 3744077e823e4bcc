//! Payments and what is told of them.

use kernel::{AccountId, TransferId};
use ledger::Action;
use serde_json::json;

use super::{Ask, absent};
use crate::matrix::world::{REASON, Which, Who, World, gbp};

/// Makes a request about money of A's account. A payment goes to an account of the sender's, so that nothing but
/// the right to pay from A's account stands in its way.
pub async fn of(world: &World, route: &'static str, who: Who, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    let account = match which {
        Which::Owned => world.account.to_string(),
        Which::Missing => absent(AccountId::PREFIX),
    };
    let payment = json!({
        "from_account_id": account, "to_account_id": world.purse(who), "amount": gbp(100), "reference": "rent",
    });
    Some(match route {
        "GET /transactions" | "GET /transactions/export" => ask.query(format!("account_id={account}")),
        "POST /payee-lookups" => ask.body(json!({ "account_number": world.number })),
        "POST /transfers" => ask.body(payment),
        "POST /transfers/batch" => ask.body(json!({ "items": [{ "id": "one", "transfer": payment }] })),
        "GET /transactions/{id}"
        | "GET /transfers/{id}"
        | "POST /transfers/{id}/capture"
        | "POST /transfers/{id}/release"
        | "POST /transfers/{id}/reverse"
        | "GET /transfers/{id}/reversal" => {
            let ask = ask.with("id", transfer(world, route, which).await);
            match route.rsplit('/').next() {
                Some("capture" | "release") => ask.body(json!({})),
                Some("reverse") => ask.body(json!({ "reason": REASON })),
                _ => ask,
            }
        }
        "POST /cash-operations" | "POST /cash-operations/preview" => ask.body(json!({
            "kind": "deposit", "account_id": account, "amount": gbp(100), "reason": REASON,
        })),
        _ => return None,
    })
}

/// Names a transfer of A's, made anew where the request uses it up.
pub(super) async fn transfer(world: &World, route: &str, which: Which) -> String {
    if which == Which::Missing {
        return absent(TransferId::PREFIX);
    }
    let made = match route.rsplit('/').next() {
        Some("capture" | "release") => {
            let (debit, credit) = (world.account, world.purse(Who::Owner));
            let expires_at = Some(world.app.bank.now() + chrono::Duration::days(1));
            world.pay(Action::Hold { debit, credit, amount: gbp(100), expires_at }).await
        }
        Some("reverse") => world.payment().await,
        _ => world.transfer,
    };
    made.to_string()
}
