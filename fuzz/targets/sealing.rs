//! Sealed texts: nothing opens but what was sealed, unchanged, where it was sealed.
#![no_main]

use std::sync::LazyLock;

use bank::sealing::{KeyRing, Place};
use kernel::{Random, Secret};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

static RING: LazyLock<KeyRing> = LazyLock::new(|| {
    let keys = [7, 8].map(|byte| Secret::new(vec![byte; 32]));
    KeyRing::new(&keys).expect("two keys")
});
const PLACE: Place = Place { table: "users", row: Uuid::from_u128(1), column: "totp_seed" };

fuzz_target!(|text: &str| {
    assert!(RING.open(PLACE, text).is_err(), "a forged text opened");
    let _ = RING.needs_rewrap(text);
    // The same bytes under a good prefix get as far as the cipher.
    let body = text.rsplit('.').next().unwrap_or_default();
    assert!(RING.open(PLACE, &format!("{}{body}", RING.current_prefix())).is_err(), "a forged body opened");

    let sealed = RING.seal(&Random::seeded(1), PLACE, text.as_bytes());
    assert_eq!(RING.open(PLACE, &sealed).expect("what was sealed").expose(), text.as_bytes());
    let elsewhere = Place { row: Uuid::from_u128(2), ..PLACE };
    assert!(RING.open(elsewhere, &sealed).is_err(), "opened in another row");
    changed(&sealed, text.as_bytes());
});

/// Changes one letter of a sealed text, where the input says.
fn changed(sealed: &str, input: &[u8]) {
    let [first, second, letter, ..] = input else { return };
    let at = (usize::from(*first) << 8 | usize::from(*second)) % sealed.len();
    let mut bytes = sealed.as_bytes().to_vec();
    if letter.is_ascii() && bytes[at] != *letter {
        bytes[at] = *letter;
        let text = String::from_utf8(bytes).expect("letters");
        assert!(RING.open(PLACE, &text).is_err(), "a changed text opened: {sealed} as {text}");
    }
}
