//! How numbers, days and times are written, by language and zone.
//!
//! A small table of the punctuation that differs, for the languages that staff of our countries prefer; every
//! other language reads as English does. Month names stay English, as the pages are.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use kernel::{Instant, Money};

/// Names what a language does differently with numbers and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 1,234.56 and 2 Mar 2026.
    English,
    /// 1,234.56 and Mar 2, 2026.
    American,
    /// 1.234,56 and 02.03.2026.
    German,
    /// 1 234,56 and 02/03/2026.
    French,
}

/// Writes what depends on language, zone and the present.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Whose punctuation.
    pub language: Language,
    /// Whose clock.
    pub zone: Tz,
    /// The present.
    pub now: Instant,
}

impl Language {
    /// Reads a BCP 47 tag such as `de-AT`; an unknown one is English.
    pub fn of(tag: Option<&str>) -> Self {
        let tag = tag.unwrap_or("en");
        match (tag.split('-').next().unwrap_or(tag), tag) {
            (_, "en-US") => Self::American,
            ("de", _) => Self::German,
            ("fr" | "cs" | "sv" | "pl", _) => Self::French,
            _ => Self::English,
        }
    }

    pub(super) const fn group_mark(self) -> &'static str {
        match self {
            Self::English | Self::American => ",",
            Self::German => ".",
            Self::French => "\u{202f}",
        }
    }

    pub(super) const fn decimal_mark(self) -> char {
        match self {
            Self::English | Self::American => '.',
            Self::German | Self::French => ',',
        }
    }

    const fn day_pattern(self) -> &'static str {
        match self {
            Self::English => "%-d %b %Y",
            Self::American => "%b %-d, %Y",
            Self::German => "%d.%m.%Y",
            Self::French => "%d/%m/%Y",
        }
    }
}

impl Format {
    /// Writes a whole number in groups of three digits.
    pub fn count(self, number: i128) -> String {
        let digits = number.unsigned_abs().to_string();
        let sign = if number < 0 { "\u{2212}" } else { "" };
        format!("{sign}{}", self.grouped(&digits))
    }

    /// Writes an amount without its currency, with a true minus sign below zero.
    pub fn amount(self, money: Money) -> String {
        self.minor(i128::from(money.minor()), money.currency().exponent())
    }

    /// Writes minor units, which may be sums beyond 64 bits.
    pub fn minor(self, minor: i128, exponent: u8) -> String {
        let places = usize::from(exponent);
        let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        let sign = if minor < 0 { "\u{2212}" } else { "" };
        let whole = self.grouped(whole);
        if places == 0 {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}{}{part}", self.language.decimal_mark())
    }

    /// Writes a business day.
    pub fn day(self, day: NaiveDate) -> String {
        day.format(self.language.day_pattern()).to_string()
    }

    /// Writes an instant in the bank's zone, to the minute.
    pub fn instant(self, at: Instant) -> String {
        let local = self.local(at);
        format!("{}, {}", self.day(local.date_naive()), local.format("%H:%M"))
    }

    /// Writes how long ago something was, or how soon it will be.
    pub fn distance(self, at: Instant) -> String {
        let seconds = (self.now - at).num_seconds();
        let (amount, unit) = match seconds.abs() {
            0..60 => return "just now".to_owned(),
            short @ 60..3600 => (short / 60, "min"),
            middle @ 3600..86_400 => (middle / 3600, "h"),
            long @ 86_400..2_592_000 => (long / 86_400, "d"),
            _ => return self.day(self.local(at).date_naive()),
        };
        if seconds > 0 { format!("{amount} {unit} ago") } else { format!("in {amount} {unit}") }
    }

    fn local(self, at: Instant) -> DateTime<Tz> {
        at.with_timezone(&self.zone)
    }

    fn grouped(self, digits: &str) -> String {
        let mut out = String::with_capacity(digits.len() * 4 / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push_str(self.language.group_mark());
            }
            out.push(digit);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn format(tag: &str) -> Format {
        let now = "2026-03-02T09:00:00Z".parse().expect("an instant");
        Format { language: Language::of(Some(tag)), zone: chrono_tz::Europe::London, now }
    }

    #[test]
    fn amounts_follow_the_language_and_the_currency() {
        for (tag, minor, currency, expected) in [
            ("en", 123_456_789, Currency::GBP, "1,234,567.89"),
            ("en-US", -5, Currency::USD, "\u{2212}0.05"),
            ("de-AT", 123_456, Currency::EUR, "1.234,56"),
            ("fr", 100_000, Currency::EUR, "1\u{202f}000,00"),
            ("xx", 1_234, Currency::JPY, "1,234"),
            ("en", i64::MIN, Currency::GBP, "\u{2212}92,233,720,368,547,758.08"),
        ] {
            assert_eq!(format(tag).amount(Money::new(minor, currency)), expected, "{tag}");
        }
    }

    #[test]
    fn days_and_times_are_the_banks() {
        let at: Instant = "2026-07-01T23:30:00Z".parse().expect("an instant");
        assert_eq!(format("en").instant(at), "2 Jul 2026, 00:30");
        assert_eq!(format("en-US").instant(at), "Jul 2, 2026, 00:30");
        assert_eq!(format("de").instant(at), "02.07.2026, 00:30");
    }

    #[test]
    fn a_distance_is_rough() {
        for (seconds, expected) in
            [(0, "just now"), (61, "1 min ago"), (7_300, "2 h ago"), (200_000, "2 d ago"), (-3_700, "in 1 h")]
        {
            let at = format("en").now - chrono::Duration::seconds(seconds);
            assert_eq!(format("en").distance(at), expected);
        }
        let long_ago = format("en").now - chrono::Duration::days(31);
        assert_eq!(format("en").distance(long_ago), "30 Jan 2026");
    }
}
