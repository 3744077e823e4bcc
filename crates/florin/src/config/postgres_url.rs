//! The parts of a PostgreSQL URL that are judged, and its form without the password.

/// Holds `postgres://user:password@host:port/database?key=value` in parts, still percent-encoded.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    scheme: String,
    user: String,
    password: Option<String>,
    host: String,
    path: String,
    query: Vec<(String, String)>,
}

impl PostgresUrl {
    /// Takes a URL apart; `None` when it is none of PostgreSQL's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return None;
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password.to_owned())),
            None => (login, None),
        };
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Some(Self {
            scheme: scheme.to_owned(),
            user: user.to_owned(),
            password,
            host: host.to_owned(),
            path: path.to_owned(),
            query: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        })
    }

    /// Returns the password, decoded: for the environment of `pg_dump`, never for its arguments.
    pub(crate) fn password(&self) -> Option<String> {
        let given = self.parameter("password").or(self.password.as_deref())?;
        Some(decode(given))
    }

    /// Returns the database's name, decoded.
    pub(crate) fn database(&self) -> String {
        decode(self.parameter("dbname").unwrap_or(&self.path))
    }

    /// Returns the URL of another database on the same server, without the password.
    pub(crate) fn without_password(&self, database: &str) -> String {
        self.assemble(database, false)
    }

    /// Returns the URL of another database on the same server.
    pub(crate) fn with_database(&self, database: &str) -> String {
        self.assemble(database, true)
    }

    /// Says whether the server is reached without leaving the machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.parameter("hostaddr").or(self.parameter("host")).map_or_else(
            || {
                decode(self.host.rsplit_once(':').map_or(self.host.as_str(), |(host, port)| {
                    if port.bytes().all(|digit| digit.is_ascii_digit()) { host } else { self.host.as_str() }
                }))
            },
            decode,
        );
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address: Option<std::net::IpAddr> = host.parse().ok();
        host.is_empty()
            || host.starts_with('/')
            || host == "localhost"
            || address.is_some_and(|address| address.is_loopback())
    }

    /// Says whether the connection is encrypted and the server's certificate checked.
    pub(crate) fn is_verified(&self) -> bool {
        let mode = self.parameter("sslmode").or(self.parameter("ssl-mode"));
        matches!(mode, Some("verify-ca" | "verify-full"))
    }

    fn parameter(&self, key: &str) -> Option<&str> {
        self.query.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn assemble(&self, database: &str, with_password: bool) -> String {
        let password = self.password.as_ref().filter(|_| with_password);
        let login = match (self.user.as_str(), password) {
            ("", None) => String::new(),
            (user, None) => format!("{user}@"),
            (user, Some(password)) => format!("{user}:{password}@"),
        };
        let kept =
            self.query.iter().filter(|(key, _)| key != "dbname" && (with_password || key != "password"));
        let query: Vec<_> = kept.map(|(key, value)| format!("{key}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}://{login}{}/{database}{mark}{}", self.scheme, self.host, query.join("&"))
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match escaped.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PostgresUrl {
        PostgresUrl::parse(text).expect("a URL of PostgreSQL")
    }

    #[test]
    fn the_password_is_taken_out_and_decoded() {
        let url = url("postgres://florin:p%40ss@db.example:5433/bank?sslmode=verify-full&password=q%2F");
        assert_eq!(
            url.without_password("bank"),
            "postgres://florin@db.example:5433/bank?sslmode=verify-full"
        );
        assert_eq!(url.password().as_deref(), Some("q/"));
        assert_eq!(url.database(), "bank");
        assert!(url.with_database("x").starts_with("postgres://florin:p%40ss@db.example:5433/x?"));
    }

    #[test]
    fn servers_on_this_machine_are_told_from_others() {
        for local in [
            "postgres://localhost/x",
            "postgres:///x",
            "postgresql://127.0.0.1:5432/x",
            "postgres://[::1]:5432/x",
            "postgres://[::1]/x",
            "postgres://far/x?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/x",
        ] {
            assert!(url(local).is_local(), "{local}");
        }
        for remote in [
            "postgres://db.example/x",
            "postgres://u:p@10.0.0.7:5432/x",
            "postgres://[2001:db8::1]/x",
            "postgres://localhost/x?host=db.example",
            "postgres://localhost.example/x",
        ] {
            assert!(!url(remote).is_local(), "{remote}");
        }
    }

    #[test]
    fn only_a_checked_certificate_counts_as_verified() {
        assert!(url("postgres://h/x?sslmode=verify-full").is_verified());
        for weak in ["", "?sslmode=require", "?sslmode=prefer", "?sslmode=disable"] {
            assert!(!url(&format!("postgres://h/x{weak}")).is_verified(), "{weak}");
        }
    }
}
