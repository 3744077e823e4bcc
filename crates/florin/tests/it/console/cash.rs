//! The cash desk: what will happen is shown, then it happens, once.

use bank::Role;

use super::desk::{CANARY, Desk, assert_escaped, assert_shows, clerk, desk};

const DESK: &str = "/admin/cash-operations";
const PREVIEW: &str = "/admin/cash-operations/preview";

fn fields<'a>(d: &'a Desk, kind: &'a str, amount: &'a str) -> Vec<(&'a str, &'a str)> {
    let account = d.number();
    vec![
        ("kind", kind),
        ("account", account),
        ("amount", amount),
        ("reference", "at the branch"),
        ("effective_on", ""),
        ("reason", "form 7"),
    ]
}

fn with<'a>(fields: &[(&'a str, &'a str)], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(known, old)| (*known, if *known == name { value } else { old })).collect()
}

fn keyed<'a>(fields: &[(&'a str, &'a str)], key: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().copied().chain([("idempotency_key", key)]).collect()
}

#[tokio::test]
async fn a_deposit_is_shown_with_its_balances_before_it_is_booked_once() {
    let d = desk().await;
    assert_shows(
        &d.page(&d.teller, &format!("{DESK}?kind=withdrawal&account={}", d.id())).await,
        &[d.id(), r#"value="withdrawal" selected"#],
    );
    let asked = fields(&d, "deposit", "250.50");
    let review = d.submit(&d.teller, PREVIEW, &asked).await.expect(200).text();
    assert_shows(
        &review,
        &["Deposit of", "1,000.00", "1,250.50", "Ada Lovelace", "Cash", "Book it", "form 7"],
    );
    assert_eq!(d.balance().await, 100_000, "looking moves nothing");
    let back =
        d.submit(&d.teller, PREVIEW, &[&asked[..], &[("change", "1")]].concat()).await.expect(200).text();
    assert_shows(&back, &[r#"value="250.50""#, "form 7", "Show what will happen"]);
    let booked = d.submit(&d.teller, DESK, &keyed(&asked, "key-1")).await.expect(303);
    let again = d.submit(&d.teller, DESK, &keyed(&asked, "key-1")).await.expect(303);
    assert_eq!(booked.header("location"), again.header("location"));
    assert_eq!(d.balance().await, 125_050);
    let page = d.page(&d.teller, booked.header("location")).await;
    assert_shows(&page, &["Cash deposit of", "250.50", "at the branch", "1,250.50", "operations"]);
    d.submit(&d.teller, DESK, &asked).await.expect(400);
    let other = d.submit(&d.teller, DESK, &keyed(&with(&asked, "amount", "1"), "key-1")).await.expect(422);
    assert_shows(&other.text(), &["at the branch"]);
    assert_eq!(d.balance().await, 125_050);
}

#[tokio::test]
async fn what_is_typed_wrong_is_named_and_kept() {
    let d = desk().await;
    let good = fields(&d, "deposit", "250.50");
    for (name, value, told) in [
        ("account", "GB00", "No account has this number or id"),
        ("amount", "12,50", "Write an amount in GBP like 1,250.00"),
        ("amount", "0.00", "The amount must be above zero"),
        ("reference", "a\tb", "At most 140 printable characters"),
        ("effective_on", "tomorrow", "Write a day like 2026-03-31"),
        ("kind", "gift", "Choose what happens"),
        ("reason", "", "A reason has 1 to 500 characters"),
    ] {
        let typed = with(&good, name, value);
        for (path, typed) in [(PREVIEW, typed.clone()), (DESK, keyed(&typed, "key-2"))] {
            let page = d.submit(&d.teller, path, &typed).await.expect(422).text();
            let place = format!(r#"id="cash-{name}-error""#);
            assert_shows(&page, &[told, &place, "Show what will happen"]);
            assert!(name == "reason" || page.contains("form 7"), "what was typed is kept: {page}");
        }
    }
    assert_eq!(d.balance().await, 100_000);
}

#[tokio::test]
async fn what_the_ledger_would_refuse_is_told_before_the_button() {
    let d = desk().await;
    let asked = fields(&d, "withdrawal", "1,000.01");
    let review = d.submit(&d.teller, PREVIEW, &asked).await.expect(200).text();
    assert_shows(&review, &["It would be refused now", "nsufficient funds", "1,000.00", "Change"]);
    assert!(!review.contains("Book it") && !review.contains("Ask a second person"), "no button: {review}");
    let small = fields(&d, "withdrawal", "999.99");
    let booked = d.submit(&d.teller, DESK, &keyed(&small, "key-3")).await.expect(303);
    assert!(booked.header("location").starts_with("/admin/transactions/trf_"));
    let refused =
        d.submit(&d.teller, DESK, &keyed(&fields(&d, "withdrawal", "5"), "key-4")).await.expect(422);
    assert_shows(&refused.text(), &["nsufficient funds", r#"value="5""#]);
    assert_eq!(d.balance().await, 1);
}

#[tokio::test]
async fn only_operations_work_at_the_desk_and_texts_stay_texts() {
    let d = desk().await;
    let asked = fields(&d, "deposit", "1");
    for role in [Role::Support, Role::Compliance, Role::Auditor, Role::Admin] {
        let other = clerk(&d.app, role).await;
        d.app.page(&other, DESK).await.expect(403);
        d.submit(&other, PREVIEW, &asked).await.expect(403);
        d.submit(&other, DESK, &keyed(&asked, "key-5")).await.expect(403);
    }
    let strange = with(&with(&asked, "reference", CANARY), "reason", CANARY);
    assert_escaped(&d.submit(&d.teller, PREVIEW, &strange).await.expect(200).text());
    assert_escaped(&d.submit(&d.teller, PREVIEW, &with(&strange, "amount", CANARY)).await.expect(422).text());
    assert_escaped(
        &d.submit(&d.teller, PREVIEW, &with(&strange, "account", CANARY)).await.expect(422).text(),
    );
    let booked = d.submit(&d.teller, DESK, &keyed(&strange, "key-6")).await.expect(303);
    assert_escaped(&d.page(&d.teller, booked.header("location")).await);
}
