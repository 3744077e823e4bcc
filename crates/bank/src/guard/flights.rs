//! The requests under a key that this process is working at, so that one that waits knows whether it waits for its twin.
//!
//! Only that: what a key has led to is in the database, and two nodes know nothing of each other's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

/// Counts the requests by the digest of their key; clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Flights(Arc<Mutex<HashMap<Uuid, usize>>>);

/// Holds one request's place; dropping it leaves.
#[derive(Debug)]
pub struct Flight {
    flights: Flights,
    key: Uuid,
}

impl Flights {
    /// Notes a request until what is returned is dropped.
    pub fn enter(&self, key: Uuid) -> Flight {
        *self.counts().entry(key).or_default() += 1;
        Flight { flights: self.clone(), key }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, usize>> {
        // A count is whole whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Says whether another request with the same key is under way here.
    pub fn has_twin(&self) -> bool {
        self.flights.counts().get(&self.key).is_some_and(|count| *count > 1)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut counts = self.flights.counts();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_twin_while_another_with_its_key_is_under_way() {
        let flights = Flights::default();
        let [key, other] = [1, 2].map(Uuid::from_u128);
        let one = flights.enter(key);
        let _other = flights.enter(other);
        assert!(!one.has_twin());
        let twin = flights.enter(key);
        assert!(one.has_twin() && twin.has_twin());
        drop(one);
        assert!(!twin.has_twin());
        let third = flights.enter(key);
        assert!(twin.has_twin() && third.has_twin(), "who stays is not forgotten with who left");
        drop((twin, third));
        assert_eq!(flights.counts().len(), 1, "who left is forgotten");
    }
}
