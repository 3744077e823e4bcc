//! Links, codes and tokens.

use chrono::Duration;
use kernel::Secret;
use truelayer::simulator::{Authorization, ControlError, Modes, ReturnMode};
use truelayer::{
    AuthLink, Callback, CodeExchange, CodeVerifier, DirectLink, ErrorCode, LinkUser, Remedy, ResponseMode,
    Scopes,
};
use url::Url;

use crate::stage::{Returned, Stage, attended, call, cancelling};

#[tokio::test]
async fn a_code_works_once_for_its_own_verifier_address_and_five_minutes() {
    let stage = Stage::sandbox().await;
    let returned = stage.visit("john", "doe", "mock");
    let tokens = stage.exchange(&returned).await.expect("tokens");
    assert_eq!(tokens.expires_in.as_secs(), 3600);
    assert_eq!(tokens.scopes, Some(Scopes::all()));
    let again = stage.exchange(&returned).await.expect_err("spent");
    assert_eq!(again.remedy(), Remedy::RestartFlow);

    let returned = stage.visit("john", "doe", "mock");
    let other =
        Returned { callback: returned.callback.clone(), verifier: CodeVerifier::generate(&stage.random) };
    assert_eq!(stage.exchange(&other).await.expect_err("another's").code(), Some(ErrorCode::InvalidGrant));
    assert!(stage.exchange(&returned).await.is_err(), "a code that failed once is spent");

    let returned = stage.visit("john", "doe", "mock");
    let Callback::Granted { code, .. } = &returned.callback else { panic!("granted") };
    let elsewhere: Url = "http://127.0.0.1:9/elsewhere".parse().unwrap();
    let exchange = CodeExchange { code, redirect_uri: &elsewhere, verifier: &returned.verifier };
    assert!(stage.client.exchange_code(&exchange).await.is_err());

    let returned = stage.visit("john", "doe", "mock");
    stage.advance(Duration::minutes(5)).await;
    assert!(stage.exchange(&returned).await.is_err());
}

#[tokio::test]
async fn a_code_of_nobody_and_a_wrong_secret_are_told_apart() {
    let stage = Stage::sandbox().await;
    let returned = stage.visit("john", "doe", "mock");
    let Callback::Granted { code, .. } = &returned.callback else { panic!("granted") };
    let exchange =
        |code| CodeExchange { code, redirect_uri: &stage.redirect_uri, verifier: &returned.verifier };
    let stranger = stage.stranger();
    let refused = stranger.exchange_code(&exchange(code)).await.expect_err("a wrong secret");
    assert_eq!(refused.remedy(), Remedy::Alarm);
    let invented = Secret::new("invented".to_owned());
    let refused = stage.client.exchange_code(&exchange(&invented)).await.expect_err("no such code");
    assert_eq!(refused.code(), Some(ErrorCode::InvalidAuthorizationCode));
    stage.client.exchange_code(&exchange(code)).await.expect("our own secret still works");
}

#[tokio::test]
async fn users_who_cancel_or_are_lost_come_back_without_a_code() {
    let stage = Stage::sandbox().await;
    let challenge = CodeVerifier::generate(&stage.random).challenge();
    let callback = stage.walk(&cancelling(stage.link("mock", &challenge)));
    assert!(matches!(callback, Callback::Refused { code: ErrorCode::AccessDenied, .. }), "{callback:?}");
    stage.simulator.control().set_modes(Modes { returns: ReturnMode::StateOnly, ..Modes::default() });
    let callback = stage.walk(&Authorization::of(stage.link("mock", &challenge)));
    assert!(matches!(callback, Callback::Abandoned { .. }), "{callback:?}");
    stage.simulator.control().set_modes(Modes { returns: ReturnMode::Never, ..Modes::default() });
    let returned = stage.simulator.control().authorize(&Authorization::of(stage.link("mock", &challenge)));
    assert_eq!(returned, Ok(None));
}

#[tokio::test]
async fn a_link_is_followed_once_and_invalid_ones_not_at_all() {
    let stage = Stage::sandbox().await;
    let challenge = CodeVerifier::generate(&stage.random).challenge();
    let link = stage.link("mock", &challenge);
    stage.walk(&Authorization::of(link.clone()));
    let control = stage.simulator.control();
    assert!(matches!(control.authorize(&Authorization::of(link)), Err(ControlError::Link(_))));
    let good = stage.link("mock", &challenge);
    for (from, to) in [
        ("client_id=sandbox-demo", "client_id=other"),
        ("callback", "callback2"),
        ("response_type=code", "response_type=token"),
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        ("scope=info", "scope=infos"),
        ("providers=mock", "providers=ob-nobody"),
        ("providers=mock", "providers=mock&provider_id=ob-nobody"),
        ("nonce=", "response_mode=fragment&nonce="),
    ] {
        let bad: Url = good.as_str().replace(from, to).parse().unwrap();
        assert_ne!(bad, good, "{from}");
        assert!(
            matches!(control.authorize(&Authorization::of(bad)), Err(ControlError::Link(_))),
            "{from} → {to}"
        );
    }
    let wrong = Authorization { password: "guess".to_owned(), ..Authorization::of(good) };
    assert_eq!(control.authorize(&wrong), Err(ControlError::SignIn));
}

#[tokio::test]
async fn a_posted_return_has_the_same_fields() {
    let stage = Stage::sandbox().await;
    let verifier = CodeVerifier::generate(&stage.random);
    let link = AuthLink {
        client_id: stage.client.client_id(),
        redirect_uri: &stage.redirect_uri,
        scopes: &Scopes::all(),
        providers: &["mock".to_owned()],
        provider_id: Some("mock"),
        state: "state-1",
        nonce: "nonce-1",
        challenge: &verifier.challenge(),
        response_mode: ResponseMode::FormPost,
        user_email: None,
    };
    let callback = stage.walk(&Authorization::of(link.url(stage.client.environment())));
    let Callback::Granted { state, scopes, .. } = &callback else { panic!("{callback:?}") };
    assert_eq!((state.as_str(), scopes), ("state-1", &Some(Scopes::all())));
    stage.exchange(&Returned { callback, verifier }).await.expect("tokens");
}

#[tokio::test]
async fn only_the_last_access_token_works_and_only_for_its_hour() {
    let stage = Stage::sandbox().await;
    let first = stage.john().await;
    let second = stage.client.refresh(crate::stage::refresh_token(&first)).await.expect("tokens");
    let dead = stage.client.me(&call(&first.access_token)).await.expect_err("replaced");
    assert_eq!((dead.code(), dead.remedy()), (Some(ErrorCode::Unauthorized), Remedy::Refresh));
    stage.client.me(&call(&second.access_token)).await.expect("the last one works");
    stage.advance(Duration::hours(1)).await;
    let over = stage.client.me(&call(&second.access_token)).await.expect_err("an hour is over");
    assert_eq!((over.code(), over.remedy()), (Some(ErrorCode::InvalidToken), Remedy::Refresh));
    let unknown = truelayer::AccessToken::new("invented".to_owned());
    assert_eq!(
        stage.client.me(&call(&unknown)).await.expect_err("invented").code(),
        Some(ErrorCode::Unauthorized)
    );
}

#[tokio::test]
async fn a_deleted_link_is_over_on_both_sides() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    stage.client.delete(&tokens.access_token).await.expect("deleted");
    let refused = stage.client.accounts(&call(&tokens.access_token)).await.expect_err("over");
    assert_eq!((refused.code(), refused.remedy()), (Some(ErrorCode::AccessDenied), Remedy::AskConsent));
    let me = stage.client.me(&call(&tokens.access_token)).await.expect("me decides");
    assert!(!me.first().expect("one").is_authorised());
    let refused = stage.client.refresh(crate::stage::refresh_token(&tokens)).await.expect_err("over");
    assert_eq!(refused.remedy(), Remedy::Reconnect);
    let nobody = truelayer::AccessToken::new("invented".to_owned());
    assert!(stage.client.delete(&nobody).await.is_err());
}

#[tokio::test]
async fn a_failing_link_gets_a_name_for_the_support() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let named = stage.client.debug_id(&tokens.access_token).await.expect("a name");
    assert_eq!(
        (named.provider_id.as_str(), named.credentials_id.as_str()),
        ("mock", stage.only_link().as_str())
    );
    assert_eq!(stage.client.delete_debug_id(&tokens.access_token).await.expect("taken back"), named);
    stage.simulator.control().revoke(&stage.only_link()).await.expect("revoked");
    let refused = stage.client.debug_id(&tokens.access_token).await.expect_err("over");
    assert_eq!(refused.code(), Some(ErrorCode::ConsentExpiredOrRevoked));
}

#[tokio::test]
async fn a_direct_link_leads_to_the_bank_that_is_meant() {
    let stage = Stage::live().await;
    let verifier = CodeVerifier::generate(&stage.random);
    let user =
        LinkUser { id: None, name: "Alan Turing".to_owned(), email: None, phone: Some("+44".to_owned()) };
    let (scopes, challenge) = (Scopes::new([truelayer::Scope::Accounts]), verifier.challenge());
    let wish = |provider_id| DirectLink {
        provider_id,
        redirect_uri: &stage.redirect_uri,
        scopes: &scopes,
        consent_id: "consent1",
        user: Some(&user),
        state: "direct-1",
        challenge: &challenge,
        response_mode: ResponseMode::Query,
    };
    let link = stage.client.direct_link(&wish("xs2a-nordstern")).await.expect("a link");
    let callback = stage.walk(&Authorization::of(link));
    let tokens = stage.exchange(&Returned { callback, verifier: verifier.clone() }).await.expect("tokens");
    let me = stage.client.me(&attended(&tokens.access_token)).await.expect("me");
    assert_eq!(me.first().map(|me| me.provider.provider_id.as_str()), Some("xs2a-nordstern"));
    let refused = stage.client.direct_link(&wish("nobody")).await.expect_err("no such bank");
    assert_eq!(refused.code(), Some(ErrorCode::Unauthorized));
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_and_refuses_what_it_does_not_know() {
    let stage = Stage::sandbox().await;
    let url = stage.simulator.environment().auth().join("connect/token").unwrap();
    let base = [
        ("grant_type", "client_credentials"),
        ("client_id", "sandbox-demo"),
        ("client_secret", "sandbox-demo-secret"),
    ];
    let http = reqwest::Client::new();
    for (more, expected) in [
        (("scope", "payments"), 200),
        (("scope", "everything"), 400),
        (("scopes", "payments"), 400),
        (("grant_type", "password"), 400),
    ] {
        let fields: Vec<_> = base.iter().filter(|(name, _)| *name != more.0).chain([&more]).collect();
        let answer = http.post(url.clone()).form(&fields).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected, "{more:?}");
    }
}
