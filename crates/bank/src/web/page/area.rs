//! The two sides of the counter that have pages: staff's, and the customers' own.

/// Names a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The console, below `/admin`.
    Staff,
    /// What customers do for themselves, below `/my`.
    Customer,
}

impl Area {
    /// Says to which side a path belongs; none for a path that is no page.
    pub fn of(path: &str) -> Option<Self> {
        [Self::Staff, Self::Customer].into_iter().find(|area| {
            let rest = path.strip_prefix(area.home());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Returns where it begins.
    pub const fn home(self) -> &'static str {
        match self {
            Self::Staff => "/admin",
            Self::Customer => "/my",
        }
    }

    /// Returns where one signs in.
    pub const fn sign_in(self) -> &'static str {
        match self {
            Self::Staff => "/admin/sign-in",
            Self::Customer => "/my/sign-in",
        }
    }

    /// Returns where one shows the second factor.
    pub const fn second_step(self) -> &'static str {
        match self {
            Self::Staff => "/admin/sign-in/code",
            Self::Customer => "/my/sign-in/code",
        }
    }

    /// Returns what leads back to a page after signing in: a path of this side, and nothing else.
    pub fn safe_next(self, next: &str) -> &str {
        let path = next.split(['?', '#']).next().unwrap_or_default();
        let is_ours = Self::of(path) == Some(self)
            && path != self.sign_in()
            && next.bytes().all(|byte| byte.is_ascii_graphic());
        if is_ours && !next.contains('\\') { next } else { self.home() }
    }
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn nothing_leads_away_from_the_console() {
        for next in ["/admin", "/admin/customers?q=a%20b", "/admin/customers/usr_1"] {
            assert_eq!(Area::Staff.safe_next(next), next);
        }
        for next in [
            "",
            "/",
            "//evil.test",
            "/adminx",
            "/my",
            "https://evil.test",
            "/admin/sign-in",
            "/admin/\r\nx",
            "/admin\\x",
        ] {
            assert_eq!(Area::Staff.safe_next(next), "/admin", "{next}");
        }
        assert_eq!(Area::Customer.safe_next("/my/banks/return?code=1"), "/my/banks/return?code=1");
        assert_eq!(Area::Customer.safe_next("/admin"), "/my");
    }

    #[test]
    fn a_path_belongs_to_one_side_or_is_no_page() {
        for (path, area) in [
            ("/admin", Some(Area::Staff)),
            ("/admin/jobs", Some(Area::Staff)),
            ("/my", Some(Area::Customer)),
            ("/my/banks", Some(Area::Customer)),
            ("/myself", None),
            ("/api/v1/me", None),
        ] {
            assert_eq!(Area::of(path), area, "{path}");
        }
    }
}
