//! What the client asks fits the vendor's descriptions too.

use kernel::{Money, Random, Secret};
use serde_json::Value;
use truelayer::payments::{
    Beneficiary, BeneficiaryAccount, NewPayment, Payer, Payments, ProviderSelection, StartFlow,
};
use truelayer::signature::SigningKey;
use truelayer::{
    AccessToken, Client, ClientCredentials, CodeExchange, CodeVerifier, DirectLink, Environment, Extension,
    LinkUser, ReauthLink, RefreshToken, ResponseMode, Scopes,
};
use url::Url;

use super::description::Description;
use crate::receiver::Receiver;

/// A client whose requests arrive at a receiver, which answers nothing useful.
struct Listener {
    receiver: Receiver,
    client: Client,
    redirect_uri: Url,
    verifier: CodeVerifier,
    refresh_token: RefreshToken,
    access_token: AccessToken,
    user: LinkUser,
}

impl Listener {
    async fn begin() -> Self {
        let receiver = Receiver::start().await;
        let base = receiver.url("/");
        let environment = Environment::custom(base.clone(), base.clone(), base);
        let credentials =
            ClientCredentials { client_id: "id".to_owned(), client_secret: Secret::new("secret".to_owned()) };
        Self {
            client: Client::new(environment, credentials).expect("a client"),
            receiver,
            redirect_uri: "https://bank.example/callback".parse().expect("an address"),
            verifier: CodeVerifier::generate(&Random::seeded(1)),
            refresh_token: RefreshToken::new("refresh".to_owned()),
            access_token: AccessToken::new("access".to_owned()),
            user: LinkUser {
                id: None,
                name: "Alan Turing".to_owned(),
                email: Some("alan@example.org".to_owned()),
                phone: None,
            },
        }
    }

    /// Returns what was asked last.
    fn asked(&self) -> Value {
        let received = self.receiver.take();
        serde_json::from_slice(&received.last().expect("a request").body).expect("JSON")
    }
}

fn hold(description: &Description, operation: &str, asked: &Value) {
    let misfits = description.misfits(description.question(operation), asked);
    assert!(misfits.is_empty(), "{operation} does not fit at {misfits:?}: {asked}");
}

#[tokio::test]
async fn what_is_asked_of_the_auth_server_fits() {
    let (Some(auth), Some(data)) =
        (Description::read("authentication-api"), Description::read("data-api-v1"))
    else {
        return;
    };
    let stage = Listener::begin().await;
    let Listener { client, redirect_uri, verifier, refresh_token, access_token, user, .. } = &stage;
    let code = Secret::new("code".to_owned());
    let _ = client.exchange_code(&CodeExchange { code: &code, redirect_uri, verifier }).await;
    hold(&auth, "post /connect/token", &stage.asked());
    let _ = client.refresh(refresh_token).await;
    hold(&auth, "post /connect/token", &stage.asked());
    let _ = client.client_token("payments").await;
    hold(&auth, "post /connect/token", &stage.asked());
    let _ = client.debug_id(access_token).await;
    hold(&auth, "post /api/debug", &stage.asked());
    let challenge = verifier.challenge();
    for response_mode in [ResponseMode::Query, ResponseMode::FormPost] {
        let scopes = Scopes::all();
        let link = DirectLink {
            provider_id: "ob-monzo",
            redirect_uri,
            scopes: &scopes,
            consent_id: "consent",
            user: Some(user),
            state: "state",
            challenge: &challenge,
            response_mode,
        };
        let _ = client.direct_link(&link).await;
        hold(&auth, "post /v1/authuri", &stage.asked());
        let link =
            ReauthLink { refresh_token, redirect_uri, state: "state", challenge: &challenge, response_mode };
        let _ = client.reauth_link(&link).await;
        hold(&auth, "post /v1/reauthuri", &stage.asked());
        let extension = Extension {
            refresh_token,
            access_token: None,
            user,
            has_reconfirmed: true,
            redirect_uri,
            state: "state",
            challenge: &challenge,
            response_mode,
        };
        let _ = client.extend(&extension).await;
        hold(&data, "post /connections/extend", &stage.asked());
    }
}

#[tokio::test]
async fn what_is_asked_about_payments_fits() {
    let Some(description) = Description::read("payments-api-v3") else { return };
    let stage = Listener::begin().await;
    let key = SigningKey::generate("key".to_owned()).expect("a key");
    let payments = Payments::new(stage.client.clone(), key);
    let token = &stage.access_token;
    let id = uuid::Builder::from_random_bytes(Random::seeded(1).bytes()).into_uuid().to_string();
    let to_merchant = Beneficiary::MerchantAccount { id, reference: Some("top-up".to_owned()) };
    let external = |account| Beneficiary::ExternalAccount {
        holder: Secret::new("Florin Bank".to_owned()),
        account,
        reference: "INV 7".to_owned(),
    };
    let sort_code = BeneficiaryAccount::SortCode {
        sort_code: "01-21-31".parse().expect("a sort code"),
        number: Secret::new("10000000".to_owned()),
    };
    let iban = BeneficiaryAccount::Iban("DE89370400440532013000".parse().expect("an IBAN"));
    let chosen = ProviderSelection::UserSelected { countries: vec!["GB".to_owned()] };
    let known = ProviderSelection::Preselected { provider_id: "mock-payments-gb-redirect".to_owned() };
    for (beneficiary, provider) in [
        (to_merchant, chosen),
        (external(sort_code), known),
        (external(iban), ProviderSelection::UserSelected { countries: Vec::new() }),
    ] {
        let payment = NewPayment {
            amount: Money::new(1_250, kernel::Currency::GBP),
            beneficiary,
            provider,
            payer: Payer {
                id: None,
                name: Secret::new("Alan Turing".to_owned()),
                email: Some(Secret::new("alan@example.org".to_owned())),
                phone: None,
            },
            metadata: [("transfer".to_owned(), "trf_1".to_owned())].into(),
        };
        let _ = payments.create(&payment, "key-1", token).await;
        hold(&description, "post /v3/payments", &stage.asked());
    }
    let start = StartFlow { payment_id: "p", return_uri: &stage.redirect_uri, user: None };
    let _ = payments.start(&start, "key-2", token).await;
    hold(&description, "post /v3/payments/{id}/authorization-flow", &stage.asked());
    let _ = payments.select_provider("p", "mock", "key-3", token).await;
    let operation = "post /v3/payments/{id}/authorization-flow/actions/provider-selection";
    hold(&description, operation, &stage.asked());
}
