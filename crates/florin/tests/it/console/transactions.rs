//! Transactions: lists across accounts and of one, the file, and one transaction with all that belongs to it.

use bank::Role;

use super::desk::{CANARY, assert_escaped, assert_shows, clerk, desk, open};

#[tokio::test]
async fn transactions_are_narrowed_as_they_are_typed_and_a_bad_filter_is_explained() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    let small = d.pay(&bobs, 1_000, "coffee").await;
    let large = d.pay(&bobs, 50_000, "Rent & more").await;
    let support = clerk(&d.app, Role::Support).await;
    for (query, found) in [
        ("", [true, true]),
        ("q=COFFEE", [true, false]),
        ("least=100.00", [false, true]),
        ("most=%C2%A3100", [true, false]),
        ("code=transfer&side=debit", [true, true]),
        ("code=fee", [false, false]),
        ("from=2026-03-02&to=2026-03-02", [true, true]),
        ("to=2026-03-01", [false, false]),
        (&format!("account={}", d.number()), [true, true]),
        (&format!("account={}&side=credit", d.id()), [false, false]),
    ] {
        let page = d.page(&support, &format!("/admin/transactions?{query}")).await;
        assert_eq!([page.contains(&small), page.contains(&large)], found, "{query}");
    }
    for (query, told) in [
        ("least=12,50", "Write an amount in GBP like 1,250.00."),
        ("from=yesterday", "Write a day like 2026-03-31."),
        ("from=2026-03-03&to=2026-03-02", "The last day lies before the first."),
        ("account=GB00", "No account has this number or id."),
    ] {
        for path in
            [format!("/admin/transactions?{query}&q=kept"), d.path(&format!("/transactions?{query}&q=kept"))]
        {
            if path.contains("/accounts/") && query.starts_with("account=") {
                continue;
            }
            let page = d.app.page(&support, &path).await.expect(422).text();
            assert_shows(&page, &[told, r#"value="kept""#, r#"id="list""#]);
        }
    }
    d.app.page(&support, "/admin/transactions?after=bm8").await.expect(422);
}

#[tokio::test]
async fn a_long_list_pages_by_key_with_its_filters() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    let mut booked = std::collections::BTreeSet::new();
    for number in 0..60 {
        booked.insert(d.pay(&bobs, 100, &format!("coin {number}")).await);
    }
    let auditor = clerk(&d.app, Role::Auditor).await;
    for first in ["/admin/transactions?q=coin".to_owned(), d.path("/transactions?q=coin")] {
        let (mut seen, mut next) = (Vec::new(), Some(first));
        while let Some(path) = next {
            let page = d.page(&auditor, &path).await;
            let rows = page.split(r#"class="row" href="/admin/transactions/"#).skip(1);
            seen.extend(rows.map(|rest| rest.split('"').next().unwrap().to_owned()));
            let older =
                page.split_once(r#"" rel="next""#).map(|(before, _)| before.rsplit_once('"').unwrap().1);
            next = older.map(|href| href.replace("&#38;", "&"));
        }
        assert_eq!(seen.len(), 60);
        assert_eq!(seen.into_iter().collect::<std::collections::BTreeSet<_>>(), booked);
    }
}

#[tokio::test]
async fn a_statement_is_a_file_and_the_same_as_the_apis() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    d.pay(&bobs, 1_000, "=HYPERLINK(0)").await;
    let auditor = clerk(&d.app, Role::Auditor).await;
    let path = d.path("/transactions/export?from=2026-03-01&to=2026-03-31");
    let file = d.app.page(&auditor, &path).await.expect(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").contains("transactions.csv"));
    let staff = d.app.staff(Role::Auditor).await;
    let path = format!("/api/v1/transactions/export?account_id={}", d.id());
    let same = d.app.get(&path).by(&staff).send().await.expect(200).text();
    assert_eq!(file.text(), same);
    assert!(file.text().contains("'=HYPERLINK"), "{}", file.text());
    assert_eq!(d.page(&auditor, &d.path("/transactions/export?to=2026-02-01")).await.lines().count(), 1);
    d.app.page(&auditor, &d.path("/transactions/export?from=x")).await.expect(422);
}

#[tokio::test]
async fn one_transaction_shows_both_entries_and_is_found_by_its_id() {
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    let id = d.pay(&bobs, 12_345, CANARY).await;
    let path = format!("/admin/transactions/{id}");
    let support = clerk(&d.app, Role::Support).await;
    let page = d.page(&support, &path).await;
    let bobs_page = format!("/admin/accounts/{}", bobs["id"].as_str().unwrap());
    assert_shows(
        &page,
        &[
            "Transfer of",
            "123.45",
            "876.55",
            "Ada Lovelace",
            "Bob Stone",
            &d.path(""),
            &bobs_page,
            "Booked",
            "the bank itself",
        ],
    );
    assert_escaped(&page);
    assert!(!page.contains("/reverse"), "support sees no way to reverse: {page}");
    for list in ["/admin/transactions".to_owned(), d.path("/transactions")] {
        assert_escaped(&d.page(&support, &list).await);
    }
    for find in ["search", "palette"] {
        assert_shows(
            &d.page(&support, &format!("/admin/{find}?q={id}")).await,
            &[&path, "Transfer of 123.45 GBP"],
        );
        let none = d.page(&support, &format!("/admin/{find}?q=trf_00000000000000000000000001")).await;
        assert!(!none.contains("/admin/transactions/trf"), "{none}");
    }
    d.app.page(&support, "/admin/transactions/trf_00000000000000000000000001").await.expect(404);
}

#[tokio::test]
async fn a_hold_shows_how_it_stands_and_what_became_of_it() {
    use ledger::Action;
    let d = desk().await;
    let bobs = open(&d.app, &d.app.customer("Bob Stone").await).await;
    let (debit, credit) = (d.id().parse().unwrap(), bobs["id"].as_str().unwrap().parse().unwrap());
    let amount = kernel::Money::new(5_000, kernel::Currency::GBP);
    let expires_at = Some(d.app.bank.now() + chrono::Duration::days(3));
    let hold = crate::people::pay(&d.app.bank, Action::Hold { debit, credit, amount, expires_at }).await;
    let path = format!("/admin/transactions/{hold}");
    assert_shows(&d.page(&d.teller, &path).await, &["Held", "no entry", "Expires"]);
    let account = d.page(&d.teller, &d.path("")).await;
    assert_shows(&account, &["950.00", "50.00", "Held", &path]);
    let half = Some(kernel::Money::new(2_500, kernel::Currency::GBP));
    let capture = crate::people::pay(&d.app.bank, Action::Capture { hold, amount: half }).await;
    assert_shows(&d.page(&d.teller, &path).await, &["Captured", &capture.to_string()]);
    let captured = d.page(&d.teller, &format!("/admin/transactions/{capture}")).await;
    assert_shows(&captured, &["Captures the hold", &path, "25.00"]);
}
