//! Chance as an input: the system's generator, or one that repeats from a seed.

use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Draws random bytes; a seeded source draws the same bytes again.
///
/// Both kinds are cryptographic generators (ChaCha), so tokens may be drawn from either; only the
/// system's is unpredictable.
#[derive(Clone, Debug)]
pub struct Random {
    seeded: Option<Arc<Mutex<StdRng>>>,
}

impl Random {
    /// Draws from the operating system's entropy.
    pub fn system() -> Self {
        Self { seeded: None }
    }

    /// Draws the sequence that belongs to `seed`, for tests and for sample data.
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    /// Fills `bytes` with random bytes.
    #[expect(clippy::disallowed_methods, reason = "the one place that draws from the system")]
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.seeded {
            None => rand::rng().fill_bytes(bytes),
            Some(generator) => {
                generator.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
            }
        }
    }

    /// Returns `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Returns a number in `0..bound`, without bias; zero for a bound of zero.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // The largest multiple of `bound`: what lies above it would favor the small numbers.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = u64::from_le_bytes(self.bytes());
            if drawn < limit {
                return drawn % bound;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_sequence_and_differs_from_another() {
        let first: [u8; 32] = Random::seeded(7).bytes();
        assert_eq!(first, Random::seeded(7).bytes::<32>());
        assert_ne!(first, Random::seeded(8).bytes::<32>());
        assert_ne!(Random::system().bytes::<32>(), Random::system().bytes::<32>());
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_every_value() {
        let random = Random::seeded(1);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[usize::try_from(random.below(6)).expect("below six")] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(random.below(0), 0);
    }
}
