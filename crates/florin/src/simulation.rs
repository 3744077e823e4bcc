//! TrueLayer simulated in this process: for `florin demo`, and for a sandbox without credentials.

use anyhow::Context as _;
use bank::settings::WebhookScheme as Scheme;
use kernel::{Clock, Random, Secret};
use truelayer::signature::SigningKey;
use truelayer::simulator::{
    Control, HmacForm, Options, Ports, Profile, RegisteredClient, Simulator, WebhookScheme, WebhookTarget,
};
use truelayer::{ClientCredentials, Environment};
use url::Url;

use crate::config::{Config, Simulated};
use crate::say::{complain, say};
use crate::start::complete;

/// Where it listens unless another program does: then on any ports.
pub(crate) const PORTS: Ports = Ports { auth: 4010, api: 4011, hooks: 4012 };
/// The path of the route that takes what is reported about payments.
const PAYMENT_EVENTS: &str = "/api/v1/integrations/truelayer/payments/webhook";
/// What the banks' books follow from.
const SEED: u64 = 1;

/// Says where a simulator on this machine is found that another process runs: `florin serve`, beside a worker.
pub(crate) fn usual() -> Simulated {
    let url = |port: u16, path: &str| -> Url {
        format!("http://127.0.0.1:{port}/{path}").parse().expect("a constant address")
    };
    let servers =
        Environment::custom(url(PORTS.auth, ""), url(PORTS.api, ""), url(PORTS.hooks, ".well-known/jwks"));
    let credentials = credentials(&RegisteredClient::sandbox_demo(Vec::new()));
    Simulated { servers, credentials, signing_key: None }
}

/// Starts it when the configuration asks for it, by the same clock as the bank's.
///
/// # Errors
/// When no port is free, or a folder or a secret cannot be made.
pub(crate) async fn start(config: &mut Config, clock: &Clock) -> anyhow::Result<Option<Simulator>> {
    if !config.truelayer.is_simulated() {
        return Ok(None);
    }
    // It signs what it reports with the secret that the bank will know.
    complete(config)?;
    let Some(settings) = &config.settings.open_banking else { return Ok(None) };
    let mut client = RegisteredClient::sandbox_demo(vec![settings.redirect_uri.clone()]);
    let secret = settings.webhook_secrets.first().filter(|_| settings.webhook_scheme == Scheme::Hmac);
    let scheme = secret.map_or(WebhookScheme::TlSignature, |secret| WebhookScheme::Hmac {
        secret: Secret::new(secret.expose().as_bytes().to_vec()),
        form: HmacForm::Body,
    });
    let account_events = settings.webhook_url.clone();
    let payment_events = format!("{}{PAYMENT_EVENTS}", config.settings.public_url).parse().ok();
    client.webhook = Some(WebhookTarget { account_events, payment_events, scheme });
    let signing_key = SigningKey::generate("florin".to_owned()).context("a key for payments")?;
    client.signing_keys = vec![(signing_key.key_id().to_owned(), signing_key.public_key())];
    let credentials = credentials(&client);
    let options = |ports| Options {
        ports,
        profile: Profile::Sandbox,
        client: client.clone(),
        clock: clock.clone(),
        random: Random::system(),
        seed: SEED,
    };
    let simulator = match Simulator::start(options(PORTS)).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Simulator::start(options(Ports::default())).await
        }
        started => started,
    };
    let simulator = simulator.context("TrueLayer cannot be simulated")?;
    say(format_args!("TrueLayer is simulated on {}", simulator.environment().auth()));
    let servers = simulator.environment().clone();
    config.reach(Simulated { servers, credentials, signing_key: Some(signing_key) });
    tokio::spawn(deliver(simulator.control().clone()));
    Ok(Some(simulator))
}

/// Moves payments on and sends what is due, as time goes by.
async fn deliver(control: Control) {
    let mut beat = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        beat.tick().await;
        control.deliver_due().await;
    }
}

/// Says in the log how TrueLayer is reached.
pub(crate) fn announce(config: &Config) {
    if config.truelayer.uses_deprecated_name() {
        complain("TRUELAYER_SANDBOX is deprecated: write TRUELAYER_ENV=sandbox or TRUELAYER_ENV=production");
    }
    if let Some(settings) = &config.settings.open_banking {
        let mode = settings.mode.as_str();
        tracing::info!(open_banking.mode = mode, "TrueLayer Service initialized ({mode} mode)");
    } else {
        tracing::info!("TrueLayer is off: no TRUELAYER_ variable is set");
    }
}

fn credentials(client: &RegisteredClient) -> ClientCredentials {
    ClientCredentials { client_id: client.client_id.clone(), client_secret: client.client_secret.clone() }
}
