//! A memory of what was judged just now, all of which can be forgotten at once.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;

/// Remembers values for a while, as long as the epoch stands under which they were read.
pub struct Memory<K, V> {
    cache: Cache<K, (u64, Arc<V>)>,
    /// Rises with every revocation that this process makes or hears of; what was read before is forgotten.
    generation: AtomicU64,
    /// The database's epoch as last seen.
    epoch: AtomicI64,
}

impl<K, V> Memory<K, V>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Makes an empty memory of at most `most` units, each kept for `kept`; `weigh` says how many a value takes.
    pub fn new(kept: Duration, most: u64, weigh: fn(&V) -> u32) -> Self {
        let cache = Cache::builder()
            .weigher(move |_, (_, value): &(u64, Arc<V>)| weigh(value))
            .max_capacity(most)
            .time_to_live(kept)
            .build();
        Self { cache, generation: AtomicU64::new(0), epoch: AtomicI64::new(0) }
    }

    /// Returns what is remembered under a key, unless something was revoked since.
    pub async fn get(&self, key: K) -> Option<Arc<V>> {
        let (generation, value) = self.cache.get(&key).await?;
        (generation == self.generation()).then_some(value)
    }

    /// Returns what is remembered under a key, or reads it once for all who ask at this moment.
    ///
    /// # Errors
    /// What `read` says, shared by all who asked.
    pub async fn get_or_read<E, F>(&self, key: K, read: impl Fn() -> F) -> Result<Arc<V>, Arc<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<V, E>>,
    {
        let begun = self.generation();
        loop {
            let generation = self.generation();
            let read = async { read().await.map(|value| (generation, Arc::new(value))) };
            let (read_at, value) = self.cache.try_get_with(key, read).await?;
            if read_at >= begun {
                return Ok(value);
            }
            // It was read, or somebody had begun to, before something was revoked.
            self.cache.invalidate(&key).await;
        }
    }

    /// Returns the current generation; read it before the database, and hand it to [`Memory::keep`].
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Remembers what was read from the database after `generation` was.
    pub async fn keep(&self, key: K, generation: u64, value: Arc<V>) {
        self.cache.insert(key, (generation, value)).await;
    }

    /// Lists what is remembered at this moment, and still counts.
    pub fn remembered(&self) -> Vec<(K, Arc<V>)> {
        let generation = self.generation();
        let all = self.cache.iter().filter(|(_, (read_at, _))| *read_at == generation);
        all.map(|(key, (_, value))| (*key, value)).collect()
    }

    /// Forgets one value.
    pub async fn forget(&self, key: K) {
        self.cache.invalidate(&key).await;
    }

    /// Forgets everything: something was revoked.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes note of the database's epoch, and forgets everything when it has moved.
    pub fn see_epoch(&self, epoch: i64) {
        if self.epoch.swap(epoch, Ordering::SeqCst) != epoch {
            self.forget_all();
        }
    }
}

/// Shows nothing of whom it remembers.
impl<K, V> fmt::Debug for Memory<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("generation", &self.generation).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_epoch_forgets_everything_even_what_was_read_before_it() {
        let memory: Memory<u8, &str> = Memory::new(Duration::from_mins(1), 10, |_| 1);
        let before = memory.generation();
        memory.keep(1, before, Arc::new("a")).await;
        assert!(memory.get(1).await.is_some());
        memory.see_epoch(1);
        assert!(memory.get(1).await.is_none());
        memory.keep(1, before, Arc::new("a")).await;
        assert!(memory.get(1).await.is_none(), "read before the revocation, kept after it");
        memory.see_epoch(1);
        memory.keep(1, memory.generation(), Arc::new("a")).await;
        assert!(memory.get(1).await.is_some(), "the same epoch forgets nothing");
        assert_eq!(
            format!("{memory:?}"),
            "Memory { generation: 1, .. }",
            "it shows nothing of whom it remembers"
        );
        memory.forget(1).await;
        assert!(memory.get(1).await.is_none());
    }

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_read_and_none_gets_what_was_revoked() {
        let memory: Memory<u8, u64> = Memory::new(Duration::from_mins(1), 10, |_| 1);
        let reads = AtomicU64::new(0);
        let read = || async {
            let number = reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok::<_, ()>(number)
        };
        let (one, two) = tokio::join!(memory.get_or_read(1, read), memory.get_or_read(1, read));
        assert_eq!((one, two), (Ok(Arc::new(0)), Ok(Arc::new(0))));
        memory.forget_all();
        assert_eq!(memory.get_or_read(1, read).await, Ok(Arc::new(1)));
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }
}
