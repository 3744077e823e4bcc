//! The program on the network: two listeners, background work, and an orderly end.
//!
//! Customers and staff come to one listener; Prometheus comes to another, which shows nothing else. On
//! SIGTERM or SIGINT the listeners close, requests in flight are finished (up to `FLORIN_DRAIN_SECONDS`),
//! then workers and the ledger's writer stop, then the database closes. A second signal ends at once.

mod connection;
mod listener;
mod metrics;
mod opening;
mod process;
pub(crate) mod signals;
mod tls;

use std::path::Path;

use bank::jobs::{Worker, WorkerOptions};
use bank::{Bank, identity, oversight};
use kernel::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use truelayer::simulator::Simulator;

use crate::config::Config;
use crate::say::say;
use crate::simulation;
use crate::start::{self, Schema};

pub(crate) use listener::Listener;

/// Holds the arguments of `serve` and `worker`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Leave the schema as it is, and refuse to start when it lacks a migration.
    #[arg(long)]
    pub(crate) no_migrate: bool,
}

/// Says whether a certificate and its key can serve.
///
/// # Errors
/// The file that cannot be read, or that the two do not fit.
pub(crate) fn tls_check(certificate: &Path, key: &Path) -> anyhow::Result<()> {
    tls::acceptor(certificate, key).map(drop)
}

/// Opens the bank and serves it until a signal.
pub(crate) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let schema = schema(&config, &arguments);
    let clock = Clock::system();
    let simulator = simulation::start(&mut config, &clock).await?;
    let bank = start::open_by(clock, &mut config, schema).await?;
    let server = Server::bind(&config).await?;
    let signal = server.announce(&config)?;
    server.run(&config, bank, signal).await?;
    stop(simulator).await;
    Ok(())
}

/// Stops the simulator, where there is one, once the bank asks nothing any more.
pub(crate) async fn stop(simulator: Option<Simulator>) {
    if let Some(simulator) = simulator {
        simulator.stop().await;
    }
}

/// Opens the bank and works its jobs until a signal.
pub(crate) async fn run_worker(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let schema = schema(&config, &arguments);
    let bank = start::open(&mut config, schema).await?;
    let metrics = Listener::bind(config.metrics_address, None, config.http_connections).await?;
    simulation::announce(&config);
    say(format_args!("florin works; metrics on http://{}/metrics", metrics.address()));
    let stop = signals::stop_token()?;
    let pages = tokio::spawn(metrics.serve(metrics::service(bank.db.clone())?, stop.clone(), config.drain));
    let behind = behind(&bank, &stop);
    stop.cancelled().await;
    behind.wait().await;
    pages.await?;
    end(bank).await;
    Ok(())
}

/// Starts what runs behind, until `stop`: the worker, and the sandbox's clock.
fn behind(bank: &Bank, stop: &CancellationToken) -> TaskTracker {
    let behind = TaskTracker::new();
    let worker = Worker::new(bank.clone(), bank::work::registry(), WorkerOptions::default());
    behind.spawn(worker.work(stop.clone()));
    behind.spawn(oversight::follow_clock(bank.clone(), stop.clone()));
    behind.close();
    behind
}

/// Ends what the process still holds, once nobody asks any more.
async fn end(bank: Bank) {
    bank.ledger.stop().await;
    bank.db.close().await;
    tracing::info!("stopped");
}

fn schema(config: &Config, arguments: &Arguments) -> Schema {
    if arguments.no_migrate { Schema::Expect } else { Schema::usual(config) }
}

/// Holds the bound listeners: what connects from now on is answered once [`Server::run`] runs.
pub(crate) struct Server {
    api: Listener,
    metrics: Listener,
    secure: bool,
}

impl Server {
    /// Binds both listeners.
    ///
    /// # Errors
    /// The address that is taken, or the certificate that cannot be read.
    pub(crate) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let tls = config.tls().map(|(certificate, key)| tls::acceptor(&certificate, &key)).transpose()?;
        let secure = tls.is_some();
        let api = Listener::bind(config.address, tls, config.http_connections).await?;
        let metrics = Listener::bind(config.metrics_address, None, config.http_connections).await?;
        Ok(Self { api, metrics, secure })
    }

    /// Returns where requests arrive, with the port that was bound.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.api.address())
    }

    /// Returns where Prometheus asks, with the port that was bound.
    pub(crate) fn metrics_url(&self) -> String {
        format!("http://{}", self.metrics.address())
    }

    /// Says where the program listens, and returns what a signal cancels: whoever has read the line may end it in order.
    ///
    /// # Errors
    /// When the signals' handlers cannot be installed.
    pub(crate) fn announce(&self, config: &Config) -> anyhow::Result<CancellationToken> {
        let stop = signals::stop_token()?;
        let mode = if config.settings.is_production() { "production" } else { "development" };
        say(format_args!("{} ({mode}) listens on {}", config.settings.bank_name, self.url()));
        say(format_args!("metrics on http://{}/metrics", self.metrics.address()));
        simulation::announce(config);
        Ok(stop)
    }

    /// Answers until a signal, then drains, stops what runs behind and closes the database.
    ///
    /// # Errors
    /// When a part of the program could not be started.
    pub(crate) async fn run(
        self,
        config: &Config,
        bank: Bank,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        // What runs behind ends after the last request, which may have asked for work.
        let later = CancellationToken::new();
        let pages = metrics::service(bank.db.clone())?;
        let pages = tokio::spawn(self.metrics.serve(pages, later.clone(), config.drain));
        let behind = behind(&bank, &later);
        behind.spawn(identity::service::watch_epoch(bank.clone(), later.clone()));
        let (router, _) = bank::router::build(&bank);
        tracing::info!("ready");
        self.api.serve(router, stop, config.drain).await;
        later.cancel();
        behind.wait().await;
        pages.await?;
        end(bank).await;
        Ok(())
    }
}
