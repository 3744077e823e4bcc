//! IBANs against the registry's examples, and the errors that remainder 97 must find.

use kernel::{CountryCode, Iban};
use proptest::prelude::*;

/// The example of each country in the IBAN registry that SWIFT keeps for ISO 13616.
const EXAMPLES: [&str; 77] = [
    "AD1200012030200359100100",
    "AE070331234567890123456",
    "AL47212110090000000235698741",
    "AT611904300234573201",
    "AZ21NABZ00000000137010001944",
    "BA391290079401028494",
    "BE68539007547034",
    "BG80BNBG96611020345678",
    "BH67BMAG00001299123456",
    "BR1800360305000010009795493C1",
    "BY13NBRB3600900000002Z00AB00",
    "CH9300762011623852957",
    "CR05015202001026284066",
    "CY17002001280000001200527600",
    "CZ6508000000192000145399",
    "DE89370400440532013000",
    "DK5000400440116243",
    "DO28BAGR00000001212453611324",
    "EE382200221020145685",
    "ES9121000418450200051332",
    "FI2112345600000785",
    "FO6264600001631634",
    "FR1420041010050500013M02606",
    "GB29NWBK60161331926819",
    "GE29NB0000000101904917",
    "GI75NWBK000000007099453",
    "GL8964710001000206",
    "GR1601101250000000012300695",
    "GT82TRAJ01020000001210029690",
    "HR1210010051863000160",
    "HU42117730161111101800000000",
    "IE29AIBK93115212345678",
    "IL620108000000099999999",
    "IQ98NBIQ850123456789012",
    "IS140159260076545510730339",
    "IT60X0542811101000000123456",
    "JO94CBJO0010000000000131000302",
    "KW81CBKU0000000000001234560101",
    "KZ86125KZT5004100100",
    "LB62099900000001001901229114",
    "LC55HEMM000100010012001200023015",
    "LI21088100002324013AA",
    "LT121000011101001000",
    "LU280019400644750000",
    "LV80BANK0000435195001",
    "MC5811222000010123456789030",
    "MD24AG000225100013104168",
    "ME25505000012345678951",
    "MK07250120000058984",
    "MR1300020001010000123456753",
    "MT84MALT011000012345MTLCAST001S",
    "MU17BOMM0101101030300200000MUR",
    "NL91ABNA0417164300",
    "NO9386011117947",
    "PK36SCBL0000001123456702",
    "PL61109010140000071219812874",
    "PS92PALS000000000400123456702",
    "PT50000201231234567890154",
    "QA58DOHB00001234567890ABCDEFG",
    "RO49AAAA1B31007593840000",
    "RS35260005601001611379",
    "SA0380000000608010167519",
    "SC18SSCB11010000000000001497USD",
    "SE4550000000058398257466",
    "SI56263300012039086",
    "SK3112000000198742637541",
    "SM86U0322509800000000270100",
    "ST68000100010051845310112",
    "SV62CENR00000000000000700025",
    "TL380080012345678910157",
    "TN5910006035183598478831",
    "TR330006100519786457841326",
    "UA213223130000026007233566001",
    "VA59001123000012345678",
    "VG96VPVG0000012345678901",
    "XK051212012345678906",
    "BI4210000100010000332045181",
];

fn example() -> impl Strategy<Value = &'static str> {
    prop::sample::select(EXAMPLES.to_vec())
}

fn same_class(character: u8) -> std::ops::RangeInclusive<u8> {
    if character.is_ascii_digit() { b'0'..=b'9' } else { b'A'..=b'Z' }
}

#[test]
fn the_registrys_examples_are_read_and_composed_again() {
    for text in EXAMPLES {
        let iban: Iban = text.parse().expect(text);
        assert_eq!(Iban::compose(iban.country(), iban.bban()), Ok(iban), "{text}");
        assert_eq!(iban.grouped().parse(), Ok(iban), "{text}");
        assert!(iban.bank_code().is_none_or(|code| iban.bban().contains(code)), "{text}");
    }
}

/// A digit for a digit, or a letter for a letter, changes the number by less than 97 tens: always found.
#[test]
fn every_substitution_within_letters_or_digits_is_refused() {
    let mut tried = 0;
    for text in EXAMPLES {
        let mut bytes = text.as_bytes().to_vec();
        for place in 0..bytes.len() {
            let right = bytes[place];
            for wrong in same_class(right).filter(|it| *it != right) {
                bytes[place] = wrong;
                let wrong_text = std::str::from_utf8(&bytes).expect("ASCII");
                assert!(wrong_text.parse::<Iban>().is_err(), "{text} became {wrong_text}");
                tried += 1;
            }
            bytes[place] = right;
        }
    }
    assert!(tried > 20_000, "{tried}");
}

proptest! {
    #[test]
    fn swapped_neighbors_are_refused(text in example(), place in 0..33_usize) {
        let mut bytes = text.as_bytes().to_vec();
        prop_assume!(place + 1 < bytes.len() && bytes[place] != bytes[place + 1]);
        // Across the border of check digits and country the standard promises nothing.
        prop_assume!(place != 3 && bytes[place].is_ascii_digit() == bytes[place + 1].is_ascii_digit());
        bytes.swap(place, place + 1);
        prop_assert!(std::str::from_utf8(&bytes).unwrap().parse::<Iban>().is_err());
    }

    #[test]
    fn what_is_composed_is_read_again(
        country in prop::sample::select(vec![("DE", "[0-9]{18}"), ("AT", "[0-9]{16}"), ("GB", "[A-Z]{4}[0-9]{14}"),
            ("NL", "[A-Z]{4}[0-9]{10}"), ("FR", "[0-9]{10}[A-Z0-9]{11}[0-9]{2}"), ("NO", "[0-9]{11}"),
            ("MT", "[A-Z]{4}[0-9]{5}[A-Z0-9]{18}")])
            .prop_flat_map(|(country, bban)| (Just(country), bban)),
    ) {
        let (code, bban) = country;
        let iban = Iban::compose(code.parse().unwrap(), &bban).unwrap();
        prop_assert_eq!(iban.as_str().parse(), Ok(iban));
        prop_assert_eq!(iban.grouped().to_lowercase().parse(), Ok(iban));
        prop_assert_eq!((iban.country().as_str(), iban.bban()), (code, bban.as_str()));
        let check_digits: u32 = iban.as_str()[2..4].parse().unwrap();
        prop_assert!((2..=98).contains(&check_digits));
    }

    #[test]
    fn one_pair_of_check_digits_is_right(account in 0..10_000_000_000_u64) {
        let bban = format!("37040044{account:010}");
        let right = (0..100).filter(|digits| format!("DE{digits:02}{bban}").parse::<Iban>().is_ok()).count();
        prop_assert_eq!(right, 1);
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_panics(text in "\\PC{0,40}") {
        if let Ok(iban) = text.parse::<Iban>() {
            prop_assert_eq!(iban.to_string().parse(), Ok(iban));
        }
        for country in CountryCode::all().step_by(31) {
            let _ = Iban::compose(country, &text);
        }
    }
}
