//! Who knocks, before anybody is known.

use std::net::IpAddr;

use kernel::{Actor, RequestId};

use crate::{Caller, Permissions};

/// Describes a request before anybody is known behind it.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The request.
    pub request_id: RequestId,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// What the client calls itself, cut short.
    pub device: String,
    /// Tells one browser from another.
    pub device_hash: Vec<u8>,
}

/// Says how tokens reach the client.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the body, to be sent as `Authorization: Bearer …`.
    #[default]
    Bearer,
    /// As cookies that scripts cannot read; writes then need the header `X-CSRF-Token`.
    Cookie,
}

impl Visitor {
    /// Speaks for the program in the audit log, with nothing permitted: nobody is known yet.
    pub fn as_caller(&self) -> Caller {
        Caller {
            actor: Actor::System,
            user_id: None,
            session_id: None,
            request_id: self.request_id,
            permissions: Permissions::NONE,
            address: self.address,
        }
    }
}
