//! Instants and days as JSON shows them, written digit by digit: a page of fifty lines has a hundred of them.

use chrono::{Datelike, NaiveDate, Timelike};
use serde::{Serialize, Serializer};

use crate::Instant;

/// The digits of a year that are written without a sign (ISO 8601-1:2019 §4.3.2).
const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// Writes an instant as chrono does: RFC 3339 in UTC with as many decimals, 0, 3 or 6, as it has.
///
/// For `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn instant<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    let nanoseconds = at.nanosecond();
    let is_plain =
        YEARS.contains(&at.year()) && nanoseconds < 1_000_000_000 && nanoseconds.is_multiple_of(1000);
    if !is_plain {
        return at.serialize(serializer);
    }
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    put_day(&mut text, at.date_naive());
    put(&mut text[11..13], at.hour());
    put(&mut text[14..16], at.minute());
    put(&mut text[17..19], at.second());
    put(&mut text[20..26], nanoseconds / 1000);
    let end = match nanoseconds {
        0 => 19,
        _ if nanoseconds.is_multiple_of(1_000_000) => 23,
        _ => 26,
    };
    text[end] = b'Z';
    serializer.serialize_str(as_str(&text[..=end]))
}

/// Writes a day as chrono does: `2026-03-02` (ISO 8601-1:2019 §5.2.2.1).
///
/// For `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn day<S: Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    if !YEARS.contains(&day.year()) {
        return day.serialize(serializer);
    }
    let mut text = *b"0000-00-00";
    put_day(&mut text, *day);
    serializer.serialize_str(as_str(&text))
}

fn put_day(text: &mut [u8], day: NaiveDate) {
    put(&mut text[0..4], day.year().unsigned_abs());
    put(&mut text[5..7], day.month());
    put(&mut text[8..10], day.day());
}

fn put(places: &mut [u8], mut number: u32) {
    for place in places.iter_mut().rev() {
        *place = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

fn as_str(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("digits and signs are ASCII")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[derive(Serialize)]
    struct Ours(#[serde(serialize_with = "instant")] Instant, #[serde(serialize_with = "day")] NaiveDate);

    #[test]
    fn instants_and_days_are_written_as_chrono_writes_them() {
        let seconds = [-62_200_000_000, -62_167_219_200, -1, 0, 951_782_399, 1_772_438_400, 253_402_300_799];
        let nanoseconds = [0, 1, 1_000, 123_456_000, 120_000_000, 7_000_000, 999_999_000, 999_999_999];
        for second in seconds.into_iter().chain([253_402_300_800]) {
            for nanosecond in nanoseconds {
                let at: Instant = DateTime::from_timestamp(second, nanosecond).expect("an instant");
                let ours = serde_json::to_string(&Ours(at, at.date_naive())).expect("text");
                assert_eq!(ours, serde_json::to_string(&(at, at.date_naive())).expect("text"));
            }
        }
    }
}
