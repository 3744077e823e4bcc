//! What happens to every request on its way in and to every response on its way out.
//!
//! From the outside in: [`address`] (who connects) → [`observe`] (request id, span, metrics) → [`headers`] →
//! compression → CORS → [`render`] (problems get their request id) → catch a panic → the caller is
//! authenticated (identity) → [`rate`] → [`intake`] (body limit, time-outs) → the handler.

pub mod address;
pub mod cors;
pub mod headers;
pub mod intake;
pub mod observe;
pub mod rate;
pub mod render;
mod route;

pub use address::ClientAddress;
pub use intake::RawBody;
pub use route::Route;
