//! A network that fails: it sits between a client and a server on the loopback, and cuts, stalls or dawdles.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use kernel::Random;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::limits::pause;

/// What the network does to every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Each connection passes a drawn number of bytes, then both its ends are cut, in the middle of whatever it is.
    Cutting,
    /// Nothing passes on connections that are open, or opened; none of them ends. The network took a server away.
    Still,
    /// What comes from the client arrives one byte a second.
    Dripping,
}

const WEATHERS: [Weather; 4] = [Weather::Fair, Weather::Cutting, Weather::Still, Weather::Dripping];

/// A proxy that runs until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    sky: Arc<Sky>,
    listening: JoinHandle<()>,
}

/// What all connections share.
struct Sky {
    server: String,
    random: Random,
    weather: AtomicU8,
    /// How many bytes a connection passes at most before it is cut.
    most: AtomicU64,
    cuts: AtomicUsize,
    changed: Notify,
    /// Rises with each [`Proxy::replace`]: what stood still before then never wakes.
    age: AtomicUsize,
}

impl Proxy {
    /// Listens on a port of its own and passes on to `server`, `host:port`.
    pub async fn start(server: &str, random: Random) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (weather, most) = (AtomicU8::new(0), AtomicU64::new(u64::MAX));
        let (cuts, changed, age) = (AtomicUsize::new(0), Notify::new(), AtomicUsize::new(0));
        let sky = Arc::new(Sky { server: server.to_owned(), random, weather, most, cuts, changed, age });
        let shared = sky.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, shared.clone()));
            }
        });
        Self { address, sky, listening }
    }

    /// Returns where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Changes the weather for all connections; those that were stalled go on when it is fair.
    pub fn turn(&self, weather: Weather) {
        let code = WEATHERS.iter().position(|one| *one == weather).expect("one of them");
        self.sky.weather.store(u8::try_from(code).expect("small"), Ordering::SeqCst);
        self.sky.changed.notify_waiters();
    }

    /// Cuts connections after so many bytes at most, drawn for each; those that are open keep what they drew.
    pub fn cut_within(&self, most: u64) {
        self.sky.most.store(most, Ordering::SeqCst);
        self.turn(Weather::Cutting);
    }

    /// Lets new connections pass; those that stand still do so for ever.
    pub fn replace(&self) {
        self.sky.age.fetch_add(1, Ordering::SeqCst);
        self.sky.weather.store(0, Ordering::SeqCst);
        self.sky.changed.notify_waiters();
    }

    /// Counts the connections that were cut.
    pub fn cuts(&self) -> usize {
        self.sky.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Sky {
    fn weather(&self) -> Weather {
        WEATHERS[usize::from(self.weather.load(Ordering::SeqCst))]
    }

    async fn wait_while_still(&self) {
        let age = self.age.load(Ordering::SeqCst);
        let mut stood = false;
        loop {
            let changed = self.changed.notified();
            if stood && self.age.load(Ordering::SeqCst) != age {
                // The other end keeps its socket and hears nothing: as when a machine is gone.
                std::future::pending::<()>().await;
            }
            if self.weather() != Weather::Still {
                return;
            }
            stood = true;
            changed.await;
        }
    }
}

/// Passes one connection on, until an end closes it or it is cut.
async fn connect(client: TcpStream, sky: Arc<Sky>) {
    sky.wait_while_still().await;
    let Ok(server) = TcpStream::connect(&sky.server).await else { return };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
    }
    let budget = Arc::new(AtomicU64::new(1 + sky.random.below(sky.most.load(Ordering::SeqCst))));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // The first half to end drops the other, and with it both sockets.
    tokio::select! {
        () = pass(from_client, to_server, &sky, &budget, true) => {}
        () = pass(from_server, to_client, &sky, &budget, false) => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    sky: &Sky,
    budget: &AtomicU64,
    is_clients: bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            return;
        }
        sky.wait_while_still().await;
        let mut passing = &buffer[..read];
        let mut is_cut = false;
        if sky.weather() == Weather::Cutting {
            let left = budget.load(Ordering::SeqCst);
            budget.store(left.saturating_sub(read as u64), Ordering::SeqCst);
            is_cut = left <= read as u64;
            passing = &passing[..usize::try_from(left).map_or(read, |left| left.min(read))];
        }
        let step = if is_clients && sky.weather() == Weather::Dripping { 1 } else { passing.len().max(1) };
        for bytes in passing.chunks(step) {
            if to.write_all(bytes).await.is_err() {
                return;
            }
            if sky.weather() == Weather::Dripping && is_clients {
                pause(Duration::from_secs(1)).await;
            }
        }
        if is_cut {
            sky.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
}
