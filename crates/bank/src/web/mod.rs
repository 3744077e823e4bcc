//! What every route needs: problem documents, extractors that explain themselves, guards and limits.
//!
//! A handler takes a [`Caller`](crate::Caller), parsed input by [`Json`], [`Query`] or [`Path`], calls one
//! service function and returns its answer or a [`Problem`]. Everything that is the same for all routes is a
//! layer ([`layers`]): request ids, limits, time-outs, headers, the rendering of problems.
//!
//! Staff's pages are answered from [`page`]: the same problems, shown as pages.
//!
//! This is the only place that calls axum's `route` and `fallback`: slices hand over an `OpenApiRouter`, so
//! that the OpenAPI document is the list of routes.

mod assets;
pub mod cookies;
mod docs;
pub mod document;
mod extract;
mod file;
mod health;
pub mod layers;
pub mod page;
mod paging;
mod problem;
mod serve;

pub use extract::{Json, Path, Query, parse_json};
pub use layers::{ClientAddress, RawBody, Route};
pub use paging::{ListQuery, PageResponse};
pub use problem::{FieldError, Problem, Problems};
pub use serve::{Authenticate, Limits, Slices, assemble};
