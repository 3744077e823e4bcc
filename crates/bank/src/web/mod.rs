//! What every route needs: problem documents, extractors that explain themselves, guards and limits.
//!
//! A handler takes a [`Caller`](crate::Caller), parsed input by [`Json`], [`Query`] or [`Path`], calls one
//! service function and returns its answer or a [`Problem`]. Everything that is the same for all routes is a
//! layer: request ids, limits, time-outs, headers, the rendering of problems.

mod extract;
mod paging;
mod problem;

pub use extract::{Json, Path, Query};
pub use paging::{ListQuery, PageResponse};
pub use problem::{FieldError, Problem, Problems};
