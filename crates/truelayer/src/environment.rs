//! Where the service is reached: live, the vendor's sandbox, or addresses of one's own.

use url::Url;

/// Names the servers of one environment.
///
/// The three addresses belong together: a token of one environment is nothing in another, and webhooks are believed
/// only when their keys come from this environment's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    auth: Url,
    api: Url,
    jwks: Url,
}

impl Environment {
    /// Names the servers that reach real banks.
    pub fn live() -> Self {
        Self::known(
            "https://auth.truelayer.com/",
            "https://api.truelayer.com/",
            "https://webhooks.truelayer.com/.well-known/jwks",
        )
    }

    /// Names the vendor's sandbox, whose only bank is `mock`.
    pub fn sandbox() -> Self {
        Self::known(
            "https://auth.truelayer-sandbox.com/",
            "https://api.truelayer-sandbox.com/",
            "https://webhooks.truelayer-sandbox.com/.well-known/jwks",
        )
    }

    /// Names other servers that speak the same protocol, such as the simulator.
    ///
    /// `jwks` is the one address from which webhook keys are taken; it is compared byte by byte.
    pub const fn custom(auth: Url, api: Url, jwks: Url) -> Self {
        Self { auth, api, jwks }
    }

    /// Returns the server that issues links and tokens.
    pub const fn auth(&self) -> &Url {
        &self.auth
    }

    /// Returns the server that answers about accounts and payments.
    pub const fn api(&self) -> &Url {
        &self.api
    }

    /// Returns where the keys of signed webhooks are published.
    pub const fn jwks(&self) -> &Url {
        &self.jwks
    }

    /// Says whether every address is encrypted on the way.
    pub fn is_encrypted(&self) -> bool {
        [&self.auth, &self.api, &self.jwks].iter().all(|url| url.scheme() == "https")
    }

    /// Lists the hosts that are the vendor's, and so are reached at public addresses only; those of one's own may be anywhere.
    pub(crate) fn vendors_hosts(&self) -> Vec<String> {
        let is_vendors = |host: &&str| {
            [".truelayer.com", ".truelayer-sandbox.com"].iter().any(|domain| host.ends_with(domain))
        };
        let hosts = [&self.auth, &self.api, &self.jwks].map(Url::host_str);
        hosts.into_iter().flatten().filter(is_vendors).map(str::to_owned).collect()
    }

    fn known(auth: &str, api: &str, jwks: &str) -> Self {
        let url = |text: &str| text.parse().expect("a constant address");
        Self { auth: url(auth), api: url(api), jwks: url(jwks) }
    }
}

/// Returns `base` with the segments of a path behind it, each encoded.
pub(crate) fn join<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environments_are_the_vendors() {
        assert_eq!(Environment::live().auth().as_str(), "https://auth.truelayer.com/");
        assert_eq!(Environment::sandbox().api().host_str(), Some("api.truelayer-sandbox.com"));
        assert!(Environment::live().is_encrypted() && Environment::sandbox().is_encrypted());
        let local = |port: u16| format!("http://127.0.0.1:{port}/").parse().expect("an address");
        let own = Environment::custom(local(1), local(2), local(3));
        assert!(!own.is_encrypted());
        assert_eq!((own.vendors_hosts().len(), Environment::live().vendors_hosts().len()), (0, 3));
    }

    #[test]
    fn a_strangers_account_id_stays_one_segment() {
        let base: Url = "https://api.example/base/".parse().expect("an address");
        let url = join(&base, ["data", "v1", "accounts", "../../me?x=1#a b"]);
        assert_eq!(url.as_str(), "https://api.example/base/data/v1/accounts/..%2F..%2Fme%3Fx=1%23a%20b");
    }
}
