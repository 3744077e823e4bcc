//! Starting and stopping the simulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use kernel::{Clock, Random};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::control::Control;
use super::provider::Profile;
use super::registration::RegisteredClient;
use super::reply::observe;
use super::shared::{Handle, Parts, Shared};
use super::world::World;
use super::{auth, control, data, payments, webhooks};
use crate::environment::Environment;
use crate::signature::SigningKey;

/// How often the outbox is looked through.
const TICK: Duration = Duration::from_millis(200);

/// Says on which ports of loopback the simulator listens; zero takes any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Links, tokens, pages and `/sim`.
    pub auth: u16,
    /// Accounts and payments.
    pub api: u16,
    /// Published keys.
    pub hooks: u16,
}

/// Says what is simulated.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub ports: Ports,
    /// Which environment is imitated.
    pub profile: Profile,
    /// The program that may ask.
    pub client: RegisteredClient,
    /// The time; may be moved.
    pub clock: Clock,
    /// Tokens and ids are drawn from it.
    pub random: Random,
    /// What the books follow from.
    pub seed: u64,
}

/// Holds a running simulator; dropping it stops it.
pub struct Simulator {
    shared: Handle,
    environment: Environment,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Simulator {
    /// Binds the listeners and answers from now on.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let Options { ports, profile, client, clock, random, seed } = options;
        let (auth_listener, auth) = bind(ports.auth).await?;
        let (api_listener, api) = bind(ports.api).await?;
        let (hooks_listener, hooks) = bind(ports.hooks).await?;
        let jwks = hooks.join(".well-known/jwks").map_err(std::io::Error::other)?;
        let key_id = crate::simulator::token::uuid(&random);
        let key = |id: &str| SigningKey::generate(id.to_owned()).map_err(std::io::Error::other);
        let shared = Arc::new(Shared::new(Parts {
            world: World::new(profile, client, seed),
            clock,
            random,
            auth: auth.clone(),
            api: api.clone(),
            jwks: jwks.clone(),
            key: key(&key_id)?,
            wrong_key: key(&key_id)?,
        }));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let mut auth_routes = auth::routes().merge(payments::pages());
        if profile == Profile::Sandbox {
            auth_routes = auth_routes.merge(control::routes());
        }
        let api_routes = data::routes().merge(payments::routes());
        for (listener, routes) in
            [(auth_listener, auth_routes), (api_listener, api_routes), (hooks_listener, webhooks::routes())]
        {
            let routes: Router = routes
                .layer(middleware::from_fn_with_state(shared.clone(), observe))
                .with_state(shared.clone());
            tasks.spawn(serve(listener, routes, stop.clone()));
        }
        tasks.spawn(tick(shared.clone(), stop.clone()));
        tasks.close();
        Ok(Self { shared, environment: Environment::custom(auth, api, jwks), stop, tasks })
    }

    /// Returns the addresses, for the client.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the clock, to be moved.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Returns the levers, which `/sim` has too.
    pub fn control(&self) -> Control {
        Control::new(self.shared.clone())
    }

    /// Stops answering and waits for what is being answered.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn bind(port: u16) -> std::io::Result<(TcpListener, Url)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    Ok((listener, url.parse().map_err(std::io::Error::other)?))
}

async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let served = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!("a listener of the simulator ended: {error}");
    }
}

/// Sends what is due, by the simulator's clock.
async fn tick(shared: Handle, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        payments::advance(&shared);
        webhooks::send_due(&shared).await;
    }
}
