//! Finding a customer, and what staff does about one.

use axum::http::Method;
use bank::Role;
use bank::accounts::service as accounts;
use kernel::UserId;
use serde_json::json;

use crate::harness::{App, Clerk, Person};

const CANARY: &str = r#"<script>alert('x')</script>"><img src=x>"#;

/// Returns somebody who has an account, and its number.
async fn holder(app: &App, name: &str) -> (Person, String) {
    accounts::offer_currencies(&app.bank).await.unwrap();
    let person = app.customer(name).await;
    let (compliance, support) = (app.staff(Role::Compliance).await, app.staff(Role::Support).await);
    let level = json!({ "level": 1, "reason": "passport seen" });
    let path = format!("/api/v1/users/{}/kyc-level", person.user_id);
    app.post(&path).by(&compliance).json(&level).send().await.expect(200);
    let account = json!({ "product": "current-gbp", "holder_id": person.user_id, "reason": "in the branch" });
    let opened = app.post("/api/v1/accounts").by(&support).json(&account).send().await.expect(201).json();
    (person, opened["number"].as_str().unwrap().to_owned())
}

async fn clerk(app: &App, role: Role) -> Clerk {
    let email = app.staff(role).await.email;
    app.clerk(&email).await
}

fn page_of(id: UserId) -> String {
    format!("/admin/customers/{id}")
}

#[tokio::test]
async fn customers_are_found_by_name_address_number_and_id() {
    let app = App::new().await;
    let (ada, number) = holder(&app, "Ada Lovelace").await;
    let other = app.customer("Charles Babbage").await;
    let clerk = clerk(&app, Role::Support).await;
    let spaced: Vec<&str> =
        number.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect();
    let part = &number[number.len() - 8..];
    let id = ada.user_id.to_string();
    for text in ["lovelace", "ADA+L", &ada.email.replace('@', "%40"), &number, &spaced.join("+"), part, &id] {
        for path in ["customers", "search", "palette"] {
            let page = app.page(&clerk, &format!("/admin/{path}?q={text}")).await.expect(200).text();
            assert!(page.contains(&page_of(ada.user_id)), "{path} by {text}: {page}");
            assert!(!page.contains(&page_of(other.user_id)), "{path} by {text} finds somebody else, too");
        }
    }
    for nobody in ["nobody+at+all", "%25%25", "__"] {
        let page = app.page(&clerk, &format!("/admin/customers?q={nobody}")).await.expect(200).text();
        assert!(page.contains("Nobody fits"), "{nobody}");
    }
    let api = app.get(&format!("/api/v1/users?search={id}")).by(&app.staff(Role::Support).await).send().await;
    assert_eq!(api.expect(200).json()["items"].as_array().unwrap().len(), 1, "the API finds by id, too");
}

#[tokio::test]
async fn long_lists_go_on_where_the_page_before_ended_with_their_filters() {
    let app = App::new().await;
    let clerk = clerk(&app, Role::Auditor).await;
    for _ in 0..55 {
        app.user("Common Name", vec![Role::Customer], None).await;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut next = Some("/admin/customers?q=common&status=active".to_owned());
    while let Some(path) = next {
        let page = app.page(&clerk, &path).await.expect(200).text();
        let rows = page
            .split(r#"class="row" href=""#)
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned());
        for row in rows {
            assert!(seen.insert(row), "a row is shown twice");
        }
        let older =
            page.split_once(r#"rel="next""#).map(|(before, _)| before.rsplit_once(r#"href=""#).unwrap().1);
        next = older.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    }
    assert_eq!(seen.len(), 55);
}

#[tokio::test]
async fn a_customer_is_suspended_with_a_reason_and_reinstated() {
    let app = App::new().await;
    let (ada, number) = holder(&app, "Ada Lovelace").await;
    let clerk = clerk(&app, Role::Compliance).await;
    let path = page_of(ada.user_id);
    let page = app.page(&clerk, &path).await.expect(200).text();
    let number = number.parse::<kernel::AccountNumber>().unwrap().grouped();
    for part in [ada.email.as_str(), &number, "0.00", "Suspend", "End sessions", "passport seen"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let suspend = format!("{path}/suspend");
    let long = "because ".repeat(80);
    let refused = app.submit(&clerk, &suspend, &[("reason", &long)]).await.expect(422).text();
    assert!(refused.contains(long.trim()), "what was typed is kept");
    assert!(refused.contains(r#"aria-invalid="true""#) && refused.contains(r#"id="suspend-reason-error""#));
    assert!(refused.contains(r#"name="actions" open"#), "the form stands open");
    app.get("/api/v1/me").by(&ada).send().await.expect(200);

    let done = app.submit(&clerk, &suspend, &[("reason", "fraud suspected")]).await.expect(303);
    assert_eq!(done.header("location"), path);
    app.get("/api/v1/me").by(&ada).send().await.expect(401);
    let flash = done.set_cookie("florin_flash").unwrap();
    let page = app.get(&path).as_clerk(&clerk).cookie("florin_flash", &flash).send().await.expect(200);
    assert!(
        page.headers.get_all("set-cookie").iter().any(|line| line.as_bytes().starts_with(b"florin_flash=;"))
    );
    let page = page.text();
    for part in [r#"role="status""#, "Suspended. Sessions", "fraud suspected", "user.suspend", "Reinstate"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let forged = format!("{}.{}", flash.split('.').next().unwrap(), "AAAA");
    let page = app.get(&path).as_clerk(&clerk).cookie("florin_flash", &forged).send().await.text();
    assert!(!page.contains(r#"role="status""#), "only our own messages are shown");

    let twice = app.submit(&clerk, &suspend, &[("reason", "again")]).await.expect(409).text();
    assert!(twice.contains("status does not allow it"), "{twice}");
    app.submit(&clerk, &format!("{path}/reinstate"), &[("reason", "cleared")]).await.expect(303);
    app.sign_in(ada.user_id, &ada.email).await;
}

#[tokio::test]
async fn a_customer_is_verified_on_the_page_and_the_api_shows_it() {
    let app = App::new().await;
    let ada = app.customer("Ada Lovelace").await;
    let (clerk, staff) = (clerk(&app, Role::Compliance).await, app.staff(Role::Support).await);
    let (page, path) = (page_of(ada.user_id), format!("{}/kyc-level", page_of(ada.user_id)));
    assert!(app.page(&clerk, &page).await.expect(200).text().contains("Level 0: nothing checked"));
    let fields = [("level", "7"), ("reason", "typed by hand")];
    let refused = app.submit(&clerk, &path, &fields).await.expect(422).text();
    assert!(refused.contains("A level is 0 to 3") && refused.contains("typed by hand"), "{refused}");
    app.submit(&clerk, &path, &[("level", "2"), ("reason", "passport and bill seen")]).await.expect(303);
    assert!(app.page(&clerk, &page).await.text().contains("Level 2: identity and address checked"));
    let level = app.get(&format!("/api/v1/users/{}/kyc-level", ada.user_id)).by(&staff).send().await;
    assert_eq!(level.expect(200).json()["level"], 2);
    let colleague = app.page(&clerk, &page_of(staff.user_id)).await.expect(200).text();
    assert!(!colleague.contains("Verification"), "a member of staff has no level");
}

#[tokio::test]
async fn sessions_end_and_a_second_factor_goes_by_those_who_may() {
    let app = App::new().await;
    app.leaves_jobs();
    let (id, _) = app.user("Ada Lovelace", vec![Role::Customer], Some(vec![5; 20])).await;
    let bob = app.customer("Bob Stone").await;
    let (support, admin) = (clerk(&app, Role::Support).await, clerk(&app, Role::Admin).await);
    app.submit(&support, &format!("{}/end-sessions", page_of(bob.user_id)), &[("reason", "lost phone")])
        .await
        .expect(303);
    app.get("/api/v1/me").by(&bob).send().await.expect(401);

    let reset = format!("{}/reset-second-factor", page_of(id));
    let shown = app.page(&support, &page_of(id)).await.expect(200).text();
    assert!(!shown.contains("/reset-second-factor") && !shown.contains("/suspend"), "no button for support");
    app.submit(&support, &reset, &[("reason", "asked for")]).await.expect(403);
    app.submit(&admin, &reset, &[("reason", "identified in the branch")]).await.expect(303);
    let again = app.submit(&admin, &reset, &[("reason", "once more")]).await.expect(409).text();
    assert!(again.contains("No second factor is enrolled"), "{again}");
}

#[tokio::test]
async fn notes_are_written_with_their_author_and_texts_of_strangers_stay_texts() {
    let app = App::new().await;
    let person = app.customer("Robin Doe").await;
    app.request(Method::PATCH, "/api/v1/me")
        .by(&person)
        .json(&json!({ "full_name": CANARY }))
        .send()
        .await
        .expect(200);
    let clerk = clerk(&app, Role::Support).await;
    let path = page_of(person.user_id);
    app.submit(&clerk, &format!("{path}/notes"), &[("text", CANARY)]).await.expect(303);
    let card = "4111 1111 1111 1111";
    let refused = app.submit(&clerk, &format!("{path}/notes"), &[("text", card)]).await.expect(422).text();
    assert!(refused.contains("no card number"), "{refused}");
    let mut pages = vec![app.page(&clerk, &path).await, app.page(&clerk, "/admin/customers").await];
    for path in ["customers", "search", "palette"] {
        let q = "%3Cscript%3Ealert%28%27x%27%29%3C%2Fscript%3E%22%3E%3Cimg+src%3Dx%3E";
        pages.push(app.page(&clerk, &format!("/admin/{path}?q={q}")).await);
    }
    for page in pages {
        let page = page.expect(200).text();
        assert!(page.contains("&#60;script&#62;alert(&#39;x&#39;)"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{page}");
    }
}
