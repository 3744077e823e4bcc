//! No token, secret, number or name shows in what is printed or logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use chrono::Duration;
use truelayer::data::AccountType;
use truelayer::simulator::{Authorization, Fault, FaultKind};
use truelayer::{Callback, CodeExchange, Window};

use crate::stage::{Stage, attended, call, refresh_token};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Collects everything that a careless program might print.
#[derive(Default)]
struct Printed(Vec<String>);

impl Printed {
    fn add(&mut self, value: &impl std::fmt::Debug) {
        self.0.push(format!("{value:?} {value:#?}"));
    }

    fn fail(&mut self, error: &truelayer::Error) {
        self.0.push(format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn nothing_secret_or_personal_is_printed_or_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: what other tests log beside this one must be clean as well.
    tracing::subscriber::set_global_default(subscriber).expect("nobody else collects");
    let stage = Stage::sandbox().await;
    let mut printed = Printed::default();
    let returned = stage.visit("john", "iban", "mock");
    printed.add(&returned.callback);
    printed.add(&returned.verifier);
    let Callback::Granted { code, .. } = &returned.callback else { panic!("granted") };
    let exchange = CodeExchange { code, redirect_uri: &stage.redirect_uri, verifier: &returned.verifier };
    printed.add(&exchange);
    let tokens = stage.client.exchange_code(&exchange).await.expect("tokens");
    printed.add(&tokens);
    printed.add(&stage.client);
    let call = attended(&tokens.access_token);
    printed.add(&call);
    printed.fail(&stage.client.exchange_code(&exchange).await.expect_err("spent"));
    let accounts = stage.client.accounts(&call).await.expect("accounts");
    printed.add(&accounts);
    printed.add(&stage.client.info(&call).await.expect("info"));
    printed.add(&stage.client.cards(&call).await.expect("cards"));
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    printed.add(&stage.client.account_transactions(&id, Window::default(), &call).await.expect("rows"));
    printed.add(&stage.client.standing_orders(&id, &call).await.expect("orders"));
    printed.add(&stage.client.direct_debits(&id, &call).await.expect("debits"));
    fail_in_every_way(&stage, &tokens, &mut printed).await;

    let numbers = &accounts.first().expect("one").account_number;
    let iban = numbers.iban().expect("an IBAN");
    let canaries = [
        ("code", code.expose().clone()),
        ("verifier", returned.verifier.expose().to_owned()),
        ("access token", tokens.access_token.expose().to_owned()),
        ("refresh token", refresh_token(&tokens).expose().to_owned()),
        ("client secret", "sandbox-demo-secret".to_owned()),
        ("IBAN", iban.as_str().to_owned()),
        ("account number", numbers.number().expect("a number").to_owned()),
        ("name", "John Doe".to_owned()),
        ("name on the card", "JOHN DOE".to_owned()),
        ("text", "NORTHWIND".to_owned()),
        ("payee", "HARBOUR LETTINGS".to_owned()),
        ("address", "203.0.113.7".to_owned()),
    ];
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).expect("UTF-8");
    assert!(logged.contains("TrueLayer answered"), "something is logged at all");
    for (what, canary) in canaries {
        assert!(!logged.contains(&canary), "the log shows the {what}");
        // The user's address is the caller's own, and not printed by mistake.
        let shown = printed.0.iter().find(|text| what != "address" && text.contains(&canary));
        assert!(shown.is_none(), "{what}: {shown:?}");
    }
}

async fn fail_in_every_way(stage: &Stage, tokens: &truelayer::Tokens, printed: &mut Printed) {
    let strike = |kind| stage.simulator.control().add_fault(Fault { path: String::new(), kind, count: 1 });
    for kind in [
        FaultKind::Refuse { status: 403, code: "access_denied".to_owned() },
        FaultKind::Page { status: 502 },
        FaultKind::LoseAnswer,
        FaultKind::Garbage,
    ] {
        strike(kind);
        printed.fail(&stage.client.refresh(refresh_token(tokens)).await.expect_err("a fault"));
    }
    stage.advance(Duration::hours(2)).await;
    printed.fail(&stage.client.me(&call(&tokens.access_token)).await.expect_err("expired"));
    let link = stage.link("mock", &truelayer::CodeVerifier::generate(&stage.random).challenge());
    printed.add(&Authorization::of(link).username);
}
