//! Currencies against the published table of ISO 4217.

use std::collections::BTreeMap;

use kernel::Currency;

use crate::oracle;

/// Withdrawn, and kept by the library: records from before still need their decimals.
const WITHDRAWN_BUT_KNOWN: [&str; 5] = ["BGN", "CUC", "HRK", "SLL", "ZWL"];

#[test]
fn minor_units_agree_with_the_standard_for_every_active_currency() {
    let Some(table) = oracle::read("iso4217/codes-all.csv") else { return };
    let mut active = BTreeMap::new();
    for row in csv::Reader::from_reader(table.as_bytes()).deserialize() {
        let (_, _, code, _, minor_unit, withdrawn): (String, String, String, String, String, String) =
            row.expect("six columns");
        if !code.is_empty() && withdrawn.is_empty() {
            // A dash stands where no minor unit applies: metals, bond units, test codes.
            active.insert(code, minor_unit.parse::<u8>().ok());
        }
    }
    for (code, minor_unit) in &active {
        assert_eq!(code.parse::<Currency>().ok().map(Currency::exponent), *minor_unit, "{code}");
    }
    let countable = active.values().flatten().count();
    assert_eq!((active.len(), countable), (178, 165));
    let others: Vec<_> = Currency::all().filter(|known| !active.contains_key(known.code())).collect();
    assert_eq!(others.iter().map(Currency::code).collect::<Vec<_>>(), WITHDRAWN_BUT_KNOWN);
    assert_eq!(Currency::all().count(), countable + WITHDRAWN_BUT_KNOWN.len());
}

#[test]
fn every_currency_survives_its_code_and_has_a_name() {
    for currency in Currency::all() {
        let json = serde_json::to_string(&currency).expect("serializable");
        assert_eq!(serde_json::from_str::<Currency>(&json).expect("readable"), currency);
        assert!(!currency.name().is_empty(), "{currency}");
    }
    for named in [Currency::GBP, Currency::EUR, Currency::USD, Currency::CZK, Currency::JPY] {
        assert_eq!(named.code().parse(), Ok(named));
    }
}
