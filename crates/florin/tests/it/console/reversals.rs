//! Reversals: what moves back is shown first, and force takes two.

use bank::Role;
use serde_json::json;

use super::desk::{CANARY, assert_escaped, assert_shows, clerk, desk, open};

#[tokio::test]
async fn a_transfer_is_reversed_once_and_both_name_one_another() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    let id = d.pay(&bobs, 12_345, "wrong account").await;
    let page = format!("/admin/transactions/{id}");
    let reverse = format!("{page}/reverse");
    assert_shows(&d.page(&d.teller, &page).await, &[&reverse]);
    let shown = d.page(&d.teller, &reverse).await;
    assert_shows(&shown, &["What will happen", "876.55", "1,000.00", "Bob Stone", "Reverse</button>"]);
    assert_eq!(d.balance().await, 87_655, "looking moves nothing");
    let refused = d.submit(&d.teller, &reverse, &[("reason", " "), ("idempotency_key", "r-1")]).await;
    assert_shows(&refused.expect(422).text(), &[r#"id="reverse-reason-error""#]);
    let fields = [("reason", CANARY), ("idempotency_key", "r-1")];
    let done = d.submit(&d.teller, &reverse, &fields).await.expect(303);
    let again = d.submit(&d.teller, &reverse, &fields).await.expect(303);
    assert_eq!(done.header("location"), again.header("location"));
    assert_eq!(d.balance().await, 100_000);
    let reversal = d.page(&d.teller, done.header("location")).await;
    assert_shows(&reversal, &["Reversal of", "Reverses", &id]);
    assert!(!reversal.contains("/reverse\""), "a reversal is not reversed: {reversal}");
    let compliance = clerk(&d.app, Role::Compliance).await;
    let original = d.page(&compliance, &page).await;
    assert_shows(&original, &["Reversed", done.header("location"), "transfer.reverse"]);
    assert_escaped(&original);
    let twice = d.submit(&d.teller, &reverse, &[("reason", "x"), ("idempotency_key", "r-2")]).await;
    assert_shows(&twice.expect(409).text(), &["already"]);
}

#[tokio::test]
async fn money_that_is_gone_is_forced_back_by_two_people() {
    let d = desk().await;
    let bob = d.app.customer("Bob Stone").await;
    let bobs = open(&d.app, &bob).await;
    let id = d.pay(&bobs, 10_000, "wrong account").await;
    let call = d.app.post("/api/v1/cash-operations").by(&d.app.staff(Role::Operations).await).key("out");
    let taken = json!({ "kind": "withdrawal", "account_id": bobs["id"], "reason": "at the counter",
        "amount": { "amount_minor": 9_000, "currency": "GBP" } });
    call.json(&taken).send().await.expect(201);
    let reverse = format!("/admin/transactions/{id}/reverse");
    let shown = d.page(&d.teller, &reverse).await;
    assert_shows(&shown, &["It would be refused now", "nsufficient funds", "?force=true"]);
    assert!(!shown.contains("class=\"danger\""), "no button: {shown}");
    let refused = d.submit(&d.teller, &reverse, &[("reason", "x"), ("idempotency_key", "f-1")]).await;
    assert_shows(&refused.expect(422).text(), &["nsufficient funds"]);
    let forced = d.page(&d.teller, &format!("{reverse}?force=true")).await;
    assert_shows(&forced, &["\u{2212}90.00", "Ask a second person", "Another person has to approve"]);
    let fields = [("reason", "fraud"), ("force", "true"), ("idempotency_key", "f-2")];
    let asked = d.submit(&d.teller, &reverse, &fields).await.expect(303).header("location").to_owned();
    assert!(asked.starts_with("/admin/approvals/"), "{asked}");
    assert_shows(
        &d.page(&d.chief, &format!("/admin/transactions/{id}")).await,
        &["Waits for a second person"],
    );
    assert_shows(&d.page(&d.chief, &asked).await, &["\u{2212}90.00", "Reverse"]);
    d.submit(&d.chief, &format!("{asked}/approve"), &[("reason", "police report seen")]).await.expect(303);
    assert_eq!(d.balance().await, 100_000);
}

#[tokio::test]
async fn only_those_who_may_reverse_see_how_and_a_forged_form_is_refused() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    let reverse = format!("/admin/transactions/{}/reverse", d.pay(&bobs, 100, "x").await);
    for role in [Role::Support, Role::Compliance, Role::Auditor, Role::Admin] {
        let other = clerk(&d.app, role).await;
        d.app.page(&other, &reverse).await.expect(403);
        let fields = [("reason", "forged"), ("idempotency_key", "f")];
        d.submit(&other, &reverse, &fields).await.expect(403);
    }
    let absent = "/admin/transactions/trf_00000000000000000000000001/reverse";
    d.app.page(&d.teller, absent).await.expect(404);
    d.submit(&d.teller, absent, &[("reason", "x"), ("idempotency_key", "a")]).await.expect(404);
}
