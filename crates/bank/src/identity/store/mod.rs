//! The tables of identity.

pub(crate) mod credentials;
pub(crate) mod epoch;
pub(crate) mod sessions;
pub(crate) mod throttles;
pub(crate) mod users;
