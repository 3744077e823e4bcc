//! What is kept encrypted in the database: second-factor seeds, one-time codes, documents.
//!
//! AES-256-GCM under a ring of keys (`FLORIN_ENCRYPTION_KEYS`): the first seals, all open. The text form
//! `v1.<key id>.<nonce and ciphertext, base64url>` names the key, so that keys can change ([`rewrap`]), and
//! the place (table, row, column) is authenticated with the ciphertext, so that it opens nowhere else.
//! Nonces are 96 random bits: one key must seal fewer than 2^32 values (NIST SP 800-38D §8.3).

mod store;
pub mod vault;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Random, Secret};
use uuid::Uuid;

pub use store::{Progress, RewrapError, SealedColumn, rewrap, rewrap_column};

/// Says where a sealed value lives; it opens only there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The row's key.
    pub row: Uuid,
    /// The column.
    pub column: &'static str,
}

/// Says that a text was not sealed by this ring for this place, or was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: its key is missing, or it was changed or moved")]
pub struct SealError;

/// Holds the keys that seal and open; clones share them.
#[derive(Clone)]
pub struct KeyRing {
    keys: Arc<[RingKey]>,
}

struct RingKey {
    id: String,
    seal: LessSafeKey,
    mac: hmac::Key,
}

impl KeyRing {
    /// Takes the operator's keys, the sealing one first.
    ///
    /// # Errors
    /// [`SealError`] when there is no key or one has not 32 bytes.
    pub fn new(keys: &[Secret<Vec<u8>>]) -> Result<Self, SealError> {
        if keys.is_empty() {
            return Err(SealError);
        }
        let keys = keys.iter().map(|key| RingKey::new(key.expose())).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Seals a value for its place.
    pub fn seal(&self, random: &Random, place: Place, value: &[u8]) -> String {
        let key = &self.keys[0];
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = value.to_vec();
        let aad = Aad::from(place.authenticated(&key.id));
        key.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .expect("a value far below AES-GCM's limit of 64 GiB");
        let text = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        format!("v1.{}.{text}", key.id)
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError`] when no key of the ring fits or the text was changed or moved.
    pub fn open(&self, place: Place, text: &str) -> Result<Secret<Vec<u8>>, SealError> {
        let (key_id, body) = parts(text).ok_or(SealError)?;
        let key = self.keys.iter().find(|key| key.id == key_id).ok_or(SealError)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| SealError)?;
        let nonce = bytes.get(..NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let aad = Aad::from(place.authenticated(&key.id));
        let value = key.seal.open_within(nonce, aad, &mut bytes, NONCE_LEN..).map_err(|_| SealError)?;
        Ok(Secret::new(value.to_vec()))
    }

    /// Says whether a sealed text is under another key than the one that seals now.
    pub fn needs_rewrap(&self, text: &str) -> bool {
        parts(text).is_none_or(|(key_id, _)| key_id != self.keys[0].id)
    }

    /// Returns how every text under the sealing key begins.
    pub fn current_prefix(&self) -> String {
        format!("v1.{}.", self.keys[0].id)
    }

    /// Names a value without showing it, the same way until the sealing key changes.
    pub fn fingerprint(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        fingerprint(&self.keys[0].mac, purpose, value)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl RingKey {
    fn new(bytes: &[u8]) -> Result<Self, SealError> {
        let unbound = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealError)?;
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"florin fingerprints");
        Ok(Self {
            id: hex::encode(&digest::digest(&digest::SHA256, bytes).as_ref()[..4]),
            seal: LessSafeKey::new(unbound),
            mac: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        })
    }
}

impl Place {
    /// Spells the place out; the parts cannot run into one another, for none holds a zero byte but the row.
    fn authenticated(&self, key_id: &str) -> Vec<u8> {
        [
            b"florin v1".as_slice(),
            key_id.as_bytes(),
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.row.as_bytes(),
        ]
        .join(&0)
    }
}

/// Authenticates a value under a key, for one purpose.
pub(crate) fn fingerprint(key: &hmac::Key, purpose: &str, value: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(purpose.as_bytes());
    context.update(&[0]);
    context.update(value);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}

fn parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("v1.")?.split_once('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(bytes: &[u8]) -> KeyRing {
        let keys: Vec<_> = bytes.iter().map(|byte| Secret::new(vec![*byte; 32])).collect();
        KeyRing::new(&keys).expect("keys of 32 bytes")
    }

    fn place(row: u128) -> Place {
        Place { table: "users", row: Uuid::from_u128(row), column: "totp_seed" }
    }

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let (ring, random) = (ring(&[1]), Random::seeded(1));
        let text = ring.seal(&random, place(1), b"seed");
        assert_eq!(ring.open(place(1), &text).expect("opens").expose(), b"seed");
        assert_eq!(ring.open(place(2), &text).err(), Some(SealError), "another row");
        for elsewhere in [Place { table: "orders", ..place(1) }, Place { column: "name", ..place(1) }] {
            assert_eq!(ring.open(elsewhere, &text).err(), Some(SealError), "{elsewhere:?}");
        }
    }

    #[test]
    fn a_changed_cut_or_foreign_text_does_not_open() {
        let (ours, random) = (ring(&[1]), Random::seeded(2));
        let text = ours.seal(&random, place(1), b"seed");
        let mut changed = text.clone().into_bytes();
        let last = changed.len() - 3;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        let foreign = ring(&[9]).seal(&random, place(1), b"seed");
        for text in [changed.as_str(), &text[..20], &foreign, "v1..", "v2.x.y", "", "v1.00000000.!"] {
            assert_eq!(ours.open(place(1), text).err(), Some(SealError), "{text}");
        }
        assert_eq!(KeyRing::new(&[]).err(), Some(SealError));
        assert_eq!(KeyRing::new(&[Secret::new(vec![1; 31])]).err(), Some(SealError));
    }

    #[test]
    fn after_a_change_of_keys_old_values_open_and_ask_to_be_sealed_again() {
        let (old, random) = (ring(&[1]), Random::seeded(3));
        let text = old.seal(&random, place(1), b"seed");
        assert!(!old.needs_rewrap(&text));
        let both = ring(&[2, 1]);
        assert!(both.needs_rewrap(&text));
        assert_eq!(both.open(place(1), &text).expect("opens").expose(), b"seed");
        assert!(both.seal(&random, place(1), b"seed").starts_with(&both.current_prefix()));
        assert!(ring(&[2]).open(place(1), &text).is_err(), "the old key is gone");
    }

    #[test]
    fn a_ring_prints_its_key_ids_only() {
        assert_eq!(format!("{:?}", ring(&[1])), "[\"72cd6e84\"]");
    }

    #[test]
    fn a_million_sealings_draw_a_million_nonces() {
        let (ring, random) = (ring(&[1]), Random::system());
        let nonce = |text: String| {
            let body = URL_SAFE_NO_PAD.decode(parts(&text).expect("sealed").1).expect("base 64");
            <[u8; NONCE_LEN]>::try_from(&body[..NONCE_LEN]).expect("a nonce")
        };
        let mut nonces: Vec<_> = (0..1_000_000).map(|_| nonce(ring.seal(&random, place(1), b""))).collect();
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), 1_000_000);
    }
}
