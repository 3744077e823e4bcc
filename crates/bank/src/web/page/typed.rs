//! Amounts and days as people type them, read strictly: what could mean two things is refused.

use chrono::NaiveDate;
use kernel::{Currency, Money};
use thiserror::Error;

use super::Format;

/// Says how to write an amount, in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("write an amount in {currency} like {example}")]
pub struct AmountError {
    currency: Currency,
    example: String,
}

/// Says how to write a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write a day like 2026-03-31")]
pub struct DayError;

/// Signs that people write before or after an amount, besides the currency's code.
const SIGNS: [(Currency, char); 4] =
    [(Currency::GBP, '£'), (Currency::EUR, '€'), (Currency::USD, '$'), (Currency::JPY, '¥')];

/// How many digits stand between two marks.
const GROUP: usize = 3;

impl Format {
    /// Reads an amount of zero or more: `1,250.00`, `1250`, `£1 250.5`, `1,250.00 GBP`.
    ///
    /// Marks are those of the reader's language, groups have three digits each, and no more decimals are taken
    /// than the currency has: `1.250,00` is no English amount, nor is `12,50`.
    ///
    /// # Errors
    /// [`AmountError`] with an example.
    pub fn parse_amount(self, text: &str, currency: Currency) -> Result<Money, AmountError> {
        let places = usize::from(currency.exponent());
        let whole_and_part = bare(text, currency);
        let (whole, part) = match whole_and_part.split_once(self.language.decimal_mark()) {
            Some((whole, part)) if (1..=places).contains(&part.len()) => (whole, part),
            Some(_) => return Err(self.amount_error(currency)),
            None => (whole_and_part.as_str(), ""),
        };
        let digits = ungrouped(whole, self.language.group_mark());
        let digits = digits.filter(|_| part.bytes().all(|digit| digit.is_ascii_digit()));
        let minor = digits.and_then(|digits| format!("{digits}{part:0<places$}").parse().ok());
        minor.map(|minor| Money::new(minor, currency)).ok_or_else(|| self.amount_error(currency))
    }

    fn amount_error(self, currency: Currency) -> AmountError {
        let unit = 10_i64.pow(u32::from(currency.exponent()));
        AmountError { currency, example: self.amount(Money::new(1250 * unit, currency)) }
    }
}

/// Reads a day as fields of that kind send it (ISO 8601).
///
/// # Errors
/// [`DayError`].
pub fn parse_day(text: &str) -> Result<NaiveDate, DayError> {
    text.trim().parse().map_err(|_| DayError)
}

/// Takes the currency's code or sign away, and makes every blank a plain one.
fn bare(text: &str, currency: Currency) -> String {
    let text = text.trim();
    let ends = |end: &str| text.len() > end.len() && text.is_char_boundary(text.len() - end.len());
    let code = currency.code();
    let text = match text {
        _ if text.get(..code.len()).is_some_and(|start| start.eq_ignore_ascii_case(code)) => {
            &text[code.len()..]
        }
        _ if ends(code) && text[text.len() - code.len()..].eq_ignore_ascii_case(code) => {
            &text[..text.len() - code.len()]
        }
        _ => text,
    };
    let sign = SIGNS.iter().find(|(of, _)| *of == currency).map(|(_, sign)| *sign);
    let text = text.trim().trim_matches(|letter| Some(letter) == sign).trim();
    text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect()
}

/// Takes the marks between groups away; none when a group has not three digits, or two marks are mixed.
fn ungrouped(whole: &str, mark: &str) -> Option<String> {
    let mark = if whole.contains(' ') { " " } else { mark };
    let groups: Vec<&str> = whole.split(mark).collect();
    let digits = groups.concat();
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let (first, others) = groups.split_first()?;
    let fits = others.is_empty() || (1..=GROUP).contains(&first.len());
    (is_number && fits && others.iter().all(|group| group.len() == GROUP)).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    fn format(tag: &str) -> Format {
        let now = "2026-03-02T09:00:00Z".parse().expect("an instant");
        Format { language: Language::of(Some(tag)), zone: chrono_tz::Europe::London, now }
    }

    #[test]
    fn an_amount_is_read_as_people_of_the_language_type_it() {
        for (tag, text, currency, minor) in [
            ("en", "1,250.00", Currency::GBP, 125_000),
            ("en", "1250", Currency::GBP, 125_000),
            ("en", " 1250.5 ", Currency::GBP, 125_050),
            ("en", "£1,250.00", Currency::GBP, 125_000),
            ("en", "1 250.00 gbp", Currency::GBP, 125_000),
            ("en", "GBP 0.05", Currency::GBP, 5),
            ("en", "1,234,567", Currency::JPY, 1_234_567),
            ("en-US", "$12.50", Currency::USD, 1_250),
            ("de", "1.250,00 €", Currency::EUR, 125_000),
            ("fr", "1\u{202f}250,00", Currency::EUR, 125_000),
            ("en", "0", Currency::GBP, 0),
        ] {
            let read = format(tag).parse_amount(text, currency);
            assert_eq!(read, Ok(Money::new(minor, currency)), "{tag} {text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused_with_an_example() {
        let nothing = ["", "GBP", "£", ".", ",", "abc", "-5", "+5", "1e3", "1,250.00 EUR", "€5", "٣"];
        let marks =
            ["1.250,00", "12,50", "1,25", "1,2500", ",250", "1.", "1.005", "1.0.0", "1,250 000", "1  250"];
        let large = ["92233720368547758.08", "999999999999999999999"];
        for text in nothing.into_iter().chain(marks).chain(large) {
            assert!(format("en").parse_amount(text, Currency::GBP).is_err(), "{text}");
        }
        let told =
            |tag, currency| format(tag).parse_amount("x", currency).expect_err("no amount").to_string();
        assert_eq!(told("en", Currency::GBP), "write an amount in GBP like 1,250.00");
        assert_eq!(told("de", Currency::EUR), "write an amount in EUR like 1.250,00");
        assert_eq!(told("en", Currency::JPY), "write an amount in JPY like 1,250");
    }

    #[test]
    fn a_day_is_read_or_explained() {
        assert_eq!(parse_day(" 2026-03-02 "), Ok(NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day")));
        assert_eq!(
            parse_day("2026-02-30").map_err(|error| error.to_string()),
            Err("write a day like 2026-03-31".to_owned())
        );
    }
}
