//! What holds for every page: nothing inline, all of it light, errors as pages, and nothing that leads nowhere.

use axum::http::Method;
use bank::Role;
use bank::web::page::navigation::ENTRIES;
use serde_json::Value;

use crate::harness::{Answer, App};

/// What a page weighs at most with everything it loads, compressed as it is sent.
const MOST_BYTES: usize = 150_000;

#[track_caller]
fn assert_page(answer: &Answer, what: &str) {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "form-action 'self'"] {
        assert!(policy.contains(part), "{part} of {what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    let html = answer.text();
    for banned in [" style=", "<style", " onclick", " onload", "hx-on", "javascript:", "https://", "<script>"]
    {
        assert!(!html.contains(banned), "{banned} in {what}");
    }
    for (_, script) in html.match_indices("<script").map(|(at, _)| html.split_at(at)) {
        assert!(script.starts_with(r#"<script src="/assets/"#), "{what}: a script that is not ours");
    }
}

#[tokio::test]
async fn every_page_without_a_session_leads_to_the_door_and_back() {
    let app = App::new().await;
    let document = serde_json::to_value(bank::router::console_document()).unwrap();
    for (template, item) in document["paths"].as_object().unwrap() {
        let door = if template.starts_with("/admin") { "/admin/sign-in" } else { "/my/sign-in" };
        let path = template.replace("{id}", "usr_00000000000000000000000001").replace("{name}", "jobs.purge");
        for method in item.as_object().unwrap().keys() {
            let what = format!("{method} {path}");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = app.request(method.clone(), &path).send().await;
            if method == Method::POST {
                // What was typed would be lost on the way to the door.
                assert_page(&answer.expect(401), &what);
            } else if path == door {
                assert_page(&answer.expect(200), &what);
            } else {
                let to = answer.expect(303).header("location").to_owned();
                assert!(to.starts_with(door), "{what}: {to}");
            }
        }
    }
    let answer = app.get("/admin/customers?q=a%20b").send().await.expect(303);
    assert_eq!(answer.header("location"), "/admin/sign-in?next=%2Fadmin%2Fcustomers%3Fq%3Da%2520b");
    // A part of a page cannot be led away by a redirect: it would be followed behind the page's back.
    let part = app.get("/admin/palette?q=ab").header("hx-request", "true").send().await.expect(401);
    assert_eq!(part.header("hx-redirect"), "/admin/sign-in?next=%2Fadmin%2Fpalette%3Fq%3Dab");
}

#[tokio::test]
async fn whoever_sees_an_entry_of_the_navigation_may_open_it() {
    let app = App::new().await;
    for role in Role::ALL.into_iter().filter(|role| role.is_staff()) {
        let clerk = app.clerk(&app.staff(role).await.email).await;
        let home = app.page(&clerk, "/admin").await.expect(200);
        assert_page(&home, "the home page");
        for entry in ENTRIES {
            let is_shown = home.text().contains(&format!(r#"<a href="{}" data-key"#, entry.href));
            let answer = app.page(&clerk, entry.href).await;
            assert_eq!(is_shown, answer.status == 200, "{role} {}", entry.href);
            if is_shown {
                assert_page(&answer, entry.href);
            } else {
                assert_page(&answer.expect(403), entry.href);
            }
        }
        for tile in home.text().split(r#"<a class="tile" href=""#).skip(1) {
            let href = tile.split('"').next().unwrap();
            match href.strip_prefix('#') {
                Some(place) => assert!(home.text().contains(&format!(r#"id="{place}""#)), "{role} {href}"),
                None => drop(app.page(&clerk, href).await.expect(200)),
            }
        }
    }
}

#[tokio::test]
async fn a_page_weighs_little_with_all_that_it_loads_and_keeps_it_for_ever() {
    let app = App::new().await;
    let clerk = app.clerk(&app.staff(Role::Admin).await.email).await;
    for _ in 0..60 {
        app.user("Some Customer With A Long Name", vec![Role::Customer], None).await;
    }
    let fetch = async |path: &str| {
        app.get(path).as_clerk(&clerk).header("accept-encoding", "gzip").send().await.expect(200)
    };
    let page = app.page(&clerk, "/admin/customers").await.expect(200).text();
    let mut bytes = fetch("/admin/customers").await.bytes.len();
    let mut assets = std::collections::BTreeSet::new();
    for (at, _) in page.match_indices("/assets/") {
        assets.insert(page[at..].split('"').next().unwrap().to_owned());
    }
    assert_eq!(assets.len(), 4, "{assets:?}");
    for asset in assets {
        let answer = fetch(&asset).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{asset}");
        bytes += answer.bytes.len();
    }
    assert!(bytes < MOST_BYTES, "{bytes} bytes");
    app.get("/assets/console.000000000000.css").send().await.expect(404);
}

#[tokio::test]
async fn what_goes_wrong_is_a_page_with_the_request_and_a_way_on() {
    let app = App::new().await;
    let clerk = app.clerk(&app.staff(Role::Auditor).await.email).await;
    let unknown = app.page(&clerk, "/admin/nothing").await.expect(404);
    assert_page(&unknown, "an unknown page");
    assert!(unknown.text().contains(unknown.header("x-request-id")), "{}", unknown.text());
    assert!(unknown.text().contains(r#"href="/admin/customers""#), "the frame stands around it");
    let stranger = app.get("/admin/nothing").send().await.expect(404);
    assert_page(&stranger, "an unknown page for a stranger");
    assert!(!stranger.text().contains("/admin/customers"));
    let method = app.request(Method::DELETE, "/admin/customers").as_clerk(&clerk).send().await.expect(405);
    assert_page(&method, "a wrong method");
    assert_eq!(method.header("allow"), "GET,HEAD");
    let bad = app.page(&clerk, "/admin/customers?after=%00").await.expect(422);
    assert_page(&bad, "a cursor of nobody");
    let absent = app.page(&clerk, "/admin/customers/usr_00000000000000000000000001").await.expect(404);
    assert_page(&absent, "an absent customer");
}

#[tokio::test]
async fn a_theme_is_chosen_by_form_and_kept_and_leads_back() {
    let app = App::new().await;
    let clerk = app.clerk(&app.staff(Role::Support).await.email).await;
    assert!(app.page(&clerk, "/admin").await.text().contains(r#"data-theme="system""#));
    let fields = [("theme", "dark"), ("back", "/admin/customers?q=x")];
    let chosen = app.submit(&clerk, "/admin/theme", &fields).await.expect(303);
    assert_eq!(chosen.header("location"), "/admin/customers?q=x");
    let theme = chosen.set_cookie("florin_theme").unwrap();
    let page = app.get("/admin").as_clerk(&clerk).cookie("florin_theme", &theme).send().await;
    assert!(page.text().contains(r#"data-theme="dark""#));
    for away in ["https://evil.test/", "//evil.test", "/docs", "/administration"] {
        let chosen = app.submit(&clerk, "/admin/theme", &[("theme", "light"), ("back", away)]).await;
        assert_eq!(chosen.expect(303).header("location"), "/admin", "{away}");
    }
}

#[tokio::test]
async fn the_pages_are_in_no_published_document() {
    let app = App::new().await;
    let document: Value = app.get("/api/openapi.json").send().await.expect(200).json();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert!(paths.iter().all(|path| path.starts_with("/api/v1/")), "{paths:?}");
}
