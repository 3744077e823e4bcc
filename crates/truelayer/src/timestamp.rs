//! Points in time in every form in which banks send them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Utc};
use kernel::Instant;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

/// Holds an instant, and the calendar date as the bank wrote it.
///
/// The two may disagree: midnight of 17 September at `+01:00` is still the 16th in UTC, but the bank booked on the
/// 17th. Forms: `YYYY-MM-DD`, and a date and a time behind `T` or a space, with or without decimals, with `Z`, an
/// offset or nothing behind it. Nothing means UTC, so that the date stays as written. Microseconds are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// The instant.
    pub at: Instant,
    /// The date as written.
    pub on: NaiveDate,
}

/// Says that a text is in none of the forms; never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a date or time")]
pub struct TimestampError;

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(on) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Self { at: on.and_time(chrono::NaiveTime::MIN).and_utc(), on });
        }
        let text = text.replacen(' ', "T", 1);
        if let Ok(with_offset) = DateTime::parse_from_rfc3339(&text) {
            let at = with_offset.with_timezone(&Utc).trunc_subsecs(6);
            return Ok(Self { at, on: with_offset.date_naive() });
        }
        let bare =
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").map_err(|_| TimestampError)?;
        Ok(Self { at: bare.and_utc().trunc_subsecs(6), on: bare.date() })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Reads a time that nothing depends on: what is malformed (`2017-02-247T…`) is absent.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_the_date_stays_as_written() {
        for (text, at, on) in [
            ("2018-03-06T00:00:00", "2018-03-06T00:00:00Z", "2018-03-06"),
            ("2017-02-07T17:29:24.740802Z", "2017-02-07T17:29:24.740802Z", "2017-02-07"),
            ("2020-11-19T09:30:00Z", "2020-11-19T09:30:00Z", "2020-11-19"),
            ("2018-01-16T00:00:00+00:00", "2018-01-16T00:00:00Z", "2018-01-16"),
            ("2019-07-24T11:29:47.414+00:00", "2019-07-24T11:29:47.414Z", "2019-07-24"),
            ("2018-09-17T00:00:00+01:00", "2018-09-16T23:00:00Z", "2018-09-17"),
            ("2018-09-17T23:30:00-05:00", "2018-09-18T04:30:00Z", "2018-09-17"),
            ("2017-01-28", "2017-01-28T00:00:00Z", "2017-01-28"),
            ("2020-12-07 12:34:56Z", "2020-12-07T12:34:56Z", "2020-12-07"),
            ("2026-01-01T00:00:00.1234567", "2026-01-01T00:00:00.123456Z", "2026-01-01"),
            ("9999-12-31T00:00:00+00:00", "9999-12-31T00:00:00Z", "9999-12-31"),
            (" 2018-03-06T00:00:00 ", "2018-03-06T00:00:00Z", "2018-03-06"),
        ] {
            let read: Timestamp = text.parse().expect(text);
            assert_eq!(read.at, at.parse::<Instant>().expect("an instant"), "{text}");
            assert_eq!(read.on.to_string(), on, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_or_absent() {
        #[derive(Deserialize)]
        struct Row {
            #[serde(default, deserialize_with = "lenient")]
            update_timestamp: Option<Timestamp>,
        }
        for text in ["", "2017-02-247T17:29:24.740802Z", "2017-02-30", "17:29:24", "yesterday", "1700000000"]
        {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
            let row: Row = serde_json::from_str(&format!(r#"{{"update_timestamp":"{text}"}}"#)).expect(text);
            assert_eq!(row.update_timestamp, None, "{text}");
        }
        let row: Row = serde_json::from_str("{}").expect("an empty row");
        assert_eq!(row.update_timestamp, None);
    }
}
