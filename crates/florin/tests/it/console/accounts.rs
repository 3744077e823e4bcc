//! Accounts: finding one, what its page tells, and what staff does about it.

use bank::Role;

use super::desk::{CANARY, assert_escaped, assert_shows, clerk, desk, open};

#[tokio::test]
async fn accounts_are_found_by_number_holder_and_id_and_narrowed_by_status_and_product() {
    let d = desk().await;
    let bob = d.app.customer("Bob Stone").await;
    let bobs = open(&d.app, &bob).await;
    let (auditor, bobs) = (clerk(&d.app, Role::Auditor).await, bobs["id"].as_str().unwrap());
    let number = d.number();
    let spaced: Vec<&str> =
        number.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect();
    let (spaced, part, email) = (spaced.join("+"), &number[14..], d.ada.email.replace('@', "%40"));
    for text in [number, &spaced, part, "lovelace", &email, d.id()] {
        for path in ["accounts", "search", "palette"] {
            let page = d.page(&auditor, &format!("/admin/{path}?q={text}")).await;
            assert!(page.contains(&d.path("")), "{path} by {text}: {page}");
            assert!(!page.contains(bobs), "{path} by {text} finds another");
        }
    }
    d.submit(&d.teller, &d.path("/freeze"), &[("reason", "lost")]).await.expect(303);
    let frozen = d.page(&auditor, "/admin/accounts?status=frozen").await;
    assert!(frozen.contains(d.id()) && !frozen.contains(bobs), "{frozen}");
    let none = d.page(&auditor, "/admin/accounts?product=savings-gbp").await;
    assert_shows(&none, &["No account fits"]);
    d.app.page(&auditor, "/admin/accounts?status=sleeping").await.expect(422);
    let empty = crate::harness::App::new().await;
    let reader = clerk(&empty, Role::Support).await;
    assert_shows(&empty.page(&reader, "/admin/accounts").await.expect(200).text(), &["No accounts yet"]);
}

#[tokio::test]
async fn an_account_shows_what_it_holds_what_binds_it_and_who_owns_it() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    d.pay(&bobs, 12_345, "rent for March").await;
    let page = d.page(&d.teller, &d.path("")).await;
    assert_shows(
        &page,
        &[
            "876.55",
            "rent for March",
            "Ada Lovelace",
            "Holder",
            "25,000.00",
            "Set limits",
            "Freeze",
            "Close",
            "Nothing was ever held",
            "debit</small>",
            "credit</small>",
        ],
    );
    let customer = d.page(&d.teller, &format!("/admin/customers/{}", d.ada.user_id)).await;
    assert_shows(&customer, &[&d.path("")]);
    let support = clerk(&d.app, Role::Support).await;
    let page = d.page(&support, &d.path("")).await;
    for absent in ["/freeze", "/limits\"", "/close", "/admin/cash-operations"] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
    d.app.page(&support, "/admin/accounts/acc_00000000000000000000000001").await.expect(404);
}

#[tokio::test]
async fn an_account_is_stopped_and_let_go_with_reasons() {
    let d = desk().await;
    let compliance = clerk(&d.app, Role::Compliance).await;
    for (verb, shown) in [("block-debits", "Debits blocked"), ("freeze", "Frozen"), ("unfreeze", "Open")] {
        let refused =
            d.submit(&compliance, &d.path(&format!("/{verb}")), &[("reason", " ")]).await.expect(422);
        let part = format!(r#"id="{verb}-reason-error""#);
        assert_shows(&refused.text(), &["A reason has 1 to 500 characters", &part]);
        let done = d.submit(&compliance, &d.path(&format!("/{verb}")), &[("reason", "card stolen")]).await;
        assert_eq!(done.expect(303).header("location"), d.path(""));
        assert_shows(&d.page(&compliance, &d.path("")).await, &[shown, "card stolen"]);
    }
    let again = d.submit(&compliance, &d.path("/unfreeze"), &[("reason", "x")]).await.expect(409).text();
    assert_shows(&again, &["status does not allow this", "how things stand now"]);
    let support = clerk(&d.app, Role::Support).await;
    for verb in ["freeze", "block-debits", "unfreeze", "close"] {
        d.submit(&support, &d.path(&format!("/{verb}")), &[("reason", "forged")]).await.expect(403);
    }
}

#[tokio::test]
async fn an_account_is_closed_when_it_is_empty() {
    let d = desk().await;
    let refused = d.submit(&d.teller, &d.path("/close"), &[("reason", "asked for")]).await.expect(409).text();
    assert_shows(&refused, &["Move the money away, or settle the debt, first"]);
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    d.pay(&bobs, 100_000, "all of it").await;
    d.submit(&d.teller, &d.path("/close"), &[("reason", "asked for")]).await.expect(303);
    let page = d.page(&d.teller, &d.path("")).await;
    assert_shows(&page, &["Closed"]);
    assert!(!page.contains("/freeze") && !page.contains("/limits\""), "nothing is left to do: {page}");
}

#[tokio::test]
async fn limits_are_typed_as_people_type_amounts() {
    let d = desk().await;
    let path = d.path("/limits");
    let because = ("reason", "a house is bought");
    let wrong = [("single", "12,50"), ("day", "60,000.00"), ("month", ""), ("overdraft", "0"), because];
    let refused = d.submit(&d.teller, &path, &wrong).await.expect(422).text();
    assert_shows(
        &refused,
        &["Write an amount in GBP like 1,250.00", r#"value="12,50""#, r#"value="60,000.00""#],
    );
    let high = [("single", "5"), ("day", "6"), ("month", "7"), ("overdraft", "2,000.01"), because];
    let refused = d.submit(&d.teller, &path, &high).await.expect(422).text();
    assert_shows(&refused, &["limit is above what the product allows", r#"value="2,000.01""#]);
    let good = [("single", "£50,000"), ("day", "60 000.00"), ("month", ""), ("overdraft", "150.5"), because];
    d.submit(&d.teller, &path, &good).await.expect(303);
    let shown = d.app.get(&format!("/api/v1/accounts/{}", d.id())).by(&d.ada).send().await.expect(200).json();
    assert_eq!(shown["limits"]["single"]["amount_minor"], 5_000_000);
    assert_eq!(shown["limits"]["day"]["amount_minor"], 6_000_000);
    assert!(shown["limits"]["month"].is_null());
    assert_eq!(shown["overdraft"]["amount_minor"], 15_050);
    assert_shows(&d.page(&d.teller, &d.path("")).await, &[r#"value="50,000.00""#, "unlimited"]);
    let compliance = clerk(&d.app, Role::Compliance).await;
    d.submit(&compliance, &path, &good).await.expect(403);
}

#[tokio::test]
async fn what_strangers_call_things_stays_text_on_every_page_of_an_account() {
    let d = desk().await;
    let path = format!("/api/v1/accounts/{}", d.id());
    let call = d.app.request(axum::http::Method::PATCH, &path).by(&d.ada);
    call.json(&serde_json::json!({ "nickname": CANARY })).send().await.expect(200);
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    d.pay(&bobs, 100, CANARY).await;
    let compliance = clerk(&d.app, Role::Compliance).await;
    d.submit(&compliance, &d.path("/block-debits"), &[("reason", CANARY)]).await.expect(303);
    for path in [d.path(""), d.path("/transactions"), "/admin/accounts".to_owned()] {
        assert_escaped(&d.page(&compliance, &path).await);
    }
}
