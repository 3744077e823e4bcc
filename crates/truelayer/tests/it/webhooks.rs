//! Webhooks from the simulator to the verifiers.

use chrono::Duration;
use http::StatusCode;
use kernel::Secret;
use truelayer::signature::{JwksCache, SignatureError, SignedRequest, WebhookVerifier, hmac};
use truelayer::simulator::{AddedTransaction, HmacForm, Modes, Registration, WebhookMode};
use truelayer::webhook::{AccountEvent, AccountEventKind};

use crate::receiver::{Received, Receiver};
use crate::stage::Stage;

const SECRET: &str = "a shared secret of thirty-two byte";

/// Says how events are signed and checked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Body,
    Timestamped,
    Jws,
}

struct Scene {
    stage: Stage,
    receiver: Receiver,
    jws: WebhookVerifier,
    kind: Kind,
}

impl Scene {
    async fn begin(kind: Kind) -> Self {
        let stage = Stage::sandbox().await;
        stage.john().await;
        let receiver = Receiver::start().await;
        let form = if kind == Kind::Timestamped { HmacForm::Timestamped } else { HmacForm::Body };
        stage.simulator.control().register(Registration {
            account_events: Some(receiver.url("/webhook")),
            hmac_secret: (kind != Kind::Jws).then(|| Secret::new(SECRET.to_owned())),
            hmac_form: form,
            ..Registration::default()
        });
        let clock = stage.simulator.clock().clone();
        let keys = JwksCache::new(
            reqwest::Client::new(),
            stage.simulator.environment().jwks().clone(),
            clock.clone(),
        );
        let jws = WebhookVerifier::new(keys, clock);
        Self { stage, receiver, jws, kind }
    }

    async fn fire(&self, modes: &[WebhookMode]) -> Vec<Received> {
        let control = self.stage.simulator.control();
        control.set_modes(Modes { webhooks: modes.to_vec(), ..Modes::default() });
        control.fire("balance.updated", "account-1").await;
        self.receiver.take()
    }

    async fn verify(&self, received: &Received) -> Result<(), SignatureError> {
        let now = self.stage.now();
        let form = match self.kind {
            Kind::Jws => {
                let Received { path, headers, body } = received;
                return self.jws.verify(&SignedRequest { method: "POST", path, headers, body }).await;
            }
            Kind::Body => hmac::Form::Body,
            Kind::Timestamped => hmac::Form::Timestamped,
        };
        let verifier = hmac::Verifier::new(vec![Secret::new(SECRET.as_bytes().to_vec())], form);
        let signature = received.headers.get("tl-signature").expect("a signature").to_str().expect("text");
        verifier.verify(signature, &received.body, now)
    }
}

#[tokio::test]
async fn good_events_are_believed_and_each_way_of_going_wrong_is_seen() {
    use SignatureError::{Mismatch, Stale};
    for kind in [Kind::Body, Kind::Timestamped, Kind::Jws] {
        let scene = Scene::begin(kind).await;
        let jws = kind == Kind::Jws;
        for (modes, count, expected) in [
            (vec![], 1, Ok(())),
            (vec![WebhookMode::Duplicate], 2, Ok(())),
            (vec![WebhookMode::Drop], 0, Ok(())),
            (vec![WebhookMode::WrongSecret], 1, Err(Mismatch)),
            (vec![WebhookMode::TamperedBody], 1, Err(Mismatch)),
            (vec![WebhookMode::WrongPath], 1, if jws { Err(Mismatch) } else { Ok(()) }),
            (vec![WebhookMode::StaleTimestamp], 1, if kind == Kind::Body { Ok(()) } else { Err(Stale) }),
        ] {
            let received = scene.fire(&modes).await;
            assert_eq!(received.len(), count, "{kind:?} {modes:?}");
            for event in &received {
                assert_eq!(scene.verify(event).await, expected, "{kind:?} {modes:?}");
            }
            if modes == [WebhookMode::StaleTimestamp] {
                let event = AccountEvent::parse(&received[0].body).expect("an event");
                assert_eq!(scene.stage.now() - event.at, Duration::days(4), "the receiver sees its age");
            }
        }
    }
}

#[tokio::test]
async fn events_say_what_happened_to_what() {
    let scene = Scene::begin(Kind::Body).await;
    let control = scene.stage.simulator.control();
    let link = scene.stage.only_link();
    let added = AddedTransaction {
        credentials_id: link.clone(),
        account: "current".to_owned(),
        amount_minor: -1_234,
        description: "A NEW PURCHASE".to_owned(),
        pending: false,
    };
    control.add_transaction(&added).await.expect("added");
    control.revoke(&link).await.expect("revoked");
    let events: Vec<_> =
        scene.receiver.take().iter().map(|it| AccountEvent::parse(&it.body).expect("an event")).collect();
    assert_eq!(events[0].kind, AccountEventKind::TransactionCreated);
    assert_eq!((&events[1].kind, &events[1].resource_id), (&AccountEventKind::ConsentRevoked, &link));
    assert_ne!(events[0].event_id, events[1].event_id);
}

#[tokio::test]
async fn late_events_and_reordered_ones_arrive_all_the_same() {
    let scene = Scene::begin(Kind::Jws).await;
    let control = scene.stage.simulator.control();
    control.set_modes(Modes {
        webhooks: vec![WebhookMode::Delay(60), WebhookMode::Reorder],
        ..Modes::default()
    });
    control.fire("account.updated", "first").await;
    control.fire("account.updated", "second").await;
    assert!(scene.receiver.take().is_empty());
    scene.stage.advance(Duration::seconds(60)).await;
    let received = scene.receiver.take();
    let order: Vec<_> =
        received.iter().map(|it| AccountEvent::parse(&it.body).expect("an event").resource_id).collect();
    assert_eq!(order, ["second", "first"]);
    for event in &received {
        assert_eq!(scene.verify(event).await, Ok(()));
    }
}

#[tokio::test]
async fn a_receiver_that_fails_is_asked_again_with_the_same_event() {
    let scene = Scene::begin(Kind::Jws).await;
    scene.receiver.answer(StatusCode::SERVICE_UNAVAILABLE);
    let first = scene.fire(&[]).await;
    scene.stage.advance(Duration::seconds(5)).await;
    let second = scene.receiver.take();
    scene.receiver.answer(StatusCode::OK);
    scene.stage.advance(Duration::seconds(30)).await;
    let third = scene.receiver.take();
    scene.stage.advance(Duration::hours(80)).await;
    assert!(scene.receiver.take().is_empty(), "2xx is the end");
    assert_eq!([first.len(), second.len(), third.len()], [1, 1, 1]);
    assert!(first[0].body == second[0].body && second[0].body == third[0].body);
    let tried: Vec<_> = scene.stage.simulator.control().deliveries().iter().map(|it| it.status).collect();
    assert_eq!(tried, [Some(503), Some(503), Some(200)]);
}

#[tokio::test]
async fn keys_are_fetched_once_and_foreign_addresses_never() {
    let scene = Scene::begin(Kind::Jws).await;
    for _ in 0..3 {
        let received = scene.fire(&[]).await;
        assert_eq!(scene.verify(&received[0]).await, Ok(()));
    }
    let fetched = |scene: &Scene| {
        scene.stage.simulator.control().calls().iter().filter(|call| call.path.ends_with("/jwks")).count()
    };
    assert_eq!(fetched(&scene), 1);
    let clock = scene.stage.simulator.clock().clone();
    let elsewhere = "https://webhooks.truelayer.com/.well-known/jwks".parse().expect("an address");
    let other = WebhookVerifier::new(JwksCache::new(reqwest::Client::new(), elsewhere, clock.clone()), clock);
    let Received { path, headers, body } = &scene.fire(&[]).await[0];
    let request = SignedRequest { method: "POST", path, headers, body };
    assert_eq!(other.verify(&request).await, Err(SignatureError::ForeignKeys), "before anything is fetched");
    assert_eq!(fetched(&scene), 1);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_a_minute() {
    let scene = Scene::begin(Kind::Jws).await;
    let received = scene.fire(&[]).await;
    assert_eq!(scene.verify(&received[0]).await, Ok(()));
    let stranger = truelayer::signature::SigningKey::generate("a key of nobody's".to_owned()).expect("a key");
    let jwks = scene.stage.simulator.environment().jwks().as_str();
    let verify = || async {
        let Received { path, headers, body } = &received[0];
        let mut headers = headers.clone();
        let request = SignedRequest { method: "POST", path, headers: &headers, body };
        let names = ["X-Tl-Webhook-Timestamp"];
        let signature = stranger.sign(&request, &names, Some(jwks)).expect("a signature");
        headers.insert("tl-signature", signature.parse().expect("text"));
        scene.jws.verify(&SignedRequest { method: "POST", path, headers: &headers, body }).await
    };
    let fetched =
        || scene.stage.simulator.control().calls().iter().filter(|call| call.path.ends_with("/jwks")).count();
    scene.stage.advance(Duration::minutes(1)).await;
    for expected in [2, 2, 2] {
        assert_eq!(verify().await, Err(SignatureError::UnknownKey));
        assert_eq!(fetched(), expected, "however many ask");
    }
    scene.stage.advance(Duration::minutes(1)).await;
    assert_eq!(verify().await, Err(SignatureError::UnknownKey));
    assert_eq!(fetched(), 3);
}

#[tokio::test]
async fn without_keys_nothing_is_believed_and_with_old_ones_the_address_may_fail() {
    let scene = Scene::begin(Kind::Jws).await;
    let received = scene.fire(&[]).await;
    let fault = |count| truelayer::simulator::Fault {
        path: "/jwks".to_owned(),
        kind: truelayer::simulator::FaultKind::Page { status: 503 },
        count,
    };
    scene.stage.simulator.control().add_fault(fault(1));
    assert_eq!(scene.verify(&received[0]).await, Err(SignatureError::KeysUnavailable));
    scene.stage.advance(Duration::minutes(1)).await;
    assert_eq!(scene.verify(&received[0]).await, Ok(()));
    scene.stage.simulator.control().add_fault(fault(9));
    scene.stage.advance(Duration::hours(2)).await;
    assert_eq!(scene.verify(&received[0]).await, Ok(()), "the keys are stale and still good");
}
