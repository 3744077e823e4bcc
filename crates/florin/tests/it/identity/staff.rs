//! What staff does about users.

use bank::Role;
use serde_json::{Value, json};

use super::register::{mailed_token, registration};
use super::sign_in::SEED;
use crate::harness::{Answer, App, PASSWORD, Person};

async fn act(app: &App, by: &Person, on: &str, verb: &str) -> Answer {
    let body = json!({ "reason": "asked by the branch" });
    app.post(&format!("/api/v1/users/{on}/{verb}")).by(by).json(&body).send().await
}

#[tokio::test]
async fn an_invited_colleague_registers_with_the_mailed_token_and_its_roles() {
    let app = App::new().await;
    let admin = app.staff(Role::Admin).await;
    let invite = |email: &str, roles: Value| {
        let body = json!({ "email": email, "roles": roles, "reason": "joins" });
        app.post("/api/v1/users/invitations").by(&admin).json(&body)
    };
    invite("grace@example.com", json!(["customer"])).send().await.refused(422, "roles_unfit");
    invite("grace@example.com", json!([])).send().await.refused(422, "roles_unfit");
    invite(&admin.email, json!(["support"])).send().await.refused(409, "email_taken");
    invite("grace@example.com", json!(["support"])).send().await.expect(201);
    let open = || app.get("/api/v1/users/invitations").by(&admin).send();
    let invited = open().await.expect(200).json();
    assert_eq!(
        (&invited["items"][0]["email"], &invited["items"][0]["roles"]),
        (&json!("grace@example.com"), &json!(["support"]))
    );
    app.run_jobs().await;
    let token = mailed_token(&app, "grace@example.com");
    let mut other = registration("eve@example.com");
    other["invitation_token"] = json!(token);
    app.post("/api/v1/auth/register").json(&other).send().await.refused(422, "token_unfit");
    let mut body = registration("Grace@example.com");
    body["invitation_token"] = json!(token);
    let answer = app.post("/api/v1/auth/register").json(&body).send().await.expect(202).json();
    assert_eq!(answer["next"], "sign_in");
    let login = json!({ "email": "grace@example.com", "password": PASSWORD });
    let login = app.post("/api/v1/auth/login").json(&login).send().await.expect(200).json();
    let me = app.get("/api/v1/me").bearer(login["access_token"].as_str().expect("a token"));
    assert_eq!(me.send().await.expect(200).json()["roles"], json!(["support"]));
    let mut again = registration("grace2@example.com");
    assert_eq!(open().await.expect(200).json()["items"], json!([]), "it is taken up");
    again["invitation_token"] = json!(token);
    app.post("/api/v1/auth/register").json(&again).send().await.refused(422, "token_unfit");
}

#[tokio::test]
async fn users_are_searched_paged_and_shown_and_the_look_is_written_down() {
    let app = App::new().await;
    let agent = app.staff(Role::Support).await;
    for name in ["Ada Lovelace", "Ada Byron", "Charles Babbage"] {
        app.bank.clock.advance(chrono::Duration::seconds(1));
        app.user(name, vec![Role::Customer], None).await;
    }
    let names = |answer: &Answer| -> Vec<String> {
        let items = answer.json()["items"].as_array().expect("a list").clone();
        items.iter().map(|user| user["full_name"].as_str().expect("a name").to_owned()).collect()
    };
    let get =
        async |query: &str| app.get(&format!("/api/v1/users?{query}")).by(&agent).send().await.expect(200);
    let first = get("kind=customer&limit=2").await;
    assert_eq!(names(&first), ["Charles Babbage", "Ada Byron"]);
    let next = first.json()["next"].as_str().expect("a cursor").to_owned();
    assert_eq!(names(&get(&format!("kind=customer&limit=2&after={next}")).await), ["Ada Lovelace"]);
    assert_eq!(names(&get("search=ADA").await), ["Ada Byron", "Ada Lovelace"]);
    assert_eq!(names(&get("search=babbage&status=suspended").await), Vec::<String>::new());
    let id = get("search=lovelace").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    let shown = app.get(&format!("/api/v1/users/{id}")).by(&agent).send().await.expect(200).json();
    assert_eq!(shown["roles"], json!(["customer"]));
    app.get(&format!("/api/v1/users/{}", "usr_00000000000000000000000001"))
        .by(&agent)
        .send()
        .await
        .refused(404, "not_found");
    let auditor = app.staff(Role::Auditor).await;
    let log = app.get("/api/v1/audit-log?limit=200").by(&auditor).send().await.expect(200).text();
    assert!(log.contains("user.read") && log.contains("user.list"), "{log}");
}

#[tokio::test]
async fn a_suspended_user_is_stopped_at_once_and_reinstated() {
    let app = App::new().await;
    let officer = app.staff(Role::Compliance).await;
    let ada = app.customer("Ada").await;
    let id = ada.user_id.to_string();
    app.get("/api/v1/me").by(&ada).send().await.expect(200);
    act(&app, &officer, &id, "reinstate").await.refused(409, "wrong_status");
    act(&app, &officer, &id, "suspend").await.expect(204);
    app.get("/api/v1/me").by(&ada).send().await.refused(401, "unauthenticated");
    act(&app, &officer, &id, "suspend").await.refused(409, "wrong_status");
    act(&app, &officer, &id, "reinstate").await.expect(204);
    app.get("/api/v1/me").by(&ada).send().await.refused(401, "unauthenticated");
    app.sign_in(ada.user_id, &ada.email).await;
}

#[tokio::test]
async fn who_never_proved_the_address_still_has_to_after_a_suspension() {
    let app = App::new().await;
    let officer = app.staff(Role::Compliance).await;
    let body = registration("ada@example.com");
    app.post("/api/v1/auth/register").json(&body).send().await.expect(202);
    app.run_jobs().await;
    let found = app.get("/api/v1/users?search=ada@example.com").by(&officer).send().await.expect(200).json();
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    act(&app, &officer, &id, "suspend").await.expect(204);
    act(&app, &officer, &id, "reinstate").await.expect(204);
    let shown = app.get(&format!("/api/v1/users/{id}")).by(&officer).send().await.expect(200).json();
    assert_eq!(shown["status"], "pending_verification");
}

#[tokio::test]
async fn sessions_are_ended_and_second_factors_reset_by_those_who_may() {
    let app = App::new().await;
    let admin = app.staff(Role::Admin).await;
    let ada = app.customer("Ada").await;
    act(&app, &admin, &ada.user_id.to_string(), "end-sessions").await.expect(204);
    app.get("/api/v1/me").by(&ada).send().await.refused(401, "unauthenticated");
    act(&app, &admin, &ada.user_id.to_string(), "reset-totp").await.refused(409, "no_second_factor");
    let (eve, email) = app.user("Eve", vec![Role::Customer], Some(SEED.to_vec())).await;
    act(&app, &admin, &eve.to_string(), "reset-totp").await.expect(204);
    app.sign_in(eve, &email).await;
    app.run_jobs().await;
}

#[tokio::test]
async fn nobody_stops_or_promotes_themselves_and_one_administrator_stays() {
    let app = App::new().await;
    let admin = app.staff(Role::Admin).await;
    let ada = app.customer("Ada").await;
    for verb in ["suspend", "reinstate", "reset-totp"] {
        act(&app, &admin, &admin.user_id.to_string(), verb).await.refused(422, "oneself");
    }
    let assign = |by: &Person, on: &Person, roles: Value| {
        let body = json!({ "roles": roles, "reason": "moves" });
        app.post(&format!("/api/v1/users/{}/roles", on.user_id)).by(by).json(&body)
    };
    assign(&admin, &admin, json!(["operations"])).send().await.refused(422, "oneself");
    assign(&admin, &ada, json!(["support"])).send().await.refused(422, "roles_unfit");
    let other = app.person("Grace", vec![Role::Admin]).await;
    assign(&admin, &other, json!(["customer"])).send().await.refused(422, "roles_unfit");
    assign(&admin, &other, json!(["support", "operations"])).send().await.expect(204);
}

#[tokio::test]
async fn each_act_needs_its_permission_and_a_reason() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let auditor = app.staff(Role::Auditor).await;
    let admin = app.staff(Role::Admin).await;
    let target = app.customer("Eve").await.user_id.to_string();
    for person in [&ada, &auditor] {
        for verb in ["suspend", "reinstate", "end-sessions", "reset-totp"] {
            act(&app, person, &target, verb).await.refused(403, "forbidden");
        }
        let body = json!({ "text": "a note" });
        let note = app.post(&format!("/api/v1/users/{target}/notes")).by(person).json(&body);
        note.send().await.refused(403, "forbidden");
    }
    app.get("/api/v1/users").by(&ada).send().await.refused(403, "forbidden");
    app.get("/api/v1/users").send().await.refused(401, "unauthenticated");
    for body in [json!({}), json!({ "reason": "" }), json!({ "reason": "x", "more": 1 })] {
        let call = app.post(&format!("/api/v1/users/{target}/suspend")).by(&admin).json(&body);
        call.send().await.refused(422, "invalid_input");
    }
}
