//! The program on its data: on PostgreSQL two of it at once, since what holds in one process only is not kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bank::{Bank, on_postgres};
use crate::client::Client;
use crate::wire::Wire;

/// Signs the tokens of both nodes.
const SECRET: &str = "a-secret-of-more-than-32-bytes-for-the-battery-only";

/// Holds the nodes; the first owns the data.
pub struct Nodes {
    banks: Vec<Bank>,
}

impl Nodes {
    /// Fills a bank with `people` of `accounts` each, and starts one node, or two where the engine carries them.
    pub async fn start(people: u32, accounts: u32) -> Self {
        let mut first = Bank::empty().await;
        first.set("JWT_SECRET", SECRET);
        first.prepare_with(people, accounts);
        first.start().await;
        let mut banks = vec![first];
        if on_postgres() {
            let mut second = Bank::at(Some(banks[0].url().to_owned()));
            second.set("JWT_SECRET", SECRET);
            second.set("FLORIN_DATA_DIR", banks[0].path("data").display().to_string());
            second.start().await;
            banks.push(second);
        }
        Self { banks }
    }

    /// Returns where each node answers.
    pub fn addresses(&self) -> Vec<String> {
        self.banks.iter().map(Bank::address).collect()
    }

    /// Signs one person in and returns `count` clients of that person, spread over the nodes.
    pub async fn clients(&self, count: usize) -> Vec<Client> {
        let person = self.banks[0].people().swap_remove(0);
        clients(&self.addresses(), &Client::sign_in(&self.addresses()[0], &person).await, count)
    }

    /// Signs a person in for requests that the client does not know.
    pub async fn wire(&self, person: usize) -> Wire {
        let person = self.banks[0].people().swap_remove(person);
        Wire::sign_in(self.addresses(), &person).await
    }

    /// Returns the node that owns the data.
    pub fn first(&mut self) -> &mut Bank {
        &mut self.banks[0]
    }

    /// Stops every node and proves the books.
    pub fn finish(mut self) {
        for bank in self.banks.iter_mut().rev() {
            bank.stop();
        }
        self.banks[0].verify();
    }
}

/// Spreads clones of one client over several addresses.
pub fn clients(addresses: &[String], client: &Client, count: usize) -> Vec<Client> {
    let turned = |number: usize| {
        let mut client = client.clone();
        client.turn_to(&addresses[number % addresses.len()]);
        client
    };
    (0..count).map(turned).collect()
}

/// Hands out the numbers below a bound to whoever asks, each once.
#[derive(Clone)]
pub struct Numbers {
    next: Arc<AtomicUsize>,
    bound: usize,
}

impl Numbers {
    /// Begins at zero.
    pub fn below(bound: usize) -> Self {
        Self { next: Arc::new(AtomicUsize::new(0)), bound }
    }

    /// Returns the next one; none when all are taken.
    pub fn take(&self) -> Option<usize> {
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < self.bound)
    }
}
