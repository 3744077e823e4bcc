//! Extending links, and authenticating again.

use chrono::Duration;
use truelayer::simulator::{Authorization, Modes};
use truelayer::{
    CodeVerifier, ErrorCode, Extended, Extension, LinkUser, ReauthLink, Remedy, ResponseMode, Tokens,
};

use crate::stage::{Returned, Stage, call, refresh_token};

struct Wish {
    verifier: CodeVerifier,
    user: LinkUser,
}

fn wish(stage: &Stage) -> Wish {
    let user = LinkUser {
        id: None,
        name: "John Doe".to_owned(),
        email: Some("john@example.com".to_owned()),
        phone: None,
    };
    Wish { verifier: CodeVerifier::generate(&stage.random), user }
}

async fn extend(
    stage: &Stage,
    wish: &Wish,
    tokens: &Tokens,
    confirmed: bool,
) -> Result<Extended, truelayer::Error> {
    let challenge = wish.verifier.challenge();
    let extension = Extension {
        refresh_token: refresh_token(tokens),
        access_token: Some(&tokens.access_token),
        user: &wish.user,
        has_reconfirmed: confirmed,
        redirect_uri: &stage.redirect_uri,
        state: "extend-1",
        challenge: &challenge,
        response_mode: ResponseMode::Query,
    };
    stage.client.extend(&extension).await
}

#[tokio::test]
async fn an_eternal_user_is_extended_without_being_asked() {
    let stage = Stage::sandbox().await;
    let tokens = stage.connect("john", "eternal", "mock").await;
    stage.advance(Duration::days(80)).await;
    let wish = wish(&stage);
    let Extended::Done(fresh) = extend(&stage, &wish, &tokens, true).await.expect("extended") else {
        panic!("done")
    };
    assert_ne!(fresh.access_token, tokens.access_token);
    assert_ne!(fresh.refresh_token, tokens.refresh_token, "both are replaced");
    let me = stage.client.me(&call(&fresh.access_token)).await.expect("me");
    let expires_at = me.first().and_then(|me| me.consent_expires_at).expect("an end");
    assert_eq!((expires_at.at - stage.now()).num_days(), 90);
    assert!(stage.client.refresh(refresh_token(&tokens)).await.is_err(), "the old one is dead");
}

#[tokio::test]
async fn the_usual_user_authenticates_and_the_link_keeps_its_name() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let name = stage.only_link();
    stage.advance(Duration::days(95)).await;
    assert!(stage.client.refresh(refresh_token(&tokens)).await.is_err(), "the consent is over");
    let wish = wish(&stage);
    let needed = extend(&stage, &wish, &tokens, true).await.expect("extendable after its end");
    let Extended::Authenticate(link) = needed else { panic!("{needed:?}") };
    let callback = stage.walk(&Authorization::of(link));
    let fresh = stage.exchange(&Returned { callback, verifier: wish.verifier }).await.expect("tokens");
    assert_eq!(stage.only_link(), name, "renewed in place");
    assert!(
        stage.client.me(&call(&fresh.access_token)).await.expect("me").first().expect("one").is_authorised()
    );
}

#[tokio::test]
async fn refusals_to_extend_are_told_apart() {
    let stage = Stage::live().await;
    let british = stage.connect("john", "doe", "ob-harbour").await;
    let german = stage.connect("john", "doe", "xs2a-nordstern").await;
    let wish = wish(&stage);
    let code = |outcome: Result<Extended, truelayer::Error>| {
        let refused = outcome.expect_err("refused");
        (refused.code().expect("a code"), refused.remedy())
    };
    let unconfirmed = code(extend(&stage, &wish, &british, false).await);
    assert_eq!(unconfirmed, (ErrorCode::ValidationError, Remedy::FixRequest));
    let foreign = code(extend(&stage, &wish, &german, true).await);
    assert_eq!(foreign, (ErrorCode::CannotBeExtended, Remedy::Reconnect));
    let invented = Tokens {
        refresh_token: Some(truelayer::RefreshToken::new("invented".to_owned())),
        ..british.clone()
    };
    assert_eq!(code(extend(&stage, &wish, &invented, true).await).0, ErrorCode::InvalidRefreshToken);
    stage.simulator.control().set_modes(Modes { extension_reviewed: false, ..Modes::default() });
    assert_eq!(code(extend(&stage, &wish, &british, true).await).0, ErrorCode::ValidationError);
}

#[tokio::test]
async fn a_link_to_authenticate_again_is_for_the_united_kingdom() {
    let stage = Stage::live().await;
    let british = stage.connect("john", "doe", "ob-harbour").await;
    let german = stage.connect("john", "doe", "xs2a-nordstern").await;
    let verifier = CodeVerifier::generate(&stage.random);
    let challenge = verifier.challenge();
    let reauth = |refresh_token| ReauthLink {
        refresh_token,
        redirect_uri: &stage.redirect_uri,
        state: "reauth-1",
        challenge: &challenge,
        response_mode: ResponseMode::Query,
    };
    let link = stage.client.reauth_link(&reauth(refresh_token(&british))).await.expect("a link");
    let callback = stage.walk(&Authorization::of(link));
    stage.exchange(&Returned { callback, verifier: verifier.clone() }).await.expect("tokens");
    assert_eq!(stage.simulator.control().links().len(), 2, "no link was added");
    let refused = stage.client.reauth_link(&reauth(refresh_token(&german))).await.expect_err("German");
    assert_eq!(refused.code(), Some(ErrorCode::InvalidRefreshToken));
}

#[tokio::test]
async fn a_new_consent_at_a_continental_bank_silently_ends_the_one_before() {
    let stage = Stage::live().await;
    let first = stage.connect("john", "doe", "xs2a-alpin").await;
    let second = stage.connect("john", "doe", "xs2a-alpin").await;
    assert!(stage.client.refresh(refresh_token(&first)).await.is_err());
    stage.client.refresh(refresh_token(&second)).await.expect("the newer one stands");
    let (one, other) =
        (stage.connect("john", "doe", "ob-harbour").await, stage.connect("john", "doe", "ob-harbour").await);
    for tokens in [one, other] {
        stage.client.refresh(refresh_token(&tokens)).await.expect("British consents stand side by side");
    }
}
