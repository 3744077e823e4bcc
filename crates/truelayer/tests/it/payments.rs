//! Single payments.

use chrono::Duration;
use http::HeaderMap;
use kernel::{Currency, Money, Random, Secret};
use truelayer::payments::{
    Beneficiary, BeneficiaryAccount, CreatedPayment, NewPayment, NextAction, Payer, PaymentEvent,
    PaymentEventKind, PaymentStatus, Payments, ProviderSelection, ReversalReason, StartFlow,
};
use truelayer::signature::{JwksCache, SignedRequest, SigningKey, WebhookVerifier};
use truelayer::simulator::{ControlError, Registration, UnmatchedMoney};
use truelayer::{AccessToken, ErrorCode, Remedy};
use url::Url;

use crate::openapi::description::Description;
use crate::receiver::{Received, Receiver};
use crate::stage::Stage;

struct Scene {
    stage: Stage,
    payments: Payments,
    token: AccessToken,
    receiver: Receiver,
    return_uri: Url,
}

const PEM: &str = "-----BEGIN PUBLIC KEY-----\n";

/// Writes a public key as one would paste it into the service's console.
fn pem(key: &SigningKey) -> String {
    use base64::Engine as _;
    let prefix = "30819b301006072a8648ce3d020106052b810400230381860004";
    let public = key.public_key();
    let (x, y) = public.coordinates();
    let der = [hex::decode(prefix).expect("hex"), x.to_vec(), y.to_vec()].concat();
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("{PEM}{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

impl Scene {
    async fn begin() -> Self {
        let stage = Stage::sandbox().await;
        let receiver = Receiver::start().await;
        let key = SigningKey::generate("key-1".to_owned()).expect("a key");
        stage.simulator.control().register(Registration {
            payment_events: Some(receiver.url("/payments")),
            signing_key: Some(("key-1".to_owned(), pem(&key))),
            ..Registration::default()
        });
        let payments = Payments::new(stage.client.clone(), key);
        let token = payments.token().await.expect("a token").access_token;
        let return_uri = "http://127.0.0.1:9/paid".parse().expect("an address");
        Self { stage, payments, token, receiver, return_uri }
    }

    async fn create(&self, key: &str) -> CreatedPayment {
        self.payments.create(&payment(1_250), key, &self.token).await.expect("a payment")
    }

    /// Brings a payment to the bank's door.
    async fn begun(&self, key: &str) -> CreatedPayment {
        let created = self.create(key).await;
        let start = StartFlow { payment_id: &created.id, return_uri: &self.return_uri, user: None };
        let flow = self.payments.start(&start, &format!("{key}-start"), &self.token).await.expect("begun");
        let Some(NextAction::SelectProvider(banks)) = flow.next else { panic!("{flow:?}") };
        let flow = self
            .payments
            .select_provider(&created.id, &banks[0].id, &format!("{key}-bank"), &self.token)
            .await;
        let flow = flow.expect("chosen");
        assert!(matches!(flow.next, Some(NextAction::Redirect(_))), "{flow:?}");
        created
    }

    async fn status(&self, id: &str) -> PaymentStatus {
        self.payments.find(id, &self.token).await.expect("a payment").status
    }

    async fn events(&self) -> Vec<PaymentEvent> {
        let mut events = Vec::new();
        let clock = self.stage.simulator.clock().clone();
        let jwks = self.stage.simulator.environment().jwks().clone();
        let keys = JwksCache::new(reqwest::Client::new(), jwks, clock.clone());
        let verifier = WebhookVerifier::new(keys, clock);
        for Received { path, headers, body } in self.receiver.take() {
            let request = SignedRequest { method: "POST", path: &path, headers: &headers, body: &body };
            verifier.verify(&request).await.expect("a good signature");
            events.push(PaymentEvent::parse(&body).expect("an event"));
        }
        events
    }
}

fn payment(minor: i64) -> NewPayment {
    let id = uuid::Builder::from_random_bytes(Random::seeded(3).bytes()).into_uuid().to_string();
    NewPayment {
        amount: Money::new(minor, Currency::GBP),
        beneficiary: Beneficiary::MerchantAccount { id, reference: None },
        provider: ProviderSelection::UserSelected { countries: vec!["GB".to_owned()] },
        payer: Payer {
            id: None,
            name: Secret::new("Alan Turing".to_owned()),
            email: Some(Secret::new("alan@example.org".to_owned())),
            phone: None,
        },
        metadata: [("transfer".to_owned(), "trf_1".to_owned())].into(),
    }
}

#[tokio::test]
async fn a_payment_is_authorized_executed_and_settled_with_an_event_each() {
    let scene = Scene::begin().await;
    let created = scene.begun("k").await;
    let control = scene.stage.simulator.control();
    let back = control.authorize_payment(&created.id, "test_executed").await.expect("authorized");
    assert_eq!(back.query(), Some(format!("payment_id={}", created.id).as_str()));
    assert_eq!(scene.status(&created.id).await, PaymentStatus::Authorized);
    scene.stage.advance(Duration::seconds(1)).await;
    assert_eq!(scene.status(&created.id).await, PaymentStatus::Executed);
    scene.stage.advance(Duration::seconds(5)).await;
    let settled = scene.payments.find(&created.id, &scene.token).await.expect("a payment");
    assert_eq!((settled.status, settled.amount), (PaymentStatus::Settled, Money::new(1_250, Currency::GBP)));
    assert_eq!(settled.metadata.get("transfer").map(String::as_str), Some("trf_1"));
    assert_eq!(settled.settled_at, Some(scene.stage.now()));
    let kinds: Vec<_> = scene.events().await.into_iter().map(|event| event.kind).collect();
    assert!(matches!(
        kinds[..],
        [PaymentEventKind::Authorized, PaymentEventKind::Executed, PaymentEventKind::Settled { .. }]
    ));
    control.reverse_payment(&created.id, "disputed").await.expect("reversed");
    let events = scene.events().await;
    let reversed = PaymentEventKind::Reversed { at: scene.stage.now(), reason: ReversalReason::Disputed };
    assert_eq!((&events[0].kind, events[0].payment_id.as_ref()), (&reversed, Some(&created.id)));
    assert_eq!(control.reverse_payment(&created.id, "disputed").await, Err(ControlError::State));
}

#[tokio::test]
async fn payments_fail_where_the_test_users_say() {
    let scene = Scene::begin().await;
    let control = scene.stage.simulator.control();
    for (username, stage, reason) in [
        ("test_authorisation_failed", PaymentStatus::Authorizing, "not_authorized"),
        ("test_execution_rejected", PaymentStatus::Authorized, "provider_rejected"),
    ] {
        let created = scene.begun(username).await;
        control.authorize_payment(&created.id, username).await.expect("decided");
        scene.stage.advance(Duration::seconds(10)).await;
        let failed = scene.payments.find(&created.id, &scene.token).await.expect("a payment");
        assert_eq!((failed.status, failed.failure_stage), (PaymentStatus::Failed, Some(stage)));
        assert_eq!(failed.failure_reason.as_deref(), Some(reason));
        let last = scene.events().await.pop().expect("an event");
        assert_eq!(last.kind, PaymentEventKind::Failed { reason: reason.to_owned() });
    }
    let created = scene.begun("unknown").await;
    assert_eq!(control.authorize_payment(&created.id, "somebody").await, Err(ControlError::SignIn));
}

#[tokio::test]
async fn money_that_goes_elsewhere_is_seen_no_further_than_its_execution() {
    let scene = Scene::begin().await;
    let external = NewPayment {
        beneficiary: Beneficiary::ExternalAccount {
            holder: Secret::new("Florin".to_owned()),
            account: BeneficiaryAccount::SortCode {
                sort_code: "01-21-31".parse().expect("a sort code"),
                number: Secret::new("10000000".to_owned()),
            },
            reference: "INV 7".to_owned(),
        },
        provider: ProviderSelection::Preselected { provider_id: "mock-payments-gb-redirect".to_owned() },
        ..payment(500)
    };
    let created = scene.payments.create(&external, "k", &scene.token).await.expect("a payment");
    let start = StartFlow {
        payment_id: &created.id,
        return_uri: &scene.return_uri,
        user: "203.0.113.7".parse().ok(),
    };
    let flow = scene.payments.start(&start, "k-start", &scene.token).await.expect("begun");
    assert!(matches!(flow.next, Some(NextAction::Redirect(_))), "the bank was chosen before: {flow:?}");
    scene
        .stage
        .simulator
        .control()
        .authorize_payment(&created.id, "test_executed")
        .await
        .expect("authorized");
    for _ in 0..3 {
        scene.stage.advance(Duration::hours(1)).await;
    }
    let token = scene.payments.token().await.expect("a token").access_token;
    let found = scene.payments.find(&created.id, &token).await.expect("a payment");
    assert_eq!(found.status, PaymentStatus::Executed);
}

#[tokio::test]
async fn the_same_key_is_the_same_payment_and_another_body_is_refused() {
    let scene = Scene::begin().await;
    let (first, again) = (scene.create("k").await, scene.create("k").await);
    assert_eq!(first, again);
    assert_ne!(scene.create("other").await.id, first.id);
    let refused = scene.payments.create(&payment(9_999), "k", &scene.token).await.expect_err("another body");
    assert_eq!(
        (refused.code(), refused.remedy()),
        (Some(ErrorCode::IdempotencyKeyReuse), Remedy::FixRequest)
    );
    assert!(refused.correlation_id().is_some());
    scene.payments.cancel(&first.id, "c", &scene.token).await.expect("given up");
    scene.payments.cancel(&first.id, "c", &scene.token).await.expect("the repetition is answered alike");
    assert_eq!(scene.status(&first.id).await, PaymentStatus::Failed);
    let late = scene.payments.cancel(&first.id, "c2", &scene.token).await.expect_err("too late");
    assert_eq!((late.code(), late.remedy()), (Some(ErrorCode::InvalidState), Remedy::ReadAgain));
}

#[tokio::test]
async fn a_stranger_s_signature_or_token_makes_no_payment() {
    let scene = Scene::begin().await;
    let stranger = SigningKey::generate("key-1".to_owned()).expect("a key");
    let unknown = SigningKey::generate("key-2".to_owned()).expect("a key");
    for key in [stranger, unknown] {
        let payments = Payments::new(scene.stage.client.clone(), key);
        let refused = payments.create(&payment(1), "k", &scene.token).await.expect_err("not our key");
        assert_eq!(refused.code(), Some(ErrorCode::Unauthorized));
    }
    let wrong = AccessToken::new("invented".to_owned());
    assert!(scene.payments.create(&payment(1), "k", &wrong).await.is_err());
    let narrow = scene.stage.client.client_token("signupplus").await.expect("a token").access_token;
    let refused = scene.payments.create(&payment(1), "k", &narrow).await.expect_err("another scope");
    assert_eq!(refused.code(), Some(ErrorCode::AccessDenied));
    scene.stage.advance(Duration::hours(1)).await;
    assert!(scene.payments.create(&payment(1), "k", &scene.token).await.is_err(), "an hour is over");
}

#[tokio::test]
async fn what_cannot_be_paid_is_refused_by_field() {
    let scene = Scene::begin().await;
    let nothing = scene.payments.create(&payment(0), "k", &scene.token).await.expect_err("nothing");
    assert_eq!(nothing.code(), Some(ErrorCode::ValidationError));
    let dollars = NewPayment { amount: Money::new(1, Currency::USD), ..payment(1) };
    assert!(scene.payments.create(&dollars, "k", &scene.token).await.is_err());
    let absent = scene.payments.find("nobody", &scene.token).await.expect_err("absent");
    assert_eq!(absent.code(), Some(ErrorCode::NotFound));
    let created = scene.begun("ok").await;
    let start = StartFlow { payment_id: &created.id, return_uri: &scene.return_uri, user: None };
    let twice = scene.payments.start(&start, "again", &scene.token).await.expect_err("begun before");
    assert_eq!(twice.code(), Some(ErrorCode::InvalidState));
    let wrong = scene.payments.select_provider(&created.id, "nobody", "again-bank", &scene.token).await;
    assert_eq!(wrong.expect_err("chosen before").code(), Some(ErrorCode::InvalidState));
}

#[tokio::test]
async fn money_that_nobody_announced_is_reported() {
    let scene = Scene::begin().await;
    let money = UnmatchedMoney {
        merchant_account_id: "m".to_owned(),
        amount_minor: 777,
        currency: "GBP".to_owned(),
        reference: "WHO KNOWS".to_owned(),
    };
    scene.stage.simulator.control().receive_unmatched(&money).await;
    let event = scene.events().await.pop().expect("an event");
    assert_eq!(event.payment_id, None);
    let PaymentEventKind::UnmatchedMoney { amount, .. } = event.kind else { panic!("{event:?}") };
    assert_eq!(amount, Money::new(777, Currency::GBP));
}

#[tokio::test]
async fn payments_and_their_events_fit_the_vendors_description() {
    let Some(description) = Description::read("payments-api-v3") else { return };
    let scene = Scene::begin().await;
    let control = scene.stage.simulator.control();
    let api = scene.stage.simulator.environment().api().clone();
    let http = reqwest::Client::new();
    let see = |id: String| {
        let (url, http) = (api.join(&format!("v3/payments/{id}")).expect("an address"), http.clone());
        let token = scene.token.expose().to_owned();
        async move {
            let answer = http.get(url).bearer_auth(token).send().await.expect("an answer");
            let status = answer.status().as_u16();
            (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON"))
        }
    };
    let hold = |(status, answer): (u16, serde_json::Value)| {
        description.hold("get /v3/payments/{id}", status, &answer);
        answer["status"].as_str().unwrap_or("refused").to_owned()
    };
    let mut seen = Vec::new();
    seen.push(hold(see(scene.create("new").await.id).await));
    let paid = scene.begun("paid").await.id;
    seen.push(hold(see(paid.clone()).await));
    control.authorize_payment(&paid, "test_executed").await.expect("authorized");
    seen.push(hold(see(paid.clone()).await));
    for seconds in [1, 5] {
        scene.stage.advance(Duration::seconds(seconds)).await;
        seen.push(hold(see(paid.clone()).await));
    }
    control.reverse_payment(&paid, "corrected").await.expect("reversed");
    seen.push(hold(see(paid).await));
    let failed = scene.begun("failed").await.id;
    control.authorize_payment(&failed, "test_authorisation_failed").await.expect("decided");
    seen.push(hold(see(failed).await));
    seen.push(hold(see("nobody".to_owned()).await));
    let expected = [
        "authorization_required",
        "authorizing",
        "authorized",
        "executed",
        "settled",
        "settled",
        "failed",
        "refused",
    ];
    assert_eq!(seen, expected);
    let schema = &description.document()["webhooks"]["payments"]["post"]["requestBody"]["content"];
    let schema = &schema.as_object().expect("content").values().next().expect("one")["schema"];
    let received = scene.receiver.take();
    assert_eq!(received.len(), 5);
    for Received { body, .. } in received {
        let body = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(description.misfits(schema, &body), [""; 0], "{body}");
    }
}

#[tokio::test]
async fn writes_fit_the_vendors_description() {
    let Some(description) = Description::read("payments-api-v3") else { return };
    let scene = Scene::begin().await;
    let key = SigningKey::generate("key-3".to_owned()).expect("a key");
    let registration =
        Registration { signing_key: Some(("key-3".to_owned(), pem(&key))), ..Registration::default() };
    scene.stage.simulator.control().register(registration);
    let api = scene.stage.simulator.environment().api().clone();
    let post = |path: String, idempotency_key: &'static str, body: serde_json::Value| {
        let (url, key, token) =
            (api.join(&path).expect("an address"), key.clone(), scene.token.expose().to_owned());
        async move {
            let body = body.to_string().into_bytes();
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", idempotency_key.parse().expect("text"));
            let signed = SignedRequest { method: "POST", path: url.path(), headers: &headers, body: &body };
            let signature = key.sign(&signed, &["Idempotency-Key"], None).expect("a signature");
            headers.insert("tl-signature", signature.parse().expect("text"));
            headers.insert("content-type", "application/json; charset=UTF-8".parse().expect("text"));
            let request = reqwest::Client::new().post(url).headers(headers).body(body).bearer_auth(token);
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
        }
    };
    let good = serde_json::json!({
        "amount_in_minor": 100, "currency": "GBP", "user": { "name": "A B", "email": "a@example.org" },
        "payment_method": {
            "type": "bank_transfer", "provider_selection": { "type": "user_selected" },
            "beneficiary": { "type": "merchant_account", "merchant_account_id": "m" },
        },
    });
    let create = "post /v3/payments";
    let (status, created): (u16, serde_json::Value) = post("v3/payments".to_owned(), "a", good.clone()).await;
    assert_eq!(status, 201);
    description.hold(create, status, &created);
    let mut other = good.clone();
    other["amount_in_minor"] = 200.into();
    let mut bad = good;
    bad["currency"] = "USD".into();
    for (key, body, expected) in [("a", other, 422), ("b", bad, 400)] {
        let (status, answer) = post("v3/payments".to_owned(), key, body).await;
        assert_eq!(status, expected);
        description.hold(create, status, &answer);
    }
    let id = created["id"].as_str().expect("an id");
    let flow = format!("v3/payments/{id}/authorization-flow");
    let capabilities =
        serde_json::json!({ "provider_selection": {}, "redirect": { "return_uri": "http://127.0.0.1/" } });
    let begin = "post /v3/payments/{id}/authorization-flow";
    let (status, answer) = post(flow.clone(), "c", capabilities.clone()).await;
    assert_eq!(status, 200);
    description.hold(begin, status, &answer);
    let (status, answer) = post(flow.clone(), "d", capabilities).await;
    assert_eq!(status, 400);
    description.hold(begin, status, &answer);
    let choice = serde_json::json!({ "provider_id": "mock-payments-gb-redirect" });
    let (status, answer) = post(format!("{flow}/actions/provider-selection"), "e", choice).await;
    assert_eq!(status, 200);
    description.hold("post /v3/payments/{id}/authorization-flow/actions/provider-selection", status, &answer);
    let (status, answer) = post(format!("v3/payments/{id}/actions/cancel"), "f", serde_json::json!({})).await;
    assert_eq!(status, 202);
    description.hold("post /v3/payments/{id}/actions/cancel", status, &answer);
}
