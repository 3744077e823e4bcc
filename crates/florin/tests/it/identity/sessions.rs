//! Sessions: refreshed, ended, idle, too many.

use axum::http::Method;
use chrono::Duration;
use serde_json::json;

use crate::harness::{Answer, App, PASSWORD, Person};

async fn me(app: &App, token: &str) -> Answer {
    app.get("/api/v1/me").bearer(token).send().await
}

async fn refresh(app: &App, token: &str) -> Answer {
    app.post("/api/v1/auth/refresh").json(&json!({ "refresh_token": token })).send().await
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_refresh_token_continues_the_session_once() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let first = refresh(&app, &ada.refresh_token).await.expect(200);
    me(&app, &text(&first, "access_token")).await.expect(200);
    let second = refresh(&app, &text(&first, "refresh_token")).await.expect(200);
    assert_eq!(text(&second, "session_id"), ada.session_id.to_string());
}

#[tokio::test]
async fn a_lost_answer_may_be_asked_for_again_for_ten_seconds() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let first = refresh(&app, &ada.refresh_token).await.expect(200);
    app.bank.clock.advance(Duration::seconds(10));
    let again = refresh(&app, &ada.refresh_token).await.expect(200);
    assert_eq!(text(&first, "refresh_token"), text(&again, "refresh_token"));
    refresh(&app, &text(&again, "refresh_token")).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_session() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let first = refresh(&app, &ada.refresh_token).await.expect(200);
    app.bank.clock.advance(Duration::seconds(11));
    refresh(&app, &ada.refresh_token).await.refused(401, "unauthenticated");
    refresh(&app, &text(&first, "refresh_token")).await.refused(401, "unauthenticated");
    me(&app, &text(&first, "access_token")).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn another_client_cannot_repeat_a_refresh() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    refresh(&app, &ada.refresh_token).await.expect(200);
    let body = json!({ "refresh_token": ada.refresh_token });
    let thief = app.post("/api/v1/auth/refresh").header("user-agent", "thief").json(&body);
    thief.send().await.refused(401, "unauthenticated");
    me(&app, &ada.token).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn two_refreshes_at_once_leave_one_line_of_tokens() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let (one, other) = tokio::join!(refresh(&app, &ada.refresh_token), refresh(&app, &ada.refresh_token));
    let (one, other) = (one.expect(200), other.expect(200));
    assert_eq!(text(&one, "refresh_token"), text(&other, "refresh_token"));
}

#[tokio::test]
async fn a_customers_session_ends_after_five_idle_minutes_and_refreshing_is_no_use() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    app.bank.clock.advance(Duration::seconds(299));
    me(&app, &ada.token).await.expect(200);
    app.bank.clock.advance(Duration::seconds(200));
    let fresh = refresh(&app, &ada.refresh_token).await.expect(200);
    app.bank.clock.advance(Duration::seconds(100));
    me(&app, &text(&fresh, "access_token")).await.refused(401, "unauthenticated");
    refresh(&app, &text(&fresh, "refresh_token")).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn staff_may_rest_fifteen_minutes_and_nobody_stays_longer_than_twelve_hours() {
    let app = App::new().await;
    let agent = app.staff(bank::Role::Support).await;
    let mut token = agent.token.clone();
    let mut refresh_token = agent.refresh_token.clone();
    for _ in 0..51 {
        app.bank.clock.advance(Duration::minutes(14));
        let fresh = refresh(&app, &refresh_token).await.expect(200);
        (token, refresh_token) = (text(&fresh, "access_token"), text(&fresh, "refresh_token"));
        me(&app, &token).await.expect(200);
    }
    app.bank.clock.advance(Duration::minutes(6));
    me(&app, &token).await.refused(401, "unauthenticated");
    refresh(&app, &refresh_token).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    me(&app, &ada.token).await.expect(200);
    app.post("/api/v1/auth/logout").by(&ada).send().await.expect(204);
    me(&app, &ada.token).await.refused(401, "unauthenticated");
    refresh(&app, &ada.refresh_token).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_singly_or_all() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    app.bank.clock.advance(Duration::seconds(1));
    let phone = app.sign_in(ada.user_id, &ada.email).await;
    let list = app.get("/api/v1/me/sessions").by(&phone).send().await.expect(200).json();
    let items = list["items"].as_array().expect("a list");
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0]["id"], &items[0]["current"]), (&json!(phone.session_id), &json!(true)));
    let path = format!("/api/v1/me/sessions/{}", ada.session_id);
    let eve = app.customer("Eve").await;
    app.request(Method::DELETE, &path).by(&eve).send().await.refused(404, "not_found");
    app.request(Method::DELETE, &path).by(&phone).send().await.expect(204);
    app.request(Method::DELETE, &path).by(&phone).send().await.refused(404, "not_found");
    me(&app, &ada.token).await.refused(401, "unauthenticated");
    app.request(Method::DELETE, "/api/v1/me/sessions").by(&phone).send().await.expect(204);
    me(&app, &phone.token).await.refused(401, "unauthenticated");
}

async fn live(app: &App, people: &[Person]) -> usize {
    let mut live = 0;
    for person in people {
        live += usize::from(me(app, &person.token).await.status == 200);
    }
    live
}

#[tokio::test]
async fn a_sixth_session_ends_the_oldest() {
    let app = App::new().await;
    let first = app.customer("Ada").await;
    let mut all = vec![first.clone()];
    for _ in 0..5 {
        app.bank.clock.advance(Duration::seconds(1));
        all.push(app.sign_in(first.user_id, &first.email).await);
    }
    me(&app, &first.token).await.refused(401, "unauthenticated");
    assert_eq!(live(&app, &all).await, 5);
}

#[tokio::test]
async fn fifty_sign_ins_at_once_never_leave_more_than_five_sessions() {
    let app = App::new().await;
    let (user_id, email) = app.user("Ada", vec![bank::Role::Customer], None).await;
    let all = futures_util::future::join_all((0..50).map(|_| app.sign_in(user_id, &email))).await;
    assert_eq!(live(&app, &all).await, 5);
}

#[tokio::test]
async fn a_browser_gets_cookies_and_writes_only_with_the_sessions_token() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![bank::Role::Customer], None).await;
    let body = json!({ "email": email, "password": PASSWORD, "delivery": "cookie" });
    let login = app.post("/api/v1/auth/login").header("user-agent", "browser").json(&body);
    let login = login.send().await.expect(200);
    assert!(login.json().get("access_token").is_none(), "no token where a script could read it");
    let cookie = |name: &str| {
        let lines = login.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("text"));
        let line = lines.into_iter().find(|line| line.starts_with(name)).expect("a cookie");
        line.to_owned()
    };
    let session = cookie("florin_session=");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(session.contains(part), "{session}");
    }
    let value = session.split(['=', ';']).nth(1).expect("a value");
    let call =
        |agent: &str| app.get("/api/v1/me").header("user-agent", agent).cookie("florin_session", value);
    call("browser").send().await.expect(200);
    call("another browser").send().await.refused(401, "unauthenticated");
    let write =
        || app.post("/api/v1/auth/logout").header("user-agent", "browser").cookie("florin_session", value);
    write().send().await.refused(403, "csrf_token_required");
    write().header("x-csrf-token", "wrong").send().await.refused(403, "csrf_token_required");
    let out = write().header("x-csrf-token", &text(&login, "csrf_token")).send().await.expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    call("browser").send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn over_https_cookies_are_bound_to_the_host() {
    let app = App::with(|settings| settings.public_url = "https://bank.example.com".to_owned()).await;
    let (_, email) = app.user("Ada", vec![bank::Role::Customer], None).await;
    let body = json!({ "email": email, "password": PASSWORD, "delivery": "cookie" });
    let login = app.post("/api/v1/auth/login").json(&body).send().await.expect(200);
    for line in login.headers.get_all("set-cookie") {
        let line = line.to_str().expect("text");
        assert!(line.starts_with("__Host-florin_") && line.contains("; Secure"), "{line}");
    }
}
