use super::*;
use crate::config;

const KEY: &str = "b1v0FZ3jq8xVQm5oY2hTn7rKc4uWs9aEd6gLp1iBzXk=";

const GOOD: [(&str, &str); 6] = [
    ("TRUELAYER_CLIENT_ID", "florin-1"),
    ("TRUELAYER_CLIENT_SECRET", "a secret"),
    ("TRUELAYER_REDIRECT_URI", "https://bank.example/callback"),
    ("TRUELAYER_WEBHOOK_URL", "https://bank.example/webhook?k=1"),
    ("TRUELAYER_WEBHOOK_SECRET", "Zk3VtB9qLx0pRw7uYc2nHs5dGf8jKm1aQe4oTi6v"),
    ("TRUELAYER_ENCRYPTION_KEY", KEY),
];

fn read(pairs: &[(&str, &str)]) -> Config {
    config::read(&Source::of_pairs(pairs)).expect("a good configuration")
}

fn settings(pairs: &[(&str, &str)]) -> OpenBankingSettings {
    read(pairs).settings.open_banking.expect("open banking")
}

fn names(pairs: &[(&str, &str)]) -> Vec<String> {
    let faults = config::read(&Source::of_pairs(pairs)).expect_err("faults");
    faults.0.into_iter().map(|fault| fault.name).collect()
}

#[test]
fn without_a_variable_it_is_off_and_with_one_it_is_production() {
    assert!(read(&[]).settings.open_banking.is_none());
    assert!(read(&[("TRUELAYER_ENV", "")]).settings.open_banking.is_none());
    let made = settings(&GOOD);
    assert_eq!(made.mode, OpenBankingMode::Production);
    assert_eq!(made.servers, Environment::live());
    assert_eq!(made.providers, ["uk-ob-all", "de-xs2a-all", "at-xs2a-all"]);
    assert_eq!(made.token_keys.len(), 1);
}

#[test]
fn production_names_everything_that_is_missing_at_once() {
    let mut expected: Vec<String> = DEMANDED.iter().map(|name| (*name).to_owned()).collect();
    expected.push("TRUELAYER_ENCRYPTION_KEY".to_owned());
    assert_eq!(names(&[("TRUELAYER_ENV", "production")]), expected);
}

#[test]
fn each_fault_is_named() {
    for (name, value) in [
        ("TRUELAYER_ENV", "Production"),
        ("TRUELAYER_ENV", "staging"),
        ("TRUELAYER_SANDBOX", "perhaps"),
        ("TRUELAYER_REDIRECT_URI", "http://bank.example/callback"),
        ("TRUELAYER_REDIRECT_URI", "bank.example"),
        ("TRUELAYER_WEBHOOK_URL", "http://bank.example/webhook"),
        ("TRUELAYER_WEBHOOK_SECRET", "short"),
        ("TRUELAYER_ENCRYPTION_KEY", "a passphrase of thirty-two bytes!"),
        ("TRUELAYER_ENCRYPTION_KEYS", "short"),
        ("TRUELAYER_PROVIDERS", "uk-ob-all, Lloyds Bank"),
    ] {
        let pairs: Vec<_> =
            GOOD.into_iter().filter(|(other, _)| *other != name).chain([(name, value)]).collect();
        assert_eq!(names(&pairs), [name], "{value}");
    }
}

#[test]
fn the_deprecated_name_counts_until_the_new_one_is_given() {
    for (pairs, expected) in [
        (vec![("TRUELAYER_SANDBOX", "true")], OpenBankingMode::Sandbox),
        (vec![("TRUELAYER_SANDBOX", "true"), ("TRUELAYER_ENV", "production")], OpenBankingMode::Production),
        (vec![("TRUELAYER_SANDBOX", "false"), ("TRUELAYER_ENV", "sandbox")], OpenBankingMode::Sandbox),
        (vec![("TRUELAYER_SANDBOX", "false")], OpenBankingMode::Production),
    ] {
        let all: Vec<_> = GOOD.into_iter().chain(pairs).collect();
        let config = read(&all);
        assert!(config.truelayer.uses_deprecated_name());
        assert_eq!(config.settings.open_banking.expect("open banking").mode, expected, "{all:?}");
    }
}

#[test]
fn a_sandbox_is_the_vendors_with_credentials_and_simulated_without() {
    let simulated = read(&[("TRUELAYER_ENV", "sandbox"), ("FLORIN_PUBLIC_URL", "http://127.0.0.1:9")]);
    assert!(simulated.truelayer.is_simulated());
    let made = simulated.settings.open_banking.expect("open banking");
    assert_eq!(made.redirect_uri.as_str(), format!("http://127.0.0.1:9{CALLBACK}"));
    assert_eq!((made.servers.auth().port(), made.providers), (Some(4010), vec!["mock".to_owned()]));
    let pairs = [
        ("TRUELAYER_ENV", "sandbox"),
        ("TRUELAYER_CLIENT_ID", "sandbox-florin"),
        ("TRUELAYER_CLIENT_SECRET", "s"),
    ];
    assert_eq!(settings(&pairs).servers, Environment::sandbox());
    assert_eq!(names(&pairs[..2]), ["TRUELAYER_CLIENT_ID"]);
}

#[test]
fn the_single_key_still_opens_beside_a_ring() {
    let other = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let ring: Vec<_> = GOOD.into_iter().chain([("TRUELAYER_ENCRYPTION_KEYS", other)]).collect();
    let keys = settings(&ring).token_keys;
    assert_eq!((keys.len(), keys[0].expose()[0]), (2, 0x9f));
    let both = format!("{other},{KEY}");
    let ring: Vec<_> = GOOD.into_iter().chain([("TRUELAYER_ENCRYPTION_KEYS", both.as_str())]).collect();
    assert_eq!(settings(&ring).token_keys.len(), 2);
}

#[test]
fn payments_need_all_that_they_need_or_nothing() {
    let key = "-----BEGIN EC PRIVATE KEY-----\\nMII\\n-----END EC PRIVATE KEY-----";
    let of = |pairs: &[(&'static str, &'static str)]| {
        let all: Vec<_> = GOOD.into_iter().chain(pairs.iter().copied()).collect();
        names(&all)
    };
    let merchant = ("TRUELAYER_MERCHANT_ACCOUNTS", "GBP:abc,EUR:def");
    let missing = ["TRUELAYER_SIGNING_KEY", "TRUELAYER_SIGNING_KEY_ID"];
    assert_eq!(of(&[merchant]), missing);
    let all = [merchant, ("TRUELAYER_SIGNING_KEY", key), ("TRUELAYER_SIGNING_KEY_ID", "key-1")];
    assert_eq!(of(&all), ["TRUELAYER_SIGNING_KEY"], "it is no key");
    for wrong in ["GBP", "GBP:", "XXXX:abc", "GBP:abc,GBP:def"] {
        assert!(
            of(&[("TRUELAYER_MERCHANT_ACCOUNTS", wrong)]).contains(&"TRUELAYER_MERCHANT_ACCOUNTS".to_owned()),
            "{wrong}"
        );
    }
}
