//! Tokens at rest: each connection has a key of its own, and that key is sealed under the operator's.
//!
//! AES-256-GCM with random nonces of 96 bits (NIST SP 800-38D §8.2.2); a row's key seals so few values that their
//! number never matters, and a change of the operator's keys touches one small text a row. The text form is
//! `tl1.<key id>.<nonce>.<ciphertext and tag>`, where a row's own key has the id `row`. What is authenticated with it
//! names the connection, its owner and the column: moved to another place, it does not open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{ConnectionId, Random, Secret, UserId};

/// The name of a row's own key in what it sealed.
const ROW: &str = "row";

/// Says that a key has not 32 bytes, or that a text does not open here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token does not open: its key is missing, or it was changed or moved")]
pub struct VaultError;

/// Says which column a token stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `access_token`.
    Access,
    /// `refresh_token`.
    Refresh,
}

/// Says whose tokens they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The connection.
    pub connection: ConnectionId,
    /// Its customer.
    pub user: UserId,
}

/// Holds the operator's keys: the first seals, all open.
pub struct Vault {
    keys: Vec<MasterKey>,
}

struct MasterKey {
    id: String,
    key: LessSafeKey,
}

/// Holds the key of one row, open.
pub struct DataKey {
    key: LessSafeKey,
    owner: Owner,
}

impl Vault {
    /// Takes the operator's keys, the sealing one first.
    ///
    /// # Errors
    /// [`VaultError`] when there is none, or one has not 32 bytes.
    pub fn new(keys: &[Secret<Vec<u8>>]) -> Result<Self, VaultError> {
        if keys.is_empty() {
            return Err(VaultError);
        }
        let master = |key: &Secret<Vec<u8>>| {
            let id = hex::encode(&digest::digest(&digest::SHA256, key.expose()).as_ref()[..4]);
            Ok(MasterKey { id, key: cipher(key.expose())? })
        };
        Ok(Self { keys: keys.iter().map(master).collect::<Result<_, _>>()? })
    }

    /// Makes a row's key; returns it open, and sealed to be stored.
    ///
    /// # Errors
    /// [`VaultError`] never, but for a cipher that refuses a key of its own length.
    pub fn make_key(&self, random: &Random, owner: Owner) -> Result<(DataKey, String), VaultError> {
        let bytes = Secret::new(random.bytes::<32>().to_vec());
        let master = &self.keys[0];
        let place = data_key_place(owner);
        let sealed = seal(&master.key, (&master.id, &place), random, bytes.expose());
        Ok((DataKey { key: cipher(bytes.expose())?, owner }, sealed))
    }

    /// Seals a row's key again under the first of the operator's.
    ///
    /// # Errors
    /// As [`Vault::open_key`].
    pub fn rewrap_key(&self, random: &Random, owner: Owner, sealed: &str) -> Result<String, VaultError> {
        let bytes = self.open_bytes(owner, sealed)?;
        let master = &self.keys[0];
        Ok(seal(&master.key, (&master.id, &data_key_place(owner)), random, bytes.expose()))
    }

    /// Lists what the operator's keys are called in what they sealed, the sealing one first.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// Opens a row's key.
    ///
    /// # Errors
    /// [`VaultError`] when its operator's key is missing, or the text was changed or moved.
    pub fn open_key(&self, owner: Owner, sealed: &str) -> Result<DataKey, VaultError> {
        Ok(DataKey { key: cipher(self.open_bytes(owner, sealed)?.expose())?, owner })
    }

    fn open_bytes(&self, owner: Owner, sealed: &str) -> Result<Secret<Vec<u8>>, VaultError> {
        let id = key_id(sealed).ok_or(VaultError)?;
        let master = self.keys.iter().find(|key| key.id == id).ok_or(VaultError)?;
        open(&master.key, (&master.id, &data_key_place(owner)), sealed)
    }
}

impl DataKey {
    /// Seals a token for its column.
    pub fn seal(&self, random: &Random, column: Column, token: &str) -> String {
        seal(&self.key, (ROW, &self.place(column)), random, token.as_bytes())
    }

    /// Opens the token of a column.
    ///
    /// # Errors
    /// [`VaultError`] when the text was changed or moved.
    pub fn open(&self, column: Column, sealed: &str) -> Result<Secret<String>, VaultError> {
        let bytes = open(&self.key, (ROW, &self.place(column)), sealed)?;
        String::from_utf8(bytes.expose().clone()).map(Secret::new).map_err(|_| VaultError)
    }

    fn place(&self, column: Column) -> String {
        let column = match column {
            Column::Access => "access_token",
            Column::Refresh => "refresh_token",
        };
        format!("{}|{}|{column}", self.owner.connection, self.owner.user)
    }
}

fn data_key_place(owner: Owner) -> String {
    format!("{}|{}|data_key", owner.connection, owner.user)
}

fn cipher(bytes: &[u8]) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, bytes).map(LessSafeKey::new).map_err(|_| VaultError)
}

/// Spells out what is authenticated; no part of it holds a bar.
fn authenticated(key_id: &str, place: &str) -> Aad<String> {
    Aad::from(format!("tl1|{key_id}|{place}"))
}

fn seal(key: &LessSafeKey, (key_id, place): (&str, &str), random: &Random, value: &[u8]) -> String {
    let nonce: [u8; NONCE_LEN] = random.bytes();
    let mut sealed = value.to_vec();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        authenticated(key_id, place),
        &mut sealed,
    )
    .expect("a value far below AES-GCM's limit of 64 GiB");
    format!("tl1.{key_id}.{}.{}", URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed))
}

fn open(
    key: &LessSafeKey,
    (key_id, place): (&str, &str),
    sealed: &str,
) -> Result<Secret<Vec<u8>>, VaultError> {
    let mut parts = sealed.split('.');
    let (form, id, nonce, body) = (parts.next(), parts.next(), parts.next(), parts.next());
    if form != Some("tl1") || id != Some(key_id) || parts.next().is_some() {
        return Err(VaultError);
    }
    let decode =
        |text: Option<&str>| URL_SAFE_NO_PAD.decode(text.unwrap_or_default()).map_err(|_| VaultError);
    let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| VaultError)?;
    let mut bytes = decode(body)?;
    let value = key.open_in_place(nonce, authenticated(key_id, place), &mut bytes).map_err(|_| VaultError)?;
    Ok(Secret::new(value.to_vec()))
}

fn key_id(sealed: &str) -> Option<&str> {
    sealed.strip_prefix("tl1.")?.split('.').next()
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

#[cfg(test)]
mod tests;
