//! Which passwords are good enough (NIST SP 800-63B-4 §3.1.1, OWASP ASVS 5.0 V6.2).

use kernel::Secret;
use zxcvbn::Score;

/// The fewest characters of a password that stands alone.
pub const SHORTEST: usize = 15;
/// The fewest characters of a password beside a second factor.
pub const SHORTEST_WITH_SECOND_FACTOR: usize = 12;
/// The most characters.
pub const LONGEST: usize = 128;

/// Says what is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFlaw {
    /// Too few characters.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// Too many characters.
    #[error("must have at most {LONGEST} characters")]
    TooLong,
    /// Guessable: words, names, patterns, or one's own data.
    #[error("is too easy to guess")]
    Guessable,
    /// One of the last five.
    #[error("was used before")]
    UsedBefore,
}

/// Judges a new password by length and by how many guesses it takes; what it is made of does not matter.
///
/// # Errors
/// [`PasswordFlaw::TooShort`], [`PasswordFlaw::TooLong`], [`PasswordFlaw::Guessable`].
pub fn judge(
    password: &Secret<String>,
    own_words: &[&str],
    has_second_factor: bool,
) -> Result<(), PasswordFlaw> {
    let text = password.expose();
    let length = text.chars().count();
    let shortest = if has_second_factor { SHORTEST_WITH_SECOND_FACTOR } else { SHORTEST };
    if length < shortest {
        return Err(PasswordFlaw::TooShort(shortest));
    }
    if length > LONGEST {
        return Err(PasswordFlaw::TooLong);
    }
    if zxcvbn::zxcvbn(text, own_words).score() < Score::Three {
        return Err(PasswordFlaw::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_judged_by_length_and_guesses() {
        let words = ["ada.lovelace@example.com", "Ada", "Lovelace", "Florin Bank"];
        let long = |letters: usize| "correct horse battery".chars().cycle().take(letters).collect::<String>();
        for (password, alone, beside) in [
            ("sH0rt!sH0rt", Some(PasswordFlaw::TooShort(15)), Some(PasswordFlaw::TooShort(12))),
            ("plover-quartz", Some(PasswordFlaw::TooShort(15)), None),
            ("quartz plover umbrella", None, None),
            ("passwordpassword", Some(PasswordFlaw::Guessable), Some(PasswordFlaw::Guessable)),
            ("aaaaaaaaaaaaaaaaaaaa", Some(PasswordFlaw::Guessable), Some(PasswordFlaw::Guessable)),
            ("adalovelaceadalovelace", Some(PasswordFlaw::Guessable), Some(PasswordFlaw::Guessable)),
            (&long(128), None, None),
            (&long(129), Some(PasswordFlaw::TooLong), Some(PasswordFlaw::TooLong)),
            ("größere Übergänge über Zürich", None, None),
        ] {
            let password = Secret::new(password.to_owned());
            assert_eq!(judge(&password, &words, false).err(), alone, "{}", password.expose());
            assert_eq!(judge(&password, &words, true).err(), beside, "{}", password.expose());
        }
    }
}
