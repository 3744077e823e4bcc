//! Signing in and out: who comes in by which proof, and what opens with it.

use bank::Role;
use bank::settings::Environment;
use serde_json::json;

use crate::harness::{Answer, App, Clerk, PASSWORD, START, token_of};

const SEED: [u8; 20] = [5; 20];

/// Returns the code that an authenticator shows so many steps after the beginning.
fn code(steps: u64) -> String {
    let totp = totp_rs::Builder::new()
        .with_secret(SEED.to_vec())
        .with_account_name("clerk".to_owned())
        .with_issuer(Some("bank".to_owned()))
        .build_noncompliant();
    let start: kernel::Instant = START.parse().expect("an instant");
    totp.generate(start.timestamp().unsigned_abs() + steps * 30).to_string()
}

/// Takes the second step with a code.
async fn second_step(app: &App, first: &Answer, code: &str) -> Answer {
    let step = first.set_cookie("florin_staff_step").expect("a second step");
    let door = app.get("/admin/sign-in").send().await;
    let nonce = door.set_cookie("florin_door").unwrap();
    let fields =
        [("csrf", token_of(&door.text())), ("code", code.to_owned()), ("next", "/admin/me".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let call = app.post("/admin/sign-in/code").cookie("florin_door", &nonce);
    call.cookie("florin_staff_step", &step).form(&fields).send().await
}

#[tokio::test]
async fn staff_signs_in_with_both_factors_and_lands_where_they_wanted_to_go() {
    let app = App::new().await;
    let (_, email) = app.user("Grace Hopper", vec![Role::Support], Some(SEED.to_vec())).await;
    let fields = [("email", email.as_str()), ("password", PASSWORD), ("next", "/admin/customers?q=a")];
    let first = app.at_the_door(&fields).await.expect(303);
    assert_eq!(first.header("location"), "/admin/sign-in/code?next=%2Fadmin%2Fcustomers%3Fq%3Da");
    assert_eq!(first.set_cookie("florin_staff"), None, "one factor opens nothing");
    let wrong = second_step(&app, &first, "000000").await.expect(401);
    assert!(wrong.text().contains("The sign-in failed"), "{}", wrong.text());
    let in_time = second_step(&app, &first, &code(0)).await.expect(303);
    assert_eq!(in_time.header("location"), "/admin/me");
    let line = in_time.headers.get_all("set-cookie").iter().next().unwrap().to_str().unwrap();
    assert!(line.starts_with("florin_staff=") && line.contains("; HttpOnly"), "{line}");
    assert!(line.contains("; SameSite=Lax") && line.contains("; Path=/"), "{line}");
    let clerk = app.clerk_of(&in_time).await;
    let page = app.page(&clerk, "/admin").await.expect(200).text();
    assert!(page.contains("Grace Hopper") && page.contains(">GH<"), "{page}");
    second_step(&app, &first, &code(0)).await.expect(401);
}

#[tokio::test]
async fn customers_and_wrong_passwords_get_the_same_answer() {
    let app = App::new().await;
    let customer = app.customer("Ada Lovelace").await;
    let staff = app.staff(Role::Admin).await;
    let mut told = Vec::new();
    for (email, password) in
        [(&customer.email, PASSWORD), (&staff.email, "wrong"), (&"a@b.example".into(), "x")]
    {
        let answer = app.at_the_door(&[("email", email), ("password", password)]).await.expect(401);
        assert_eq!(answer.set_cookie("florin_staff"), None);
        let page = answer.text();
        assert!(page.contains(&format!(r#"value="{email}""#)), "the address is kept: {page}");
        assert!(!page.contains(password) || password == "x", "the password is not");
        let (_, message) = page.split_once(r#"role="alert">"#).expect("a message");
        told.push(message.split('<').next().unwrap().to_owned());
    }
    assert!(told.iter().all(|message| *message == told[0]), "{told:?}");
}

#[tokio::test]
async fn what_opens_the_api_does_not_open_the_console_and_the_other_way_round() {
    let app = App::new().await;
    let person = app.staff(Role::Admin).await;
    let clerk = app.clerk(&person.email).await;
    for call in [
        app.get("/admin/me").bearer(&person.token),
        app.get("/admin/me").cookie("florin_staff", &person.token),
        app.get("/admin/me").cookie("florin_session", &clerk.cookie),
    ] {
        call.send().await.expect(303);
    }
    app.get("/api/v1/me").bearer(&clerk.cookie).send().await.expect(401);
    app.get("/api/v1/me").cookie("florin_session", &clerk.cookie).send().await.expect(401);
    app.get("/api/v1/me").as_clerk(&clerk).send().await.expect(401);
    // Another browser does not get in with the cookie of this one.
    app.get("/admin/me").as_clerk(&clerk).header("user-agent", "another").send().await.expect(303);
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_changes_nothing() {
    let app = App::new().await;
    let email = app.staff(Role::Admin).await.email;
    let (one, other) = (app.clerk(&email).await, app.clerk(&email).await);
    for token in ["", "guessed", other.token.as_str()] {
        let call = app.post("/admin/me/sign-out-everywhere").as_clerk(&one).form(&[("csrf", token)]);
        assert!(call.send().await.expect(403).text().contains("does not belong to your session"));
    }
    for site in ["cross-site", "same-site"] {
        let call = app.post("/admin/sign-out").as_clerk(&one).form(&[("csrf", &one.token)]);
        call.header("sec-fetch-site", site).send().await.expect(403);
    }
    let json = app.post("/admin/theme").as_clerk(&one).json(&json!({ "csrf": one.token }));
    json.send().await.expect(403);
    app.page(&one, "/admin/me").await.expect(200);
}

#[tokio::test]
async fn signing_out_ends_this_session_and_everywhere_all_of_them() {
    let app = App::new().await;
    let email = app.staff(Role::Operations).await.email;
    let (one, two, three) = (app.clerk(&email).await, app.clerk(&email).await, app.clerk(&email).await);
    let out = app.submit(&one, "/admin/sign-out", &[]).await.expect(303);
    assert_eq!(out.header("location"), "/admin/sign-in");
    assert_eq!(out.set_cookie("florin_staff"), None);
    app.page(&one, "/admin").await.expect(303);
    app.page(&two, "/admin").await.expect(200);
    app.submit(&two, "/admin/me/sign-out-everywhere", &[]).await.expect(303);
    for clerk in [&two, &three] {
        app.page(clerk, "/admin").await.expect(303);
    }
}

#[tokio::test]
async fn one_ends_another_session_of_ones_own_and_a_rested_one_is_over() {
    let app = App::new().await;
    let email = app.staff(Role::Support).await.email;
    let (one, two) = (app.clerk(&email).await, app.clerk(&email).await);
    let page = app.page(&one, "/admin/me").await.expect(200).text();
    let ends: Vec<&str> = page.split("/admin/me/sessions/").skip(1).map(|rest| &rest[..30]).collect();
    // Of three sessions (the API's is one), all but this one can be ended here.
    assert_eq!(ends.len(), 2, "{ends:?}");
    for session in ends {
        app.submit(&one, &format!("/admin/me/sessions/{session}/end"), &[]).await.expect(303);
    }
    app.page(&two, "/admin").await.expect(303);
    app.get("/admin/session").as_clerk(&one).send().await.expect(204);
    app.bank.clock.advance(chrono::Duration::minutes(15));
    app.page(&one, "/admin").await.expect(303);
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_old_one() {
    let app = App::new().await;
    app.leaves_jobs();
    let email = app.staff(Role::Support).await.email;
    let clerk = app.clerk(&email).await;
    let change = async |current: &str, new: &str| {
        app.submit(&clerk, "/admin/me/password", &[("current_password", current), ("password", new)]).await
    };
    let wrong = change("wrong", "walnut ferry canopy").await.expect(422);
    assert!(wrong.text().contains("The confirmation failed"));
    let weak = change(PASSWORD, "short").await.expect(422).text();
    assert!(weak.contains(r#"id="password-password-error""#) && !weak.contains(r#"value="short""#), "{weak}");
    change(PASSWORD, "walnut ferry canopy").await.expect(303);
    let again = app.at_the_door(&[("email", &email), ("password", "walnut ferry canopy")]).await;
    assert_eq!(again.expect(303).header("location"), "/admin");
}

/// Speaks to a production bank, whose cookies are bound to the host.
async fn in_production(
    app: &App,
    path: &str,
    (cookies, fields): (&[(&str, &str)], &[(&str, &str)]),
) -> Answer {
    let call = app.post(path).form(fields);
    cookies.iter().fold(call, |call, (name, value)| call.cookie(name, value)).send().await
}

#[tokio::test]
async fn production_lets_staff_do_nothing_before_a_second_factor_is_enrolled() {
    let app = App::with(|settings| {
        settings.environment = Environment::Production;
        settings.public_url = "https://bank.example.com".to_owned();
    })
    .await;
    app.leaves_jobs();
    let (_, email) = app.user("Grace Hopper", vec![Role::Admin], None).await;
    let door = app.get("/admin/sign-in").send().await.expect(200);
    let (nonce, token) = (door.set_cookie("__Host-florin_door").unwrap(), token_of(&door.text()));
    let fields = [("csrf", token.as_str()), ("email", &email), ("password", PASSWORD)];
    let signed_in = in_production(&app, "/admin/sign-in", (&[("__Host-florin_door", &nonce)], &fields)).await;
    let line = signed_in.headers.get("set-cookie").unwrap().to_str().unwrap().to_owned();
    assert!(line.starts_with("__Host-florin_staff=") && line.contains("; Secure"), "{line}");
    let cookie = signed_in.expect(303).set_cookie("__Host-florin_staff").unwrap();
    let get = |path: &str| app.get(path).cookie("__Host-florin_staff", &cookie).send();
    for path in ["/admin", "/admin/customers"] {
        assert_eq!(get(path).await.expect(303).header("location"), "/admin/me/second-factor");
    }
    let token = token_of(&get("/admin/me/second-factor").await.expect(200).text());
    let clerk = Clerk { name: "florin_staff", cookie: cookie.clone(), token };
    let submit = async |path: &str, fields: &[(&str, &str)]| {
        let fields: Vec<_> =
            [("csrf", clerk.token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        in_production(&app, path, (&[("__Host-florin_staff", &clerk.cookie)], &fields)).await
    };
    submit("/admin/customers/usr_00000000000000000000000001/suspend", &[("reason", "x")]).await.expect(403);
    submit("/admin/me/second-factor", &[("password", "wrong")]).await.expect(422);
    let page = submit("/admin/me/second-factor", &[("password", PASSWORD)]).await.expect(200).text();
    assert!(page.contains(r#"<svg class="qr""#), "{page}");
    let (_, rest) = page.split_once(r#"name="secret" value=""#).unwrap();
    let secret = rest.split('"').next().unwrap();
    let confirm = async |code: &str| {
        submit(
            "/admin/me/second-factor/confirm",
            &[("code", code), ("secret", secret), ("url", "otpauth://x")],
        )
        .await
    };
    let wrong = confirm("000000").await.expect(422).text();
    assert!(wrong.contains(secret), "a mistyped code does not cost the scan");
    let seed = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp =
        totp_rs::Builder::new().with_secret(seed.as_bytes().to_vec()).with_account_name("g".to_owned());
    let start: kernel::Instant = START.parse().unwrap();
    let code = totp
        .with_issuer(Some("b".to_owned()))
        .build_noncompliant()
        .generate(start.timestamp().unsigned_abs());
    let codes = confirm(&code.to_string()).await.expect(200).text();
    assert_eq!(codes.matches("<li><code>").count(), 10, "{codes}");
    get("/admin/customers").await.expect(200);
}
