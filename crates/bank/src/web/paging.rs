//! Lists on the wire.

use std::str::FromStr;

use kernel::{Cursor, Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Problem;

/// Reads the paging part of a query: `?limit=50&after=cursor`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl ListQuery {
    /// Turns the query into a page request.
    ///
    /// # Errors
    /// 422 for a limit out of range or a cursor that no list made.
    pub fn page(&self) -> Result<PageRequest, Problem> {
        let limit = self.limit.unwrap_or(PageRequest::USUAL);
        if !(1..=PageRequest::MOST).contains(&limit) {
            return Err(Problem::invalid_field("limit", format!("must be 1 to {}", PageRequest::MOST)));
        }
        let after = self.after.as_deref().map(str::parse).transpose();
        let after = after.map_err(|_| Problem::invalid_field("after", "not a cursor of this list"))?;
        Ok(PageRequest { limit, after })
    }

    /// Turns the query into a page request of a list whose cursors hold a `K`.
    ///
    /// # Errors
    /// 422 for a limit out of range or a cursor that this list did not make.
    pub fn page_of<K: FromStr>(&self) -> Result<PageRequest, Problem> {
        let page = self.page()?;
        match page.after.as_ref().map(Cursor::key::<K>) {
            Some(Err(_)) => Err(Problem::invalid_field("after", "not a cursor of this list")),
            _ => Ok(page),
        }
    }
}

/// Shows one page: `{"items": [...], "next": "cursor"}`, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PageResponse<T: ToSchema> {
    /// The rows.
    pub items: Vec<T>,
    /// Send it back as `after` for the next page; null on the last.
    pub next: Option<String>,
}

impl<T: ToSchema> PageResponse<T> {
    /// Shows a page, each row in its wire shape.
    pub fn new<R>(page: Page<R>, shape: impl FnMut(R) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(shape).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}
