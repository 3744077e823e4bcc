//! The numbers that a bank makes for its own accounts: its code by country and a serial number.

use super::{AccountNumberError, US_ACCOUNT_DIGITS, UsAccountNumber};
use crate::{AbaRoutingNumber, CountryCode, Iban, SortCode};

/// Ten digits are what customers there expect to see.
const SHORTEST_MADE_US: usize = 10;

/// Makes an IBAN of the United Kingdom: four letters of the bank, the sort code, eight digits.
///
/// # Errors
/// [`AccountNumberError::BankCode`], then [`AccountNumberError::SerialTooLong`].
pub fn gb(bank_code: &str, sort_code: SortCode, serial: u64) -> Result<Iban, AccountNumberError> {
    if bank_code.len() != 4 || !bank_code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(AccountNumberError::BankCode("four capital letters"));
    }
    let account = padded(serial, 8)?;
    Ok(Iban::compose(CountryCode::GB, &format!("{bank_code}{}{account}", sort_code.digits()))?)
}

/// Makes an IBAN of Germany: the Bankleitzahl of eight digits, ten digits.
///
/// # Errors
/// [`AccountNumberError::BankCode`], then [`AccountNumberError::SerialTooLong`].
pub fn de(bank_code: &str, serial: u64) -> Result<Iban, AccountNumberError> {
    let bank_code = digits_of(bank_code, 8, "eight digits")?;
    Ok(Iban::compose(CountryCode::DE, &format!("{bank_code}{}", padded(serial, 10)?))?)
}

/// Makes an IBAN of Austria: the Bankleitzahl of five digits, eleven digits.
///
/// # Errors
/// [`AccountNumberError::BankCode`], then [`AccountNumberError::SerialTooLong`].
pub fn at(bank_code: &str, serial: u64) -> Result<Iban, AccountNumberError> {
    let bank_code = digits_of(bank_code, 5, "five digits")?;
    Ok(Iban::compose(CountryCode::AT, &format!("{bank_code}{}", padded(serial, 11)?))?)
}

/// Makes an account number of the United States, filled up to ten digits with zeros.
///
/// # Errors
/// [`AccountNumberError::SerialTooLong`].
pub fn us(routing: AbaRoutingNumber, serial: u64) -> Result<UsAccountNumber, AccountNumberError> {
    let account = format!("{serial:0SHORTEST_MADE_US$}");
    if account.len() > US_ACCOUNT_DIGITS {
        return Err(AccountNumberError::SerialTooLong(US_ACCOUNT_DIGITS));
    }
    UsAccountNumber::new(routing, &account)
}

/// Returns sort code and account number of a British IBAN, as customers there know them.
pub fn gb_parts(iban: &Iban) -> Option<(SortCode, &str)> {
    if iban.country() != CountryCode::GB {
        return None;
    }
    let (sort_code, account) = iban.bban().get(4..)?.split_at_checked(6)?;
    Some((sort_code.parse().ok()?, account))
}

fn padded(serial: u64, digits: usize) -> Result<String, AccountNumberError> {
    let text = format!("{serial:0digits$}");
    if text.len() > digits { Err(AccountNumberError::SerialTooLong(digits)) } else { Ok(text) }
}

fn digits_of<'a>(code: &'a str, length: usize, form: &'static str) -> Result<&'a str, AccountNumberError> {
    if code.len() != length || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AccountNumberError::BankCode(form));
    }
    Ok(code)
}
