//! The levers: everything that a test, a demonstration or a curious developer may want to happen.
//!
//! [`Control`] has them as methods, `/sim` as routes; the routes do nothing that the methods do not.

mod levers;
mod links;
mod routes;

use std::sync::Arc;

use chrono::Duration;
use kernel::Instant;
use thiserror::Error;

pub use levers::{AddedTransaction, Registration, UnmatchedMoney};
pub use links::{Authorization, AuthorizationOutcome, LinkState};
pub(super) use routes::routes;

use super::calls::RecordedCall;
use super::faults::Fault;
use super::modes::Modes;
use super::shared::Handle;
use super::webhooks::{self, DeliveryRecord};

/// Pulls the levers of a running simulator; copies pull the same.
#[derive(Clone)]
pub struct Control {
    shared: Handle,
}

/// Says why a lever did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// The link is invalid; the text is that of the error page.
    #[error("the link is invalid: {0}")]
    Link(&'static str),
    /// The bank does not know this name and password.
    #[error("the bank does not know this name and password")]
    SignIn,
    /// The link's bank was not named, or it does not offer it.
    #[error("name one of the banks that the link offers")]
    Bank,
    /// There is no such link, account or payment.
    #[error("there is no such link, account or payment")]
    NotFound,
    /// The payment is in another state.
    #[error("the payment's state does not allow it")]
    State,
}

impl Control {
    pub(super) const fn new(shared: Handle) -> Self {
        Self { shared }
    }

    /// Moves the clock, and sends what has become due.
    pub async fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.deliver_due().await;
    }

    /// Moves the clock to an instant, and sends what has become due.
    pub async fn move_to(&self, at: Instant) {
        self.shared.clock.move_to(at);
        self.deliver_due().await;
    }

    /// Sends what is due and waits until it is answered.
    pub async fn deliver_due(&self) {
        super::payments::advance(&self.shared);
        webhooks::send_due(&self.shared).await;
    }

    /// Returns the switches.
    pub fn modes(&self) -> Modes {
        self.shared.world().modes.clone()
    }

    /// Sets the switches.
    pub fn set_modes(&self, modes: Modes) {
        self.shared.world().modes = modes;
    }

    /// Makes answers go wrong.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.world().faults.push(fault);
    }

    /// Takes back the faults that have not struck yet; returns how many those were.
    pub fn clear_faults(&self) -> usize {
        std::mem::take(&mut self.shared.world().faults).len()
    }

    /// Lists what was asked.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.shared.world().calls.clone()
    }

    /// Counts what was asked of paths with this end; without a copy, for whoever looks often.
    pub fn count_calls(&self, end: &str) -> usize {
        self.shared.world().calls.iter().filter(|call| call.path.ends_with(end)).count()
    }

    /// Lists the webhooks that were tried.
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.shared.world().outbox.tried.clone()
    }

    /// Counts the webhooks that are still to be sent.
    pub fn undelivered(&self) -> usize {
        self.shared.world().outbox.waiting()
    }

    /// Forgets everything but the program's registration, and begins with other books.
    pub fn reset(&self, seed: u64) {
        self.shared.world().reset(seed);
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("references", &Arc::strong_count(&self.shared)).finish()
    }
}
