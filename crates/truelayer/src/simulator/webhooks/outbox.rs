//! What is to be sent, and what became of it.

use chrono::Duration;
use kernel::Instant;
use serde::Serialize;
use url::Url;

use crate::simulator::modes::WebhookMode;

/// How long after each failure the next attempt comes; 72 hours in all.
const RETRIES: [Duration; 8] = [
    Duration::seconds(5),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(10),
    Duration::hours(1),
    Duration::hours(6),
    Duration::hours(24),
    Duration::hours(40),
];

/// Says how a delivery is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Signing {
    /// Not at all, as the Data API's own callbacks.
    None,
    /// As the program is registered.
    AsRegistered,
    /// With `Tl-Signature`.
    TlSignature,
}

/// Holds an event on its way.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Delivery {
    pub(super) url: Url,
    pub(super) body: Vec<u8>,
    pub(super) signing: Signing,
    due_at: Instant,
    attempts: usize,
}

impl Delivery {
    pub(in crate::simulator) fn new(url: Url, body: Vec<u8>, signing: Signing, due_at: Instant) -> Self {
        Self { url, body, signing, due_at, attempts: 0 }
    }

    pub(in crate::simulator) fn unsigned(url: Url, body: Vec<u8>, due_at: Instant) -> Self {
        Self::new(url, body, Signing::None, due_at)
    }
}

/// Describes an attempt that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryRecord {
    /// When, by the simulator's clock.
    pub at: Instant,
    /// Where to.
    pub url: Url,
    /// What the receiver answered; none when nobody was there.
    pub status: Option<u16>,
    /// How many attempts there were with this one.
    pub attempts: usize,
}

/// Holds what is to be sent and what was tried.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Outbox {
    waiting: Vec<Delivery>,
    pub(in crate::simulator) tried: Vec<DeliveryRecord>,
}

impl Outbox {
    pub(in crate::simulator) fn push(&mut self, delivery: Delivery) {
        self.waiting.push(delivery);
    }

    /// Queues an event as the modes say: late, twice, or not at all.
    pub(in crate::simulator) fn push_event(&mut self, mut delivery: Delivery, modes: &[WebhookMode]) {
        for mode in modes {
            match mode {
                WebhookMode::Drop => return,
                WebhookMode::Delay(seconds) => delivery.due_at += Duration::seconds(*seconds),
                _ => {}
            }
        }
        if modes.contains(&WebhookMode::Duplicate) {
            self.waiting.push(delivery.clone());
        }
        self.waiting.push(delivery);
    }

    /// Takes what is due, in order.
    pub(super) fn take_due(&mut self, now: Instant, modes: &[WebhookMode]) -> Vec<Delivery> {
        let (mut due, later): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|delivery| delivery.due_at <= now);
        self.waiting = later;
        if modes.contains(&WebhookMode::Reorder) {
            due.reverse();
        }
        due
    }

    /// Notes what became of an attempt, and plans the next one if it failed.
    pub(super) fn settle(&mut self, mut delivery: Delivery, status: Option<u16>, now: Instant) {
        delivery.attempts += 1;
        let (url, attempts) = (delivery.url.clone(), delivery.attempts);
        self.tried.push(DeliveryRecord { at: now, url, status, attempts });
        let is_done = status.is_some_and(|status| (200..300).contains(&status));
        if !is_done && let Some(pause) = RETRIES.get(delivery.attempts - 1) {
            delivery.due_at = now + *pause;
            self.waiting.push(delivery);
        }
    }

    /// Counts what is still to be sent.
    pub(in crate::simulator) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_is_down_is_tried_for_about_three_days() {
        let begun: Instant = "2026-11-19T09:30:00Z".parse().expect("an instant");
        let url: Url = "http://127.0.0.1:1/".parse().expect("an address");
        let (mut outbox, mut now) = (Outbox::default(), begun);
        outbox.push(Delivery::unsigned(url, Vec::new(), begun));
        while outbox.waiting() > 0 {
            now = outbox.waiting[0].due_at;
            let due = outbox.take_due(now, &[]);
            assert_eq!(due.len(), 1);
            outbox.settle(due.into_iter().next().expect("one"), Some(503), now);
        }
        assert_eq!(outbox.tried.len(), 9);
        assert!((70..=72).contains(&(now - begun).num_hours()), "{}", now - begun);
    }
}
