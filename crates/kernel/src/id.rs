//! Typed ids: one newtype per kind of thing, a time-ordered UUID inside, shown with a prefix.
//!
//! The text form follows the TypeID specification 0.3: `prefix_` and the UUID's 128 bits as 26
//! characters of Crockford's base 32 in lower case, so that text, UUID and creation sort alike.
//! The UUID is a version 7 (RFC 9562 §5.7) whose `rand_a` holds the microseconds of the instant
//! (§6.2, method 3): ids made by one process within a millisecond still sort by time.

use thiserror::Error;
use uuid::{Builder, Uuid};

use crate::{Instant, Random};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LENGTH: usize = 26;
/// No prefix is longer.
const LONGEST_PREFIX: usize = 3;

/// Says why a text is not an id of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected {prefix}_ followed by 26 characters of lower-case base 32")]
pub struct IdError {
    prefix: &'static str,
}

/// Declares a typed id with its documentation and its prefix.
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "database", derive(sea_orm::DeriveValueType))]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// Stands before the underscore in the text form.
            pub const PREFIX: &'static str = $prefix;

            /// Makes a fresh id that sorts after every id made before `now`.
            pub fn generate(now: $crate::Instant, random: &$crate::Random) -> Self {
                Self($crate::id::version_7(now, random))
            }

            /// Takes an id as it is stored.
            pub const fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// Returns the id as it is stored.
            pub const fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::id::with_text(Self::PREFIX, self.0, |text| f.write_str(text))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::id::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse_text(Self::PREFIX, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::id::with_text(Self::PREFIX, self.0, |text| serializer.serialize_str(text))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "database")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::id::schema(Self::PREFIX)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

id! {
    /// Names an account of the ledger: a customer's or one of the bank's own.
    AccountId, "acc"
}
id! {
    /// Names a transfer of the ledger: a movement, a hold, a capture, a release or a reversal.
    TransferId, "trf"
}
id! {
    /// Names a person who can sign in: customer or staff.
    UserId, "usr"
}
id! {
    /// Names one signed-in device of a user.
    SessionId, "ses"
}
id! {
    /// Names an API key.
    ApiKeyId, "key"
}
id! {
    /// Names a one-time confirmation that is bound to what it confirms.
    ChallengeId, "chl"
}
id! {
    /// Names a second person's decision on a command.
    ApprovalId, "apr"
}
id! {
    /// Names a piece of background work.
    JobId, "job"
}
id! {
    /// Names a row of the audit log.
    AuditId, "aud"
}
id! {
    /// Names a confirmed look-up of a payee.
    PayeeLookupId, "pyl"
}
id! {
    /// Names an invitation of a member of staff.
    InvitationId, "inv"
}
id! {
    /// Names a note that staff wrote on a customer.
    NoteId, "not"
}
id! {
    /// Names a link to accounts that a customer holds at another bank.
    ConnectionId, "con"
}
id! {
    /// Names a customer's way to a bank and back.
    OauthStateId, "ost"
}
id! {
    /// Names an account or a card that a customer has at another bank.
    ExternalAccountId, "xac"
}
id! {
    /// Names a row of such an account.
    ExternalTransactionId, "xtx"
}
id! {
    /// Names one run of the ledger's proof.
    ProofId, "prf"
}
id! {
    /// Names a payment into an account here from an account at another bank.
    BankPaymentId, "bpy"
}

/// Makes the UUID of a fresh id; see the module for its bits.
#[doc(hidden)]
pub fn version_7(now: Instant, random: &Random) -> Uuid {
    let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    let mut bytes: [u8; 10] = random.bytes();
    // 1000 microseconds spread over the 12 bits of rand_a.
    let fraction = (now.timestamp_subsec_micros() % 1000 * 4096 / 1000).to_be_bytes();
    bytes[0] = fraction[2];
    bytes[1] = fraction[3];
    Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid()
}

#[doc(hidden)]
pub fn with_text<R>(prefix: &str, uuid: Uuid, run: impl FnOnce(&str) -> R) -> R {
    let mut text = [b'_'; LONGEST_PREFIX + 1 + TEXT_LENGTH];
    let start = prefix.len() + 1;
    text[..prefix.len()].copy_from_slice(prefix.as_bytes());
    let mut bits = uuid.as_u128();
    for place in text[start..start + TEXT_LENGTH].iter_mut().rev() {
        *place = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    run(std::str::from_utf8(&text[..start + TEXT_LENGTH]).expect("ASCII alone"))
}

#[doc(hidden)]
pub fn parse_text(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let error = IdError { prefix };
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(error)?;
    // 26 characters hold 130 bits: a first character above 7 would overflow.
    if digits.len() != TEXT_LENGTH || digits.as_bytes()[0] > b'7' {
        return Err(error);
    }
    let mut bits = 0_u128;
    for byte in digits.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte).ok_or(error)?;
        bits = bits << 5 | value as u128;
    }
    Ok(Uuid::from_u128(bits))
}

#[cfg(feature = "openapi")]
#[doc(hidden)]
pub fn schema(prefix: &str) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .pattern(Some(format!("^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$")))
        .examples([format!("{prefix}_01k0z8r9tqe5mbd3v6n2j7x4hc")])
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_the_published_one() {
        // The vectors of the TypeID specification, `valid.yml`.
        for (uuid, digits) in [
            (Uuid::nil(), "00000000000000000000000000"),
            (Uuid::from_u128(1), "00000000000000000000000001"),
            (Uuid::from_u128(32), "00000000000000000000000010"),
            (Uuid::max(), "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
            (Uuid::from_u128(0x0188_9c89_df6b_7f1c_a388_9139_6ec3_14bc), "01h2e8kqvbfwea724h75qc655w"),
        ] {
            let id = AccountId::from_uuid(uuid);
            assert_eq!(id.to_string(), format!("acc_{digits}"));
            assert_eq!(format!("acc_{digits}").parse(), Ok(id));
        }
    }

    #[test]
    fn another_kind_a_wrong_length_and_foreign_letters_are_refused() {
        for text in [
            "trf_00000000000000000000000001",
            "acc00000000000000000000000001",
            "acc_0000000000000000000000001",
            "acc_80000000000000000000000000",
            "acc_0000000000000000000000000U",
            "acc_0000000000000000000000000u",
            "acc_",
            "",
            "acc_000000000000000000000000é",
        ] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_sort_by_the_instant_they_were_made() {
        let random = Random::seeded(3);
        let start: Instant = "2026-01-01T00:00:00Z".parse().expect("an instant");
        let ids: Vec<_> = (0..2000)
            .map(|step| TransferId::generate(start + chrono::Duration::microseconds(step), &random))
            .collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].uuid().get_version_num(), 7);
        assert!(ids[0].to_string() < ids[1999].to_string(), "text sorts as ids do");
    }

    #[test]
    fn json_holds_the_text_form() {
        let id = UserId::from_uuid(Uuid::from_u128(1));
        let json = serde_json::to_string(&id).expect("serializable");
        assert_eq!(json, "\"usr_00000000000000000000000001\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).expect("readable"), id);
        assert!(serde_json::from_str::<UserId>("\"acc_00000000000000000000000001\"").is_err());
    }
}
