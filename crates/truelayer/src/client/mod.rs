//! The client: one method, one request, nothing retried.
//!
//! `send` is the only place that speaks HTTP: it limits time and size, reads refusals, and logs one line that names
//! the endpoint and the correlation id, never an address, a token or a body. Redirects are not followed: a bearer
//! token must not travel to where a stranger points; nor does one reach an address within this network under the vendor's name.

mod answer;
mod auth;
mod read;
mod reads;
mod renew;
mod resolve;
mod send;

use kernel::Secret;
use reqwest::header::HeaderMap;

pub use answer::{Answer, Item, Task, TaskStatus, Unread};
pub use auth::{CodeExchange, DebugId, DirectLink, LinkUser};
pub use read::{Call, Endpoint, Read, Window, WindowEnd};
pub use renew::{Extended, Extension, ReauthLink};

use crate::environment::Environment;
use crate::error::{Error, Failure};
use crate::token::{AccessToken, ClientCredentials};
pub(crate) use answer::max_age;
pub(crate) use send::Reply;

/// Speaks to one environment as one program.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    environment: Environment,
    credentials: ClientCredentials,
}

/// A request that is ready to go, and how the log calls it.
pub(crate) struct Outgoing<'a> {
    pub(crate) name: &'static str,
    pub(crate) request: reqwest::RequestBuilder,
    pub(crate) token: Option<&'a AccessToken>,
}

impl Client {
    /// Makes a client; connections are kept open between calls.
    ///
    /// # Errors
    /// [`Failure::SetUp`] when the system has no root certificates to trust.
    pub fn new(environment: Environment, credentials: ClientCredentials) -> Result<Self, Error> {
        let public = resolve::PublicOnly::new(environment.vendors_hosts());
        let http = reqwest::Client::builder()
            .dns_resolver(std::sync::Arc::new(public))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(send::CONNECT_TIMEOUT)
            .user_agent(concat!("florin-truelayer/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| Error::Unreachable(Failure::SetUp))?;
        Ok(Self { http, environment, credentials })
    }

    /// Returns where this client speaks to.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the program's name at the service.
    pub fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    fn client_secret(&self) -> &Secret<String> {
        &self.credentials.client_secret
    }

    /// Returns the connections, for whoever fetches webhook keys.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

/// Returns the text of a header that is there once and readable.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
