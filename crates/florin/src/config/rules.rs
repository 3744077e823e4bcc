//! What the variables must be together, and what production refuses.

use std::collections::{BTreeMap, BTreeSet};

use bank::settings::BankCodes;

use super::parse::DEVELOPMENT_MARK;
use super::{Config, Fault, PostgresUrl, Source, truelayer, variables};

/// The secrets whose texts can be judged.
const SECRETS: [&str; 6] = [
    "JWT_SECRET",
    "FLORIN_ENCRYPTION_KEYS",
    "FLORIN_SIGNING_KEY",
    "TRUELAYER_WEBHOOK_SECRET",
    "TRUELAYER_ENCRYPTION_KEY",
    "TRUELAYER_ENCRYPTION_KEYS",
];

/// Words that stand in secrets copied from examples.
const SAMPLE_WORDS: [&str; 8] =
    ["change", "example", "secret", "password", "default", "insecure", "sample", "0123456789"];

/// Lists what contradicts itself, and in production what is missing, weak, implied or unencrypted.
pub(super) fn faults(config: &Config, source: &Source) -> Vec<Fault> {
    let mut faults = together(config);
    faults.extend(truelayer::faults(config, source));
    if config.settings.is_production() {
        faults.extend(missing(source));
        faults.extend(secrets(source));
        faults.extend(databases(config));
        faults.extend(addresses(config));
        faults.extend(codes(&config.settings.bank_codes));
        faults.extend(source.unknown().map(|name| Fault::new(name, "is no variable of Florin's")));
    }
    faults
}

fn together(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    if config.tls_certificate.is_some() != config.tls_key.is_some() {
        faults.push(Fault::new("FLORIN_TLS_CERT", "and FLORIN_TLS_KEY must be given together"));
    }
    if config.smtp_url.is_some() != config.mail_from.is_some() {
        faults.push(Fault::new("FLORIN_SMTP_URL", "and FLORIN_SMTP_FROM must be given together"));
    }
    if config.address == config.metrics_address && config.address.port() != 0 {
        faults.push(Fault::new("FLORIN_METRICS_ADDR", "must differ from FLORIN_ADDR"));
    }
    let read_url = config.database.read_url.as_ref();
    if read_url.is_some_and(|url| PostgresUrl::parse(url.expose()).is_none()) {
        faults.push(Fault::new("DATABASE_READ_URL", "must be a replica on PostgreSQL"));
    }
    faults
}

fn missing(source: &Source) -> impl Iterator<Item = Fault> {
    let required = variables().filter(|variable| variable.required);
    required.filter(|variable| source.get(variable.name).is_none()).map(|variable| {
        let empty = source.origin(variable.name).is_some();
        Fault::new(
            variable.name,
            if empty { "is empty; production needs it" } else { "is missing; production needs it" },
        )
    })
}

/// Judges secrets by their texts: generated for development, taken from an example, without chance in them,
/// or used twice.
fn secrets(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for name in SECRETS {
        let text = source.get(name).unwrap_or_default();
        for member in text.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            let twice = match seen.insert(member, name) {
                Some(other) if other == name => Some("names one secret twice"),
                Some(_) => Some("is used for two purposes; make a secret for each"),
                None => None,
            };
            faults.extend(weakness(member).or(twice).map(|what| Fault::new(name, what)));
        }
    }
    faults
}

fn weakness(secret: &str) -> Option<&'static str> {
    if secret.starts_with(DEVELOPMENT_MARK) {
        return Some("was generated for development; make one for production");
    }
    // What is too short is named so already.
    let weak = secret.len() >= 32 && is_weak(secret);
    weak.then_some("is a sample or has too little chance in it; make a random one")
}

/// Says whether a secret is a sample or of fewer than ten different characters.
fn is_weak(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    let distinct: BTreeSet<char> = secret.chars().collect();
    distinct.len() < 10 || SAMPLE_WORDS.iter().any(|word| lower.contains(word))
}

fn databases(config: &Config) -> Vec<Fault> {
    let urls = [
        ("DATABASE_URL", Some(&config.database.url)),
        ("DATABASE_READ_URL", config.database.read_url.as_ref()),
    ];
    let plain = |url: &PostgresUrl| !url.is_local() && !url.is_verified();
    urls.into_iter()
        .filter_map(|(name, url)| PostgresUrl::parse(url?.expose()).map(|url| (name, url)))
        .filter(|(_, url)| plain(url))
        .map(|(name, _)| Fault::new(name, "leaves this machine without sslmode=verify-full (or verify-ca)"))
        .collect()
}

fn addresses(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    if config.settings.public_url.starts_with("http://") {
        faults.push(Fault::new("FLORIN_PUBLIC_URL", "must be https in production"));
    }
    let mail = config.smtp_url.as_ref().map_or("smtps://", |url| url.expose());
    if !mail.starts_with("smtps://") && !mail.contains("tls=required") {
        faults.push(Fault::new("FLORIN_SMTP_URL", "must be smtps:// or have ?tls=required in production"));
    }
    if config.settings.cors_origins.iter().any(|origin| origin.starts_with("http://")) {
        faults.push(Fault::new("FLORIN_CORS_ORIGINS", "must be https in production"));
    }
    faults
}

fn codes(codes: &BankCodes) -> Option<Fault> {
    let given = [&codes.gb_bank, &codes.de_bank, &codes.at_bank, &codes.us_routing];
    let none = given.into_iter().all(String::is_empty);
    none.then(|| Fault::new("FLORIN_GB_BANK", "or another country's bank code must be given in production"))
}

#[cfg(test)]
mod tests {
    use super::is_weak;

    #[test]
    fn samples_and_repetitions_are_weak_and_random_texts_are_not() {
        for weak in [
            "change-me-change-me-change-me-change-me",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "my-super-SECRET-key-for-the-bank-in-2026",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(is_weak(weak), "{weak}");
        }
        assert!(!is_weak("Zk3VtB9qLx0pRw7uYc2nHs5dGf8jKm1aQe4oTi6v"));
        assert!(!is_weak("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
    }
}
