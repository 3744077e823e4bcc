//! The users whom the mock bank knows by name and password.

/// Names a user of a mock bank, and how their data behave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MockUser {
    pub(super) username: String,
    pub(super) kind: UserKind,
}

/// Says how a user's data behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum UserKind {
    /// Example data; the accounts share one IBAN, so that whoever trusts it alone merges them.
    Plain,
    /// Example data; every account has an IBAN of its own.
    OwnIbans,
    /// Example data; extending the link needs no authentication.
    Eternal,
    /// Signing in works, every read fails.
    Broken(BrokenCode),
}

/// Names the failure of a broken user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BrokenCode {
    pub(super) code: &'static str,
    pub(super) status: u16,
}

/// The codes are the vendor's; it does not document their statuses.
const BROKEN: [BrokenCode; 6] = [
    BrokenCode { code: "account_permanently_locked", status: 403 },
    BrokenCode { code: "account_temporarily_locked", status: 403 },
    BrokenCode { code: "internal_error", status: 500 },
    BrokenCode { code: "provider_error", status: 503 },
    BrokenCode { code: "user_input_required", status: 403 },
    BrokenCode { code: "wrong_credentials", status: 403 },
];

impl MockUser {
    /// Signs a user in, or not.
    pub(super) fn sign_in(username: &str, password: &str) -> Option<Self> {
        let kind = match username.strip_prefix("error.") {
            Some(code) if password == "error" => {
                UserKind::Broken(*BROKEN.iter().find(|broken| broken.code == code)?)
            }
            Some(_) => return None,
            None => {
                number(username, "john")?;
                kind(password)?
            }
        };
        Some(Self { username: username.to_owned(), kind })
    }

    /// Returns the number behind `john`, zero for none.
    pub(super) fn number(&self) -> u32 {
        number(&self.username, "john").unwrap_or_default()
    }
}

fn kind(password: &str) -> Option<UserKind> {
    if password == "eternal" {
        Some(UserKind::Eternal)
    } else if number(password, "doe").is_some() {
        Some(UserKind::Plain)
    } else {
        number(password, "iban").map(|_| UserKind::OwnIbans)
    }
}

/// Reads `john`, `john1` … `john100`.
fn number(text: &str, stem: &str) -> Option<u32> {
    match text.strip_prefix(stem)? {
        "" => Some(0),
        digits if digits.starts_with(['0', '+']) => None,
        digits => digits.parse().ok().filter(|number| (1..=100).contains(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_users_and_nobody_else_sign_in() {
        for (username, password, expected) in [
            ("john", "doe", Some(UserKind::Plain)),
            ("john1", "doe1", Some(UserKind::Plain)),
            ("john100", "doe100", Some(UserKind::Plain)),
            ("john7", "iban7", Some(UserKind::OwnIbans)),
            ("john", "iban", Some(UserKind::OwnIbans)),
            ("john", "eternal", Some(UserKind::Eternal)),
            ("john0", "doe", None),
            ("john101", "doe", None),
            ("john+1", "doe", None),
            ("john", "doe101", None),
            ("jane", "doe", None),
            ("john", "", None),
            ("error.provider_error", "doe", None),
            ("error.other", "error", None),
        ] {
            let user = MockUser::sign_in(username, password);
            assert_eq!(user.map(|user| user.kind), expected, "{username}/{password}");
        }
        for broken in BROKEN {
            let user = MockUser::sign_in(&format!("error.{}", broken.code), "error").expect(broken.code);
            assert_eq!(user.kind, UserKind::Broken(broken));
        }
    }
}
