//! The canonical bytes of a row: what is hashed, whatever engine holds the row.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::NaiveDate;
use kernel::Instant;
use serde_json::Value;
use uuid::Uuid;

/// Holds a SHA-256 (FIPS 180-4).
pub type Digest = [u8; 32];

/// Stands where the length of an absent field would stand.
const ABSENT: u32 = u32::MAX;

/// Writes fields one after the other, each as a four-byte big-endian length and that many bytes.
///
/// An absent field has the length `0xffffffff` and no bytes. A text is UTF-8; a whole number eight bytes, big
/// endian, two's complement; an instant its microseconds since 1970 as a number; a date its ISO 8601 text; a
/// UUID its 16 bytes; JSON its text without blanks and with the keys of each object in byte order.
#[derive(Clone, Debug, Default)]
pub struct Encoder(Vec<u8>);

impl Encoder {
    /// Begins with a name that no other sort of message has.
    pub fn new(domain: &str) -> Self {
        Self::default().text(domain)
    }

    /// Adds bytes.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).expect("a field is far below 4 GiB");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds nothing, in a way that differs from an empty field.
    pub fn absent(mut self) -> Self {
        self.0.extend_from_slice(&ABSENT.to_be_bytes());
        self
    }

    /// Adds a text.
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a number.
    pub fn integer(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Adds an instant.
    pub fn instant(self, at: Instant) -> Self {
        self.integer(at.timestamp_micros())
    }

    /// Adds a date.
    pub fn date(self, date: NaiveDate) -> Self {
        self.text(&date.to_string())
    }

    /// Adds an id.
    pub fn uuid(self, id: Uuid) -> Self {
        self.bytes(id.as_bytes())
    }

    /// Adds JSON.
    pub fn json(self, value: &Value) -> Self {
        let mut text = String::new();
        write_json(&mut text, value);
        self.text(&text)
    }

    /// Adds a value that may be absent.
    pub fn optional<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self, value),
            None => self.absent(),
        }
    }

    /// Returns the SHA-256 of everything added.
    pub fn digest(&self) -> Digest {
        sha256(&self.0)
    }

    /// Returns the bytes, to be signed.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Hashes bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Writes JSON so that equal values give equal bytes, whatever order an engine keeps the keys in.
fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| key.as_bytes());
            out.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_json(out, item);
            }
            out.push('}');
        }
        simple => out.push_str(&simple.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_empty_and_shifted_fields_differ() {
        let digests = [
            Encoder::new("t").text("").absent(),
            Encoder::new("t").absent().text(""),
            Encoder::new("t").text("ab").text("c"),
            Encoder::new("t").text("a").text("bc"),
            Encoder::new("t").text("abc"),
            Encoder::new("u").text("abc"),
        ]
        .map(|encoder| encoder.digest());
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "case {index}");
        }
    }

    #[test]
    fn the_bytes_are_as_documented() {
        let at = "1970-01-01T00:00:01.000002Z".parse().expect("an instant");
        let bytes = Encoder::new("x").instant(at).date("2026-02-03".parse().expect("a date")).absent();
        let expected = [
            b"\0\0\0\x01x".as_slice(),
            b"\0\0\0\x08\0\0\0\0\0\x0f\x42\x42",
            b"\0\0\0\x0a2026-02-03",
            b"\xff\xff\xff\xff",
        ];
        assert_eq!(bytes.into_bytes(), expected.concat());
    }

    #[test]
    fn json_is_the_same_in_every_order_of_keys() {
        let text = r#"{ "b": [1, {"z": null, "a": "ü\""}], "a": true }"#;
        let value: Value = serde_json::from_str(text).expect("json");
        let mut out = String::new();
        write_json(&mut out, &value);
        assert_eq!(out, r#"{"a":true,"b":[1,{"a":"ü\"","z":null}]}"#);
        assert_eq!(Encoder::new("t").json(&value).into_bytes(), Encoder::new("t").text(&out).into_bytes());
    }
}
