//! What takes two people: seen by both, decided by the other.

use bank::Role;
use serde_json::json;

use super::desk::{CANARY, Desk, assert_escaped, assert_shows, clerk, desk};

const LIST: &str = "/admin/approvals";

/// Asks for a large cash operation at the desk, and returns the approval's page.
async fn ask(d: &Desk, kind: &str, reason: &str) -> String {
    let key = format!("key-{:016x}", u64::from_be_bytes(d.app.bank.random.bytes()));
    let fields = [
        ("kind", kind),
        ("account", d.id()),
        ("amount", "2,000.00"),
        ("reference", "large"),
        ("effective_on", ""),
        ("reason", reason),
    ];
    let review = d.submit(&d.teller, "/admin/cash-operations/preview", &fields).await.expect(200).text();
    assert!(kind == "withdrawal" || review.contains("Ask a second person"), "{review}");
    let fields = [&fields[..], &[("idempotency_key", &key)]].concat();
    let asked = d.submit(&d.teller, "/admin/cash-operations", &fields).await.expect(303);
    let to = asked.header("location").to_owned();
    assert!(to.starts_with("/admin/approvals/apr_"), "{to}");
    to
}

#[tokio::test]
async fn one_asks_another_sees_what_it_does_and_approves_it_once() {
    let d = desk().await;
    let approval = ask(&d, "deposit", "sold a boat").await;
    assert_eq!(d.balance().await, 100_000);
    let own = d.page(&d.teller, &approval).await;
    assert_shows(&own, &["Waiting", "(you)", "Withdraw", "another person has to approve it", "3,000.00"]);
    assert!(!own.contains(&format!("{approval}/approve")), "no button for one's own: {own}");
    let forged = d.submit(&d.teller, &format!("{approval}/approve"), &[("reason", "me again")]).await;
    assert_shows(&forged.expect(403).text(), &["The maker cannot be the checker"]);

    assert_shows(
        &d.page(&d.chief, LIST).await,
        &[&approval, "Waiting for you", "Operate cash", "Deposit of 2000.00 GBP"],
    );
    assert!(!d.page(&d.teller, LIST).await.contains(&approval), "one's own does not wait for oneself");
    assert_shows(&d.page(&d.teller, &format!("{LIST}?view=own")).await, &[&approval]);
    assert_shows(&d.page(&d.chief, &d.path("")).await, &["Waits for a second person", "sold a boat"]);
    let seen = d.page(&d.chief, &approval).await;
    assert_shows(
        &seen,
        &["What approving does", "1,000.00", "3,000.00", "Ada Lovelace", "sold a boat", "Approve"],
    );
    let refused = d.submit(&d.chief, &format!("{approval}/approve"), &[("reason", "")]).await.expect(422);
    assert_shows(&refused.text(), &[r#"id="approve-reason-error""#]);
    let because = [("reason", "seen the contract")];
    d.submit(&d.chief, &format!("{approval}/approve"), &because).await.expect(303);
    let again = d.submit(&d.chief, &format!("{approval}/approve"), &because).await.expect(409).text();
    assert_shows(&again, &["The command was decided before"]);
    assert_eq!(d.balance().await, 300_000);

    let decided = d.page(&d.teller, &approval).await;
    assert_shows(&decided, &["Approved", "seen the contract", "What came of it", "/admin/transactions/trf_"]);
    let (_, made) = decided.split_once(r#"href="/admin/transactions/trf_"#).unwrap();
    let made = format!("/admin/transactions/trf_{}", made.split('"').next().unwrap());
    assert_shows(&d.page(&d.chief, &made).await, &["Approved", &approval, "3,000.00"]);
    assert_shows(&d.page(&d.teller, &format!("{LIST}?view=decided")).await, &[&approval]);
    assert!(!d.page(&d.chief, LIST).await.contains(&approval));
}

#[tokio::test]
async fn one_withdraws_and_another_rejects_and_nothing_moves() {
    let d = desk().await;
    let (first, second) = (ask(&d, "deposit", "one").await, ask(&d, "deposit", "two").await);
    d.submit(&d.teller, &format!("{first}/reject"), &[("reason", "a mistake")]).await.expect(303);
    assert_shows(&d.page(&d.chief, &first).await, &["Withdrawn", "a mistake"]);
    d.submit(&d.chief, &format!("{second}/reject"), &[("reason", "no contract")]).await.expect(303);
    assert_shows(&d.page(&d.teller, &second).await, &["Rejected", "no contract"]);
    for path in [&first, &second] {
        d.submit(&d.chief, &format!("{path}/approve"), &[("reason", "late")]).await.expect(409);
    }
    assert_eq!(d.balance().await, 100_000);
}

#[tokio::test]
async fn what_would_be_refused_now_is_told_to_the_second_person() {
    let d = desk().await;
    let approval = ask(&d, "withdrawal", "for the boat").await;
    let page = d.page(&d.chief, &approval).await;
    assert_shows(&page, &["It would be refused now", "Approving would be refused at this moment", "stays"]);
    let refused = d.submit(&d.chief, &format!("{approval}/approve"), &[("reason", "try")]).await.expect(422);
    assert_shows(&refused.text(), &["nsufficient funds", "try", "Waiting"]);
    crate::people::fund(&d.app.bank, &d.account, 100_000).await;
    assert!(!d.page(&d.chief, &approval).await.contains("It would be refused"));
    d.submit(&d.chief, &format!("{approval}/approve"), &[("reason", "now")]).await.expect(303);
    assert_eq!(d.balance().await, 0);
}

#[tokio::test]
async fn those_who_may_not_decide_see_no_button_and_are_refused() {
    let d = desk().await;
    let approval = ask(&d, "deposit", CANARY).await;
    let auditor = clerk(&d.app, Role::Auditor).await;
    let page = d.page(&auditor, &approval).await;
    assert_shows(&page, &["Your role does not decide this"]);
    assert!(!page.contains("/approve\"") && !page.contains("/reject\""), "{page}");
    assert_escaped(&page);
    assert_escaped(&d.page(&d.chief, &d.path("")).await);
    let support = clerk(&d.app, Role::Support).await;
    for path in [LIST, &approval] {
        d.app.page(&support, path).await.expect(403);
    }
    for other in [&auditor, &support] {
        for verb in ["approve", "reject"] {
            d.submit(other, &format!("{approval}/{verb}"), &[("reason", "forged")]).await.expect(403);
        }
    }
    let rejected = d.submit(&d.chief, &format!("{approval}/reject"), &[("reason", CANARY)]).await;
    rejected.expect(303);
    assert_escaped(&d.page(&d.chief, &approval).await);
}

#[tokio::test]
async fn the_closing_of_a_month_says_what_it_means_and_the_api_tells_the_same() {
    let d = desk().await;
    let (maker, reader) = (d.app.staff(Role::Operations).await, d.app.staff(Role::Auditor).await);
    let call = d.app.post("/api/v1/ledger/periods/2026-02/close").by(&maker);
    let asked = call.json(&json!({ "reason": "the books are done" })).send().await.expect(202).json();
    let id = asked["id"].as_str().unwrap();
    let page = d.page(&d.chief, &format!("{LIST}/{id}")).await;
    assert_shows(&page, &["Close period", "The month 2026-02 is closed for good", "the books are done"]);
    let shown = d.app.get(&format!("/api/v1/approvals/{id}")).by(&reader).send().await.expect(200).json();
    assert_eq!((&shown["id"], &shown["state"]), (&json!(id), &json!("pending")));
    assert!(shown["effect"]["sentence"].as_str().unwrap().contains("2026-02"), "{shown}");
    d.submit(&d.chief, &format!("{LIST}/{id}/approve"), &[("reason", "seen")]).await.expect(303);
    let shown = d.app.get(&format!("/api/v1/approvals/{id}")).by(&reader).send().await.expect(200).json();
    assert_eq!((&shown["state"], &shown["effect"]), (&json!("executed"), &json!(null)));
}

#[tokio::test]
async fn an_empty_list_teaches_and_the_home_page_counts() {
    let d = desk().await;
    assert_shows(&d.page(&d.chief, LIST).await, &["Nothing waits"]);
    assert_shows(&d.page(&d.chief, &format!("{LIST}?view=own")).await, &["You asked for nothing"]);
    assert_shows(&d.page(&d.chief, &format!("{LIST}?view=decided")).await, &["Nothing is decided yet"]);
    ask(&d, "deposit", "one").await;
    assert_shows(
        &d.page(&d.chief, "/admin").await,
        &["Approvals waiting for you", r#"href="/admin/approvals""#],
    );
    d.app.page(&d.chief, &format!("{LIST}?view=all")).await.expect(422);
    d.app.page(&d.chief, &format!("{LIST}?after=bm8")).await.expect(422);
}
