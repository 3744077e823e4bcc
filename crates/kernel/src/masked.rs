//! Account numbers shown in part.

use std::fmt;

const STARS: &str = "****";
/// At most so many characters are shown.
const SHOWN: usize = 4;

/// Shows the last four characters of an account number behind stars, or fewer so that at least half stays hidden.
///
/// A shorter text has zeros behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaskedNumber([u8; STARS.len() + SHOWN]);

impl MaskedNumber {
    /// Masks a number, whose characters are all ASCII; any other would be shown as a question mark.
    pub(crate) fn of(number: &str) -> Self {
        let length = number.chars().count();
        let mut text = [b'*'; STARS.len() + SHOWN];
        let mut shown = number.chars().skip(length - (length / 2).min(SHOWN));
        for place in &mut text[STARS.len()..] {
            *place = shown
                .next()
                .map_or(0, |letter| u8::try_from(letter).ok().filter(u8::is_ascii).unwrap_or(b'?'));
        }
        Self(text)
    }

    /// Returns the text: `****6819`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end_matches('\0')
    }
}

impl fmt::Display for MaskedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for MaskedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_half_of_a_masked_number_stays_hidden() {
        for (text, shown) in [("", ""), ("7", ""), ("576", "6"), ("12345", "45"), ("1234567890", "7890")] {
            assert_eq!(MaskedNumber::of(text).to_string(), format!("****{shown}"));
        }
    }
}
