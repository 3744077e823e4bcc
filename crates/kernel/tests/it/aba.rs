//! Routing numbers against the Federal Reserve's own directories.

use kernel::AbaRoutingNumber;

use crate::oracle;

#[test]
fn every_number_of_the_federal_reserves_directory_is_valid() {
    let Some(directory) = oracle::read("aba/FedACHdir.txt.gz") else { return };
    let valid = directory.lines().filter(|line| line[..9].parse::<AbaRoutingNumber>().is_ok()).count();
    assert_eq!((valid, directory.lines().count()), (18_198, 18_198));
}

/// Two of the Treasury's own offices have numbers under 15, which the ABA's policy gives to nobody.
const OUTSIDE_THE_POLICY: [&str; 2] = ["154000008", "155000007"];

#[test]
fn every_number_of_the_wire_directory_is_valid_but_two_of_the_treasurys() {
    let Some(directory) = oracle::read("aba/fpddir.txt.gz") else { return };
    let numbers = directory.lines().map(|line| &line[..9]);
    let refused: Vec<_> = numbers.clone().filter(|it| it.parse::<AbaRoutingNumber>().is_err()).collect();
    assert_eq!((refused.as_slice(), numbers.count()), (&OUTSIDE_THE_POLICY[..], 7_693));
}

/// All of them: nine places by nine other digits by 18,198 numbers.
#[test]
fn every_single_digit_error_is_refused() {
    let Some(directory) = oracle::read("aba/FedACHdir.txt.gz") else { return };
    let mut tried = 0;
    for line in directory.lines() {
        let mut digits: [u8; 9] = line.as_bytes()[..9].try_into().expect("nine bytes");
        for place in 0..9 {
            let right = digits[place];
            for wrong in (b'0'..=b'9').filter(|digit| *digit != right) {
                digits[place] = wrong;
                let text = std::str::from_utf8(&digits).expect("ASCII");
                assert!(text.parse::<AbaRoutingNumber>().is_err(), "{} became {text}", &line[..9]);
                tried += 1;
            }
            digits[place] = right;
        }
    }
    assert_eq!(tried, 18_198 * 81);
}

#[test]
fn a_number_keeps_its_text_through_json() {
    let number: AbaRoutingNumber = serde_json::from_str("\"021000021\"").expect("valid");
    assert_eq!(serde_json::to_string(&number).expect("serializable"), "\"021000021\"");
    assert!(
        serde_json::from_str::<AbaRoutingNumber>("21000021").is_err(),
        "a JSON number has lost its zeros"
    );
}
