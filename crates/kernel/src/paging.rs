//! Paging by key: a page says where the next one starts, and no row is skipped or shown twice.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};
use thiserror::Error;

/// Marks the last row of a page; opaque to callers, a list's own key inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

/// Says that a cursor was not made by this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a cursor of this list")]
pub struct CursorError;

impl Cursor {
    /// Wraps a row's key, for example an id or a sequence number.
    pub fn new(key: impl fmt::Display) -> Self {
        Self(key.to_string())
    }

    /// Reads the key back.
    ///
    /// # Errors
    /// [`CursorError`] when the key is of another kind.
    pub fn key<K: FromStr>(&self) -> Result<K, CursorError> {
        self.0.parse().map_err(|_| CursorError)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > 8192 {
            return Err(CursorError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        String::from_utf8(bytes).map(Self).map_err(|_| CursorError)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Asks for one page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows at most, 1 to [`PageRequest::MOST`].
    pub limit: u16,
    /// Where the page before ended; none for the first page.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The rows of a page when the caller does not say.
    pub const USUAL: u16 = 50;
    /// The most rows a page may have.
    pub const MOST: u16 = 200;

    /// Asks for the first page of the usual length.
    pub const fn first() -> Self {
        Self { limit: Self::USUAL, after: None }
    }
}

/// Holds one page of a list, newest first, and where the next begins.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Send it back as `after`; absent on the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts a page from up to `limit + 1` rows: the row too many only says that there is a next page.
    pub fn cut(mut rows: Vec<T>, limit: u16, key: impl FnOnce(&T) -> Cursor) -> Self {
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }

    /// Turns every row into another shape.
    pub fn map<U>(self, shape: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(shape).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire_and_refuses_what_it_did_not_make() {
        let cursor = Cursor::new(42);
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        assert_eq!(cursor.key::<i64>(), Ok(42));
        assert_eq!(cursor.key::<crate::AccountId>(), Err(CursorError));
        for text in ["!", "é", &"A".repeat(9000), "_w"] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError));
        }
    }

    #[test]
    fn the_row_too_many_becomes_the_next_page() {
        let page = Page::cut(vec![3, 2, 1], 2, |row| Cursor::new(row));
        assert_eq!((page.items, page.next), (vec![3, 2], Some(Cursor::new(2))));
        let last = Page::cut(vec![3, 2], 2, |row| Cursor::new(row));
        assert_eq!((last.items, last.next), (vec![3, 2], None));
    }
}
