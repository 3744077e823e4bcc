//! International bank account numbers (ISO 13616-1).

use std::fmt;
use std::str::FromStr;

use iban::{BaseIban, IbanLike, ParseBaseIbanError, ParseIbanError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::{CountryCode, MaskedNumber, text};

/// Names an account by country, check digits and the country's own number (ISO 13616-1:2020 §5).
///
/// Checked by the remainder 97 (ISO/IEC 7064) and by the country's format in the IBAN registry. Check
/// digits *inside* the country's own number are the business of each country's banks and not verified;
/// neither is that the account exists. `Debug` masks, `Display` does not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Iban(Checked);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Checked {
    /// The library knows the country's format.
    Listed(iban::Iban),
    /// See [`added_format`].
    Added(BaseIban),
}

/// Says why a text is not an IBAN; never repeats the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IbanError {
    /// It does not look like an IBAN at all.
    #[error("an IBAN is two letters, two digits and up to 30 letters and digits")]
    Shape,
    /// The remainder is wrong: something is mistyped, missing or swapped.
    #[error("the check digits of the IBAN do not match")]
    CheckDigits,
    /// The country is not in the IBAN registry.
    #[error("the country of the IBAN issues none")]
    Country,
    /// The rest has another length, or letters where the country has digits.
    #[error("the IBAN does not have the format of its country")]
    NationalFormat,
}

impl Iban {
    /// Puts country, computed check digits and the country's own number together.
    ///
    /// White space in `bban` is dropped and letters become capital.
    ///
    /// # Errors
    /// [`IbanError::Shape`], then [`IbanError::Country`], then [`IbanError::NationalFormat`].
    pub fn compose(country: CountryCode, bban: &str) -> Result<Self, IbanError> {
        let bban = text::compact(bban);
        if !bban.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(IbanError::Shape);
        }
        // ISO 13616-1 annex: 98 less the remainder that the check digits 00 leave.
        let check_digits = 98 - remainder(&bban, country.as_str(), "00");
        format!("{country}{check_digits:02}{bban}").parse()
    }

    /// Returns the electronic form: capitals and digits without spaces.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Checked::Listed(iban) => iban.electronic_str(),
            Checked::Added(iban) => iban.electronic_str(),
        }
    }

    /// Returns the paper form, in groups of four (ISO 13616-1:2020 §6.2).
    pub fn grouped(&self) -> String {
        match &self.0 {
            Checked::Listed(iban) => iban.to_string(),
            Checked::Added(iban) => iban.to_string(),
        }
    }

    /// Returns the last four characters behind stars, for logs and for people who need not know all.
    pub fn masked(&self) -> MaskedNumber {
        MaskedNumber::of(self.as_str())
    }

    /// Returns the country whose bank keeps the account.
    pub fn country(&self) -> CountryCode {
        self.as_str()[..2].parse().expect("the registry's countries are countries")
    }

    /// Returns the basic bank account number: the country's own part.
    pub fn bban(&self) -> &str {
        &self.as_str()[4..]
    }

    /// Returns the bank's code inside the country's own number, where the registry says where it is.
    pub fn bank_code(&self) -> Option<&str> {
        match &self.0 {
            Checked::Listed(iban) => iban.bank_identifier(),
            Checked::Added(_) => self.bban().get(..ADDED_BANK_CODE),
        }
    }
}

/// Parses an IBAN in any case, with white space anywhere.
///
/// # Errors
/// The variants of [`IbanError`] in their order.
impl FromStr for Iban {
    type Err = IbanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let electronic = text::compact(text);
        let iban = electronic.parse::<BaseIban>().map_err(|error| match error {
            ParseBaseIbanError::InvalidFormat => IbanError::Shape,
            ParseBaseIbanError::InvalidChecksum => IbanError::CheckDigits,
        })?;
        // 99 leaves the same remainder as 02, and only 02 to 98 are ever computed: one account has one
        // number. The library refuses 00 and 01 itself.
        if iban.check_digits() == 99 {
            return Err(IbanError::CheckDigits);
        }
        match iban::Iban::try_from(iban) {
            Ok(iban) => Ok(Self(Checked::Listed(iban))),
            Err(ParseIbanError::UnknownCountry(_)) => added_format(iban).map(Checked::Added).map(Self),
            Err(_) => Err(IbanError::NationalFormat),
        }
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iban({})", self.masked())
    }
}

impl Serialize for Iban {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Iban {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Iban {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        text::schema("IBAN (ISO 13616)", "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", "GB29NWBK60161331926819")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Iban {}

/// Length of the bank code in the formats of [`added_format`].
const ADDED_BANK_CODE: usize = 4;

/// Checks the two countries of the IBAN registry (release 100) that the library leaves out.
///
/// Both begin with four letters of the bank: Pakistan `4!a16!c`, Honduras `4!a20!n`.
fn added_format(iban: BaseIban) -> Result<BaseIban, IbanError> {
    let (bank, account) = iban.bban_unchecked().split_at_checked(ADDED_BANK_CODE).ok_or(IbanError::Shape)?;
    let account_fits = match iban.country_code() {
        "PK" => account.len() == 16,
        "HN" => account.len() == 20 && account.bytes().all(|byte| byte.is_ascii_digit()),
        _ => return Err(IbanError::Country),
    };
    if !account_fits || !bank.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(IbanError::NationalFormat);
    }
    Ok(iban)
}

/// Returns the remainder by 97 of the parts read as one number, `A` as 10 to `Z` as 35.
fn remainder(bban: &str, country: &str, check_digits: &str) -> u32 {
    let values =
        [bban, country, check_digits].into_iter().flat_map(str::chars).filter_map(|it| it.to_digit(36));
    values.fold(0, |rest, value| (rest * if value < 10 { 10 } else { 100 } + value) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "GB29NWBK60161331926819";

    #[test]
    fn spaces_and_case_make_no_difference() {
        let expected: Iban = EXAMPLE.parse().expect("the registry's example");
        for text in
            ["GB29 NWBK 6016 1331 9268 19", " gb29nwbk60161331926819\n", "GB 29\u{a0}NWBK60161331926819"]
        {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert_eq!(expected.as_str(), EXAMPLE);
        assert_eq!(expected.grouped(), "GB29 NWBK 6016 1331 9268 19");
    }

    #[test]
    fn a_number_falls_into_its_parts() {
        let iban: Iban = EXAMPLE.parse().expect("the registry's example");
        assert_eq!((iban.country(), iban.bban()), (CountryCode::GB, "NWBK60161331926819"));
        assert_eq!(iban.bank_code(), Some("NWBK"));
        let italian: Iban = "IT60X0542811101000000123456".parse().expect("the registry's example");
        assert_eq!(italian.bank_code(), Some("05428"), "after Italy's own check letter");
    }

    #[test]
    fn countries_that_the_library_leaves_out_are_checked_too() {
        for text in ["PK36SCBL0000001123456702", "HN88CABF00000000000250005469"] {
            let iban: Iban = text.parse().expect(text);
            assert_eq!(iban.bank_code(), text.get(4..8));
        }
        for (code, bban) in [
            ("PK", "SCB10000001123456702"),
            ("PK", "SCBL000000112345670"),
            ("HN", "CABF0000000000025000546A"),
        ] {
            let country = code.parse().expect("a country");
            assert_eq!(Iban::compose(country, bban), Err(IbanError::NationalFormat), "{code}{bban}");
        }
    }

    #[test]
    fn only_the_last_four_characters_reach_a_log() {
        let iban: Iban = EXAMPLE.parse().expect("the registry's example");
        assert_eq!((iban.masked().as_str(), format!("{iban:?}").as_str()), ("****6819", "Iban(****6819)"));
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        for (text, error) in [
            ("", IbanError::Shape),
            ("29GBNWBK60161331926819", IbanError::Shape),
            ("GB29-NWBK-60161331926819", IbanError::Shape),
            ("GB29NWBK6016133192681９", IbanError::Shape),
            ("GB2900000000000000000000000000000000", IbanError::Shape),
            ("GB28NWBK60161331926819", IbanError::CheckDigits),
            ("GB29NWBK60161331926891", IbanError::CheckDigits),
            ("US70021000021123456789", IbanError::Country),
            ("GB24NWBK6016133192681", IbanError::NationalFormat),
            ("GB58123460161331926819", IbanError::NationalFormat),
        ] {
            assert_eq!(text.parse::<Iban>(), Err(error), "{text}");
        }
    }

    #[test]
    fn check_digits_that_are_never_computed_are_refused() {
        // 00, 01 and 99 leave the remainders of 97, 98 and 02.
        let mut computed = std::collections::BTreeSet::new();
        for account in 0..2_000 {
            let iban = Iban::compose(CountryCode::DE, &format!("37040044{account:010}")).expect("digits");
            let check_digits: u32 = iban.as_str()[2..4].parse().expect("digits");
            computed.insert(check_digits);
            for twin in [check_digits.checked_sub(97), check_digits.checked_add(97)].into_iter().flatten() {
                if twin < 100 {
                    let text = format!("DE{twin:02}{}", iban.bban());
                    assert_eq!(text.parse::<Iban>(), Err(IbanError::CheckDigits), "{text}");
                }
            }
        }
        assert_eq!(computed.into_iter().collect::<Vec<_>>(), (2..=98).collect::<Vec<_>>());
    }

    #[test]
    fn composing_refuses_what_parsing_would() {
        let usa: CountryCode = "US".parse().expect("a country");
        assert_eq!(Iban::compose(CountryCode::GB, "NWBK-60161331926819"), Err(IbanError::Shape));
        assert_eq!(Iban::compose(usa, "021000021123456789"), Err(IbanError::Country));
        assert_eq!(Iban::compose(CountryCode::GB, "NWBK6016133192681"), Err(IbanError::NationalFormat));
    }

    #[test]
    fn json_holds_the_electronic_form() {
        let iban: Iban = EXAMPLE.parse().expect("the registry's example");
        let json = serde_json::to_string(&iban).expect("serializable");
        assert_eq!(json, format!("\"{EXAMPLE}\""));
        assert_eq!(serde_json::from_str::<Iban>(&json).expect("readable"), iban);
        let refusal =
            serde_json::from_str::<Iban>("\"GB28NWBK60161331926819\"").expect_err("wrong check digits");
        assert!(!refusal.to_string().contains("6819"), "{refusal}");
    }
}
