//! Hashing passwords with argon2id, a bounded number at a time.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use kernel::{Random, Secret};
use tokio::sync::Semaphore;

use crate::settings::PasswordCost;

/// How many hashes run at once: each takes a core and its memory for some twenty milliseconds.
const AT_ONCE: usize = 2;
/// How long a caller waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies passwords, a bounded number at a time, off the threads that serve requests.
///
/// Never await it while a transaction is open.
pub struct PasswordPool {
    argon: Argon2<'static>,
    random: Random,
    turns: Semaphore,
    /// Stands in for the hash of a user that does not exist, so that asking for one takes as long.
    dummy: String,
    hashes: AtomicU64,
}

/// Says that too many passwords wait to be hashed; try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords wait to be hashed")]
pub struct Overloaded;

impl PasswordPool {
    /// Makes a pool of the given cost.
    ///
    /// # Panics
    /// When argon2 knows no such cost; the configuration checks it.
    pub fn new(cost: PasswordCost, random: Random) -> Self {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None)
            .expect("a cost that the configuration checked");
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = nobodys(&argon, &random);
        Self { argon, random, turns: Semaphore::new(AT_ONCE), dummy, hashes: AtomicU64::new(0) }
    }

    /// Hashes a password with a fresh salt, as a PHC string.
    ///
    /// # Errors
    /// [`Overloaded`] when no turn is free in time.
    pub async fn hash(&self, password: &Secret<String>) -> Result<String, Overloaded> {
        let (argon, password, salt) = (self.argon.clone(), password.clone(), self.random.bytes::<16>());
        self.in_turn(move || hash(&argon, password.expose().as_bytes(), &salt)).await
    }

    /// Says whether the password is the one that was hashed; without a hash it works as long and says no.
    ///
    /// # Errors
    /// [`Overloaded`] when no turn is free in time.
    pub async fn verify(&self, password: &Secret<String>, hash: Option<&str>) -> Result<bool, Overloaded> {
        let (argon, password) = (self.argon.clone(), password.clone());
        let (known, hash) = (hash.is_some(), hash.unwrap_or(&self.dummy).to_owned());
        let right = self.in_turn(move || verify(&argon, password.expose().as_bytes(), &hash)).await?;
        Ok(known && right)
    }

    /// Says whether a hash was made at another cost than this pool's: it should be made again when the password is known.
    pub fn is_outdated(&self, hash: &str) -> bool {
        let cost = |text: &str| text.rsplitn(3, '$').nth(2).map(str::to_owned);
        cost(hash) != cost(&self.dummy)
    }

    /// Returns how many hashes were computed so far.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Overloaded)?.map_err(|_| Overloaded)?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work).await.map_err(|_| Overloaded)
    }
}

impl fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordPool").field("hashes", &self.hashes).finish_non_exhaustive()
    }
}

/// Makes a hash that no password has: to compare with it takes as long as with any other, to make it takes nothing.
fn nobodys(argon: &Argon2<'_>, random: &Random) -> String {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: argon.params().try_into().expect("parameters have a text"),
        salt: Some(Salt::new(&random.bytes::<16>()).expect("as long as every salt")),
        hash: Some(Output::new(&random.bytes::<32>()).expect("as long as every hash")),
    };
    hash.to_string()
}

fn hash(argon: &Argon2<'_>, password: &[u8], salt: &[u8; 16]) -> String {
    let hash: PasswordHash =
        argon.hash_password_with_salt(password, salt).expect("a password and a salt within argon2's bounds");
    hash.to_string()
}

fn verify(argon: &Argon2<'_>, password: &[u8], hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon.verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> PasswordPool {
        PasswordPool::new(PasswordCost::cheap(), Random::seeded(1))
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn passwords_that_differ_only_at_the_end_of_128_characters_differ() {
        let pool = cheap();
        let long = "é".repeat(127);
        let hash = pool.hash(&secret(&format!("{long}a"))).await.expect("a turn");
        assert!(pool.verify(&secret(&format!("{long}a")), Some(&hash)).await.expect("a turn"));
        assert!(!pool.verify(&secret(&format!("{long}b")), Some(&hash)).await.expect("a turn"));
    }

    #[tokio::test]
    async fn an_unknown_user_costs_one_hash_as_well() {
        let pool = cheap();
        assert!(!pool.verify(&secret("nobody's password"), None).await.expect("a turn"));
        assert_eq!(pool.hashes(), 1);
        assert_eq!(
            format!("{pool:?}"),
            "PasswordPool { hashes: 1, .. }",
            "the dummy hash is shown to nobody"
        );
    }

    #[tokio::test]
    async fn nobodys_hash_is_compared_like_any_other_and_never_fits() {
        let pool = cheap();
        let nobodys = PasswordHash::new(&pool.dummy).expect("a PHC string");
        let compared = pool.argon.verify_password(b"", &nobodys);
        assert_eq!(compared, Err(argon2::password_hash::Error::PasswordInvalid));
        let somebodys = pool.hash(&secret("quartz plover umbrella")).await.expect("a turn");
        assert_eq!(pool.dummy.len(), somebodys.len());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_outdated() {
        let (cheap, usual) = (cheap(), PasswordPool::new(PasswordCost::usual(), Random::seeded(1)));
        let hash = cheap.hash(&secret("quartz plover umbrella")).await.expect("a turn");
        assert!(!cheap.is_outdated(&hash));
        assert!(usual.is_outdated(&hash) && usual.is_outdated("!") && usual.is_outdated(""));
    }

    #[test]
    fn the_usual_cost_is_19_mib_and_two_passes_of_argon2id() {
        let pool = PasswordPool::new(PasswordCost::usual(), Random::seeded(1));
        assert!(pool.dummy.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", pool.dummy);
    }
}
