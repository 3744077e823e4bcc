//! The pages, as a browser without scripts walks through them.

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use truelayer::{AuthLink, Callback, CodeVerifier, ResponseMode, Scopes};
use url::Url;

use crate::stage::{Returned, Stage, read_return};

struct Browser(reqwest::Client);

struct Page {
    status: StatusCode,
    location: Option<String>,
    policy: String,
    text: String,
}

impl Browser {
    fn new() -> Self {
        Self(reqwest::Client::builder().redirect(Policy::none()).build().expect("a browser"))
    }

    async fn read(request: reqwest::RequestBuilder) -> Page {
        let answer = request.send().await.expect("an answer");
        let header =
            |name: &str| answer.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let (status, location) = (answer.status(), header("location"));
        let policy = header("content-security-policy").unwrap_or_default();
        Page { status, location, policy, text: answer.text().await.expect("text") }
    }

    async fn get(&self, url: &Url) -> Page {
        Self::read(self.0.get(url.clone())).await
    }

    async fn post(&self, url: &Url, fields: &[(&str, &str)]) -> Page {
        Self::read(self.0.post(url.clone()).form(fields)).await
    }
}

fn follow(page: &Page) -> Url {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.location.as_ref().expect("a place to go").parse().expect("an address")
}

#[tokio::test]
async fn a_user_chooses_a_bank_signs_in_chooses_accounts_and_consents() {
    let stage = Stage::live().await;
    let browser = Browser::new();
    let verifier = CodeVerifier::generate(&stage.random);
    let link = stage.link("uk-ob-all de-xs2a-all", &verifier.challenge());
    let visit = follow(&browser.get(&link).await);
    let banks = browser.get(&visit).await;
    assert!(banks.text.contains("Harbour Bank") && banks.text.contains("Nordstern"), "{}", banks.text);
    assert!(banks.policy.contains("frame-ancestors 'none'") && banks.policy.contains("script-src 'none'"));
    follow(&browser.post(&visit, &[("action", "choose"), ("bank", "ob-harbour")]).await);
    let wrong = browser.post(&visit, &[("action", "sign_in"), ("username", "john"), ("password", "x")]).await;
    assert!(wrong.text.contains("does not know"), "{}", wrong.text);
    follow(&browser.post(&visit, &[("action", "sign_in"), ("username", "john"), ("password", "doe")]).await);
    let consent = browser.get(&visit).await;
    assert!(consent.text.contains("Easy Saver") && consent.text.contains("90 days"), "{}", consent.text);
    let nothing = browser.post(&visit, &[("action", "allow")]).await;
    assert!(nothing.text.contains("at least one"), "{}", nothing.text);
    let back = follow(
        &browser.post(&visit, &[("action", "allow"), ("account", "savings"), ("account", "card")]).await,
    );
    let callback = read_return(&back);
    let tokens = stage.exchange(&Returned { callback, verifier }).await.expect("tokens");
    let accounts =
        stage.client.accounts(&crate::stage::attended(&tokens.access_token)).await.expect("accounts");
    assert_eq!(accounts.items.len(), 1);
    assert_eq!(browser.get(&visit).await.status, StatusCode::GONE, "a visit ends once");
    assert_eq!(browser.get(&link).await.status, StatusCode::BAD_REQUEST, "a link is followed once");
}

#[tokio::test]
async fn a_posted_return_is_a_form_that_works_by_hand() {
    let stage = Stage::sandbox().await;
    let browser = Browser::new();
    let verifier = CodeVerifier::generate(&stage.random);
    let link = AuthLink {
        client_id: stage.client.client_id(),
        redirect_uri: &stage.redirect_uri,
        scopes: &Scopes::all(),
        providers: &["mock".to_owned()],
        provider_id: None,
        state: "\"><script>",
        nonce: "n",
        challenge: &verifier.challenge(),
        response_mode: ResponseMode::FormPost,
        user_email: None,
    };
    let visit = follow(&browser.get(&link.url(stage.client.environment())).await);
    let page = browser.post(&visit, &[("action", "cancel")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("action=\"http://127.0.0.1:9/callback\""), "{}", page.text);
    assert!(page.text.contains("value=\"access_denied\"") && page.text.contains("<button>"), "{}", page.text);
    assert!(!page.text.contains("\"><script>"), "the state is escaped: {}", page.text);
    assert!(page.policy.contains("'nonce-"));
}

#[tokio::test]
async fn an_invalid_link_and_a_cancelled_visit_end_politely() {
    let stage = Stage::sandbox().await;
    let browser = Browser::new();
    let bad = stage.simulator.environment().auth().join("?client_id=nobody").expect("an address");
    let page = browser.get(&bad).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("unauthorized_client"), "{}", page.text);
    let challenge = CodeVerifier::generate(&stage.random).challenge();
    let visit = follow(&browser.get(&stage.link("mock", &challenge)).await);
    let back = follow(&browser.post(&visit, &[("action", "cancel")]).await);
    assert!(matches!(read_return(&back), Callback::Refused { .. }));
    assert_eq!(
        browser.post(&visit, &[("action", "allow"), ("account", "savings")]).await.status,
        StatusCode::GONE
    );
}
