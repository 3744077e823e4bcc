//! `florin simulate truelayer`.

use anyhow::Context as _;
use kernel::{Clock, Random, Secret};
use truelayer::simulator::{
    HmacForm, Options, Ports, Profile, RegisteredClient, Simulator, WebhookScheme, WebhookTarget,
};
use url::Url;

use crate::say::say;
use crate::serve::signals;
use crate::simulation;

/// Where a bank on this machine takes users back, unless it is told otherwise.
const CALLBACK: &str = "http://127.0.0.1:8080/api/v1/integrations/truelayer/callback";

/// Says whose service is simulated.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// TrueLayer, with made-up banks whose users consent in the browser.
    Truelayer(Arguments),
}

/// Says where the simulator listens and whom it knows.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The port of links, tokens, pages and the control API.
    #[arg(long, default_value_t = simulation::PORTS.auth)]
    auth_port: u16,
    /// The port of accounts and payments.
    #[arg(long, default_value_t = simulation::PORTS.api)]
    api_port: u16,
    /// The port of the published webhook keys.
    #[arg(long, default_value_t = simulation::PORTS.hooks)]
    hooks_port: u16,
    /// Imitate the live environment: several banks in three countries, and no control API.
    #[arg(long)]
    live: bool,
    /// What the banks' books follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where users may be sent back to; may be given several times.
    #[arg(long = "redirect-uri", default_value = CALLBACK)]
    redirect_uris: Vec<Url>,
    /// Where changes of accounts are reported.
    #[arg(long, env = "TRUELAYER_WEBHOOK_URL")]
    webhook_url: Option<Url>,
    /// Where events of payments are reported, signed with Tl-Signature.
    #[arg(long)]
    payments_webhook_url: Option<Url>,
    /// Signs changes of accounts by HMAC-SHA256; without it they are signed with Tl-Signature.
    #[arg(long, env = "TRUELAYER_WEBHOOK_SECRET", hide_env_values = true, value_parser = secret)]
    webhook_secret: Option<Secret<String>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the parser asks for")]
fn secret(text: &str) -> Result<Secret<String>, std::convert::Infallible> {
    Ok(Secret::new(text.to_owned()))
}

/// Answers until a signal; needs no configuration and no database.
pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    let Command::Truelayer(arguments) = command;
    let provider = rustls::crypto::aws_lc_rs::default_provider().install_default();
    anyhow::ensure!(provider.is_ok(), "a TLS provider is installed already");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let stop = signals::stop_token()?;
    let simulator = Simulator::start(options(arguments)).await.context("the simulator's ports")?;
    let environment = simulator.environment();
    say(format_args!("TrueLayer is simulated; nothing of it is real"));
    say(format_args!("  links and tokens    {}", environment.auth()));
    say(format_args!("  accounts, payments  {}", environment.api()));
    say(format_args!("  webhook keys        {}", environment.jwks()));
    say("  client id sandbox-demo, client secret sandbox-demo-secret");
    say("  users at the bank: john with doe, iban or eternal; error.provider_error with error");
    say(format_args!("  levers: {}sim", environment.auth()));
    stop.cancelled().await;
    simulator.stop().await;
    Ok(())
}

fn options(arguments: Arguments) -> Options {
    let mut client = RegisteredClient::sandbox_demo(arguments.redirect_uris);
    let scheme = arguments.webhook_secret.map_or(WebhookScheme::TlSignature, |secret| WebhookScheme::Hmac {
        secret: Secret::new(secret.expose().as_bytes().to_vec()),
        form: HmacForm::Body,
    });
    client.webhook = Some(WebhookTarget {
        account_events: arguments.webhook_url,
        payment_events: arguments.payments_webhook_url,
        scheme,
    });
    Options {
        ports: Ports { auth: arguments.auth_port, api: arguments.api_port, hooks: arguments.hooks_port },
        profile: if arguments.live { Profile::Live } else { Profile::Sandbox },
        client,
        clock: Clock::system(),
        random: Random::system(),
        seed: arguments.seed,
    }
}
