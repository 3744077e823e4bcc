//! Texts of the environment into values. Every refusal is a sentence without the text.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ipnet::IpNet;
use kernel::{Currency, Secret};

/// What a text is refused with.
type Parsed<T> = Result<T, &'static str>;

/// Marks secrets that the program made for development; production refuses them.
pub(super) const DEVELOPMENT_MARK: &str = "dev-";

pub(super) fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| "is not IP:port, such as 127.0.0.1:8080")
}

pub(super) fn whole<T: FromStr + PartialOrd + Copy>(text: &str, least: T, most: T) -> Parsed<T> {
    let number: T = text.parse().map_err(|_| "is not a whole number")?;
    if number < least || number > most { Err("is out of its range") } else { Ok(number) }
}

pub(super) fn seconds(text: &str, least: u64, most: u64) -> Parsed<Duration> {
    whole(text, least, most).map(Duration::from_secs)
}

pub(super) fn span(text: &str, least: i64, most: i64) -> Parsed<chrono::Duration> {
    whole(text, least, most).map(chrono::Duration::seconds)
}

pub(super) fn yes_or_no(text: &str) -> Parsed<bool> {
    match text {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("is neither true nor false"),
    }
}

pub(super) fn matching<T: FromStr>(text: &str, refusal: &'static str) -> Parsed<String> {
    text.parse::<T>().map_err(|_| refusal)?;
    Ok(text.to_owned())
}

pub(super) fn digits(text: &str, length: usize, refusal: &'static str) -> Parsed<String> {
    let fits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err(refusal) }
}

/// Parses `http(s)://host[:port][/path]`; a slash at the end is dropped.
pub(super) fn web_address(text: &str) -> Parsed<String> {
    let refusal = "is not an http or https URL";
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(refusal)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '@';
    if host.is_empty() || text.contains(odd) || text.contains(['?', '#']) {
        return Err(refusal);
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Parses the full address of a route, with its query.
pub(super) fn url(text: &str) -> Parsed<url::Url> {
    let refusal = "is not an http or https URL";
    let url: url::Url = text.trim().parse().map_err(|_| refusal)?;
    let is_fine =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.fragment().is_none();
    if is_fine { Ok(url) } else { Err(refusal) }
}

/// Parses names of providers and of their filters.
pub(super) fn providers(text: &str) -> Parsed<Vec<String>> {
    let is_fine = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let name = |part: &str| {
        if part.chars().all(is_fine) {
            Ok(part.to_owned())
        } else {
            Err("has a part that is no provider, such as uk-ob-all")
        }
    };
    filled(list(text).map(name).collect::<Parsed<_>>()?)
}

pub(super) fn origins(text: &str) -> Parsed<Vec<String>> {
    let origin = |part: &str| {
        let address =
            web_address(part).map_err(|_| "has a part that is no origin, such as https://app.example")?;
        let after_scheme = address.split_once("://").map_or("", |(_, rest)| rest);
        if after_scheme.contains('/') || part.ends_with('/') || address.contains('*') {
            return Err("has a part that is no origin, such as https://app.example");
        }
        Ok(address)
    };
    list(text).map(origin).collect()
}

pub(super) fn networks(text: &str) -> Parsed<Vec<IpNet>> {
    let network = |part: &str| {
        let address = part.parse::<std::net::IpAddr>().map(IpNet::from);
        address
            .or_else(|_| part.parse())
            .map_err(|_| "has a part that is no address or network, such as 10.0.0.0/8")
    };
    list(text).map(network).collect()
}

/// Parses a ring of secrets: each at least 32 bytes long.
pub(super) fn secret_ring(text: &str) -> Parsed<Vec<Secret<String>>> {
    let secret = |part: &str| {
        if part.len() < 32 {
            Err("has a secret shorter than 32 bytes")
        } else {
            Ok(Secret::new(part.to_owned()))
        }
    };
    filled(list(text).map(secret).collect::<Parsed<_>>()?)
}

/// Parses a ring of keys of 32 bytes.
pub(super) fn key_ring(text: &str) -> Parsed<Vec<Secret<Vec<u8>>>> {
    filled(list(text).map(key).collect::<Parsed<_>>()?)
}

/// Parses one key of 32 bytes: 64 hexadecimal digits, or base64 in either alphabet.
pub(super) fn key(text: &str) -> Parsed<Secret<Vec<u8>>> {
    let text = text.strip_prefix(DEVELOPMENT_MARK).unwrap_or(text);
    let bytes = if text.len() == 64 {
        from_hex(text)
    } else {
        let trimmed = text.trim_end_matches('=');
        let standard = || STANDARD.decode(format!("{trimmed}="));
        URL_SAFE_NO_PAD.decode(trimmed).or_else(|_| standard()).ok()
    };
    let bytes = bytes.ok_or("is not a key of 32 bytes in base64 or hexadecimal")?;
    if bytes.len() == 32 {
        Ok(Secret::new(bytes))
    } else {
        Err("is not a key of 32 bytes in base64 or hexadecimal")
    }
}

pub(super) fn database_url(text: &str) -> Parsed<Secret<String>> {
    let sqlite = text.strip_prefix("sqlite:").is_some_and(|path| !path.trim_start_matches('/').is_empty());
    if text.contains(":memory:") || text.contains("mode=memory") {
        return Err("names a database in memory; name a file");
    }
    if sqlite || super::PostgresUrl::parse(text).is_some() {
        return Ok(Secret::new(text.to_owned()));
    }
    Err("begins with neither sqlite: nor postgres://")
}

pub(super) fn smtp_url(text: &str) -> Parsed<Secret<String>> {
    let fits = text.strip_prefix("smtps://").or_else(|| text.strip_prefix("smtp://"));
    match fits {
        Some(rest) if !rest.is_empty() => Ok(Secret::new(text.to_owned())),
        _ => Err("begins with neither smtps:// nor smtp://"),
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn filled<T>(ring: Vec<T>) -> Parsed<Vec<T>> {
    if ring.is_empty() { Err("holds nothing") } else { Ok(ring) }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// Reads pairs such as `GBP:abc,EUR:def`, each currency once.
pub(super) fn by_currency(text: &str) -> Result<Vec<(Currency, String)>, &'static str> {
    const FORM: &str = "is no list of currencies and ids, such as GBP:abc,EUR:def";
    let mut found: Vec<(Currency, String)> = Vec::new();
    for pair in text.split(',') {
        let (code, id) = pair.trim().split_once(':').ok_or(FORM)?;
        let currency: Currency = code.trim().parse().map_err(|_| FORM)?;
        let id = id.trim();
        if id.is_empty() || found.iter().any(|(known, _)| *known == currency) {
            return Err(FORM);
        }
        found.push((currency, id.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_hexadecimal_and_in_both_alphabets_of_base64() {
        let hex = "00".repeat(31) + "fb";
        let standard = STANDARD.encode([0xfb; 32]);
        let url_safe = URL_SAFE_NO_PAD.encode([0xfb; 32]);
        assert_eq!(key(&hex).expect("hexadecimal").expose()[31], 0xfb);
        for text in [standard.as_str(), standard.trim_end_matches('='), &url_safe, &format!("dev-{url_safe}")]
        {
            assert_eq!(key(text).expect("a key").expose(), &[0xfb; 32], "{text}");
        }
        for text in ["", "abc", &"0".repeat(63), &STANDARD.encode([1; 31]), &"é".repeat(32)] {
            assert!(key(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rings_refuse_short_and_absent_members() {
        let long = "x".repeat(32);
        assert_eq!(secret_ring(&format!("{long}, {long}y")).map(|ring| ring.len()), Ok(2));
        assert!(secret_ring(&format!("{long},short")).is_err());
        assert!(secret_ring(",").is_err());
        assert!(key_ring(" ").is_err());
    }

    #[test]
    fn addresses_of_the_web_are_told_from_other_texts() {
        assert_eq!(web_address("https://bank.example/").as_deref(), Ok("https://bank.example"));
        assert_eq!(web_address("http://127.0.0.1:8080").as_deref(), Ok("http://127.0.0.1:8080"));
        for wrong in ["", "bank.example", "ftp://x", "https://", "https://a b", "https://u@x", "https://x?y"]
        {
            assert!(web_address(wrong).is_err(), "{wrong}");
        }
        assert_eq!(origins("https://a.example, http://b.example:1").map(|all| all.len()), Ok(2));
        for wrong in ["*", "https://*", "https://a.example/x", "https://a.example/"] {
            assert!(origins(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks_may_be_single_addresses() {
        let all = networks("10.0.0.0/8, 127.0.0.1,::1").expect("networks");
        assert_eq!(
            all.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["10.0.0.0/8", "127.0.0.1/32", "::1/128"]
        );
        assert!(networks("10.0.0.0/99").is_err());
    }

    #[test]
    fn databases_in_memory_and_of_other_kinds_are_refused() {
        for right in ["sqlite:florin.db", "sqlite:///var/lib/florin/florin.db", "postgres://h/d"] {
            assert!(database_url(right).is_ok(), "{right}");
        }
        for wrong in ["sqlite:", "sqlite://", "sqlite::memory:", "mysql://h/d", "florin.db"] {
            assert!(database_url(wrong).is_err(), "{wrong}");
        }
    }
}
