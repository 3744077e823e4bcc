//! Payments from many clients at once, until they are told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kernel::Random;
use tokio::task::JoinSet;

use crate::bank::MARK;
use crate::client::{Client, Outcome, Payment};
use crate::journal::Journal;
use crate::limits::pause;

/// How many clients pay at once.
pub const CLIENTS: usize = 16;

/// Clients that pay.
pub struct Load {
    paying: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Lets [`CLIENTS`] clients pay, each from the accounts of one of `people`, its next payment once the last was noted.
    pub fn start(people: &[Client], journal: &Arc<Journal>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut paying = JoinSet::new();
        for number in 0..CLIENTS {
            let mut client = people[number % people.len()].clone();
            let (journal, stop) = (journal.clone(), stop.clone());
            // A name that no other client of any round has; the key's last letter says where it ends, in any file.
            let chance = Random::system();
            let name = format!("{MARK}{:08x}", u32::from_be_bytes(chance.bytes()));
            paying.spawn(async move {
                for number in 0_u64.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let payment = draw(&client, &chance, format!("{name}-{number}z"));
                    if let Outcome::Unknown(_) = journal.pay(&mut client, &payment).await {
                        // Where the bank is gone, the next payment would fail at once as well.
                        pause(Duration::from_millis(20)).await;
                    }
                }
            });
        }
        Self { paying, stop }
    }

    /// Lets every client finish the payment it is at.
    pub async fn stop(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(paid) = self.paying.join_next().await {
            paid.expect("a client did not panic");
        }
    }
}

/// Draws a payment between two accounts of the client's.
pub fn draw(client: &Client, chance: &Random, key: String) -> Payment {
    let accounts = &client.person.accounts;
    let below = |bound: usize| usize::try_from(chance.below(bound as u64)).expect("small");
    let from = below(accounts.len());
    let to = (from + 1 + below(accounts.len() - 1)) % accounts.len();
    let currency = accounts[from].currency.clone();
    let (from, to) = (accounts[from].id.clone(), accounts[to].id.clone());
    Payment { key, from, to, amount_minor: 1 + i64::try_from(chance.below(50)).expect("small"), currency }
}
