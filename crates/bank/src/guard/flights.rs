//! The requests under a key that this process is working at, so that one that waits knows whether it waits for its twin.
//!
//! Only that: what a key has led to is in the database, and two nodes know nothing of each other's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the requests by scope and key; clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Flights(Arc<Mutex<HashMap<(String, String), usize>>>);

/// Holds one request's place; dropping it leaves.
#[derive(Debug)]
pub struct Flight {
    flights: Flights,
    name: (String, String),
}

impl Flights {
    /// Notes a request until what is returned is dropped.
    pub fn enter(&self, scope: &str, key: &str) -> Flight {
        let name = (scope.to_owned(), key.to_owned());
        *self.counts().entry(name.clone()).or_default() += 1;
        Flight { flights: self.clone(), name }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), usize>> {
        // A count is whole whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Says whether another request with the same key is under way here.
    pub fn has_twin(&self) -> bool {
        self.flights.counts().get(&self.name).is_some_and(|count| *count > 1)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut counts = self.flights.counts();
        if let Some(count) = counts.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_twin_while_another_with_its_scope_and_key_is_under_way() {
        let flights = Flights::default();
        let one = flights.enter("ada", "k");
        let _others = [flights.enter("bob", "k"), flights.enter("ada", "l")];
        assert!(!one.has_twin());
        let twin = flights.enter("ada", "k");
        assert!(one.has_twin() && twin.has_twin());
        drop(one);
        assert!(!twin.has_twin());
        drop(twin);
        assert_eq!(flights.counts().len(), 2, "who left is forgotten");
    }
}
