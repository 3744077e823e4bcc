//! Loading a running server over HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::http::{Method, StatusCode};
use indicatif::ProgressBar;
use kernel::Random;
use tokio::task::JoinSet;

use super::client::{Call, Connection};
use super::people::{People, Person};
use super::report::{Outcome, Tally};
use super::routes;
use super::scenario::{BATCH, Draw, Scenario};

/// How many people sign in at once: each costs the server a password hash.
const SIGN_INS_AT_ONCE: usize = 4;

/// Holds the arguments of `bench` itself.
#[derive(Clone, Debug, clap::Args)]
// A group of its own would take the name of the one that it is flattened into.
#[group(skip)]
pub(super) struct Arguments {
    /// Where the server listens; several, with commas between them, are the nodes of one bank and share the connections.
    #[arg(long, default_value = "http://127.0.0.1:8080", value_delimiter = ',')]
    url: Vec<String>,
    /// Who pays: what `bench prepare` or `demo --credentials-file` wrote.
    #[arg(long, value_name = "FILE", default_value = "bench.json")]
    people: PathBuf,
    /// What is asked for.
    #[arg(long, value_enum, default_value = "mixed")]
    scenario: Scenario,
    /// How many connections ask at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How many requests a second are sent, whether or not the answers keep up; as many as are answered when absent.
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<u64>,
    /// How long it is measured.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How long it is asked before it is measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    warm_up: u64,
    /// Put one account on one side of every payment.
    #[arg(long)]
    hot: bool,
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Holds who asks, and where.
pub(super) struct Callers {
    /// `host:port` of each node.
    addresses: Vec<String>,
    people: Vec<Person>,
    /// A bearer token for each person.
    tokens: Vec<String>,
}

/// Says what is asked for, and how hard.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) scenario: Scenario,
    /// See [`Draw::route`].
    pub(super) route: String,
    pub(super) connections: usize,
    pub(super) rate: Option<u64>,
    pub(super) hot: bool,
    pub(super) warm_up: Duration,
    pub(super) measured: Duration,
}

/// What all connections share.
struct Shared {
    callers: Arc<Callers>,
    load: Load,
    begun: Instant,
    warm: Instant,
    until: Instant,
    answered: AtomicU64,
}

/// Signs everybody in, asks until the time is over, and prints the figures.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { url, people, scenario, connections, rate, seconds, warm_up, hot, json } = arguments;
    ensure!(connections > 0 && rate != Some(0), "nobody would ask for anything");
    let mut people = People::read(&people)?;
    // A lone client is one person, who has signed in once.
    if hot || connections == 1 {
        people.truncate(1);
    }
    let addresses = addresses(&url)?;
    let tokens = sign_in(&addresses[0], &people).await?;
    let callers = Arc::new(Callers { addresses, people, tokens });
    let (warm_up, measured) = (Duration::from_secs(warm_up), Duration::from_secs(seconds));
    let load = Load { scenario, route: String::new(), connections, rate, hot, warm_up, measured };
    if scenario == Scenario::Routes {
        return routes::run(&callers, load, json.as_deref()).await;
    }
    let tally = measure(callers, load).await?;
    tally.tell(&format!("{scenario:?} over {connections} connections"), json.as_deref())
}

/// Takes `http://host:port` apart.
fn addresses(urls: &[String]) -> anyhow::Result<Vec<String>> {
    let address =
        |url: &String| url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/').to_owned());
    urls.iter().map(|url| address(url).context("--url must be http://host:port")).collect()
}

/// Asks over all connections until the time is over.
///
/// On one thread: more would wake one another, and take the processors of a server that shares the machine.
pub(super) async fn measure(callers: Arc<Callers>, load: Load) -> anyhow::Result<Tally> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::spawn_blocking(move || runtime.block_on(ask_over_all(callers, load))).await?
}

async fn ask_over_all(callers: Arc<Callers>, load: Load) -> anyhow::Result<Tally> {
    let begun = Instant::now();
    let warm = begun + load.warm_up;
    let until = warm + load.measured;
    let mut tally = Tally::new(until - warm);
    tally.weight = if load.scenario == Scenario::Batch { BATCH } else { 1 };
    let shared = Arc::new(Shared { callers, load, begun, warm, until, answered: AtomicU64::new(0) });
    let mut asking = JoinSet::new();
    for number in 0..shared.load.connections {
        asking.spawn(ask(shared.clone(), number));
    }
    let watching = tokio::spawn(watch(shared));
    while let Some(asked) = asking.join_next().await {
        tally.add(&asked??);
    }
    watching.abort();
    Ok(tally)
}

impl Callers {
    /// Connects to the node whose turn it is.
    async fn connect(&self, number: usize) -> anyhow::Result<Connection> {
        Connection::open(&self.addresses[number % self.addresses.len()]).await
    }

    /// Fetches a page as the first person.
    pub(super) async fn fetch(&self, path: &str) -> anyhow::Result<serde_json::Value> {
        let (authorization, path) = (Some(self.tokens[0].clone()), path.to_owned());
        let call = Call { method: Method::GET, path, authorization, key: None, body: String::new() };
        let (status, body) = self.connect(0).await?.send(&call).await?;
        ensure!(status.is_success(), "{status}");
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Shows how it goes, twice a second.
async fn watch(shared: Arc<Shared>) {
    let line = ProgressBar::new_spinner();
    let mut look = tokio::time::interval(Duration::from_millis(500));
    let (mut before, mut at) = (0, Instant::now());
    loop {
        look.tick().await;
        let answered = shared.answered.load(Ordering::Relaxed);
        let milliseconds = at.elapsed().as_millis().max(1);
        line.set_message(format!("{} a second", u128::from(answered - before) * 1_000 / milliseconds));
        line.tick();
        (before, at) = (answered, Instant::now());
    }
}

/// Asks over one connection.
async fn ask(shared: Arc<Shared>, number: usize) -> anyhow::Result<Tally> {
    let (callers, load) = (&shared.callers, &shared.load);
    let mut connection = callers.connect(number).await?;
    let chance = Random::system();
    let name = format!("bench-{number}-{:x}", u64::from_be_bytes(chance.bytes()));
    let (people, tokens, hot) = (&callers.people, &callers.tokens, load.hot);
    let mut draw = Draw { people, tokens, chance, name, hot, route: load.route.clone(), asked: 0 };
    let mut tally = Tally::new(shared.until - shared.warm);
    for turn in 0_u32.. {
        // In an open loop the time counts from when the request was due: a server that lags cannot hide it.
        let due = due(&shared, number, turn);
        let begun = due.unwrap_or_else(Instant::now);
        if begun >= shared.until {
            break;
        }
        // In a closed loop there is nothing to wait for: even a timer that is over takes its millisecond.
        if let Some(due) = due {
            wait_until(due).await;
        }
        let (status, _) = connection.send(&draw.call(load.scenario)).await?;
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if begun >= shared.warm && (load.rate.is_some() || Instant::now() <= shared.until) {
            tally.record(outcome(status), begun.elapsed());
        }
    }
    Ok(tally)
}

#[expect(clippy::disallowed_methods, reason = "an open loop keeps its rate by the clock")]
async fn wait_until(at: Instant) {
    tokio::time::sleep_until(at.into()).await;
}

/// Returns when a connection's turn is due, if there is a rate.
fn due(shared: &Shared, number: usize, turn: u32) -> Option<Instant> {
    let rate = u128::from(shared.load.rate?);
    let place = number as u128 + u128::from(turn) * shared.load.connections as u128;
    let after = u64::try_from(place * 1_000_000_000 / rate).ok()?;
    Some(shared.begun + Duration::from_nanos(after))
}

fn outcome(status: StatusCode) -> Outcome {
    match status {
        status if status.is_success() => Outcome::Done,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Outcome::Overloaded,
        status if status.is_client_error() => Outcome::Refused,
        _ => Outcome::Failed,
    }
}

/// Signs everybody in; the tokens stand in the order of the people.
async fn sign_in(address: &str, people: &[Person]) -> anyhow::Result<Vec<String>> {
    let mut tokens = vec![String::new(); people.len()];
    let mut signing = JoinSet::new();
    for first in 0..SIGN_INS_AT_ONCE.min(people.len()) {
        let mine = people.iter().enumerate().skip(first).step_by(SIGN_INS_AT_ONCE);
        let mine: Vec<(usize, String)> = mine
            .map(|(place, person)| {
                let body = serde_json::json!({ "email": person.email, "password": person.password });
                (place, body.to_string())
            })
            .collect();
        let address = address.to_owned();
        signing.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut signed_in = Vec::new();
            for (place, body) in mine {
                let path = "/api/v1/auth/login".to_owned();
                let call = Call { method: Method::POST, path, authorization: None, key: None, body };
                let (status, answer) = connection.send(&call).await?;
                let answer: serde_json::Value = serde_json::from_slice(&answer)?;
                let token = answer["access_token"].as_str().map(|token| format!("Bearer {token}"));
                signed_in.push((place, token.with_context(|| format!("signing in: {status} {answer}"))?));
            }
            anyhow::Ok(signed_in)
        });
    }
    while let Some(signed_in) = signing.join_next().await {
        for (place, token) in signed_in?? {
            tokens[place] = token;
        }
    }
    Ok(tokens)
}
