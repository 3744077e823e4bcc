//! The query of a list: its filters, which survive paging, and where its pages begin.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use form_urlencoded::Serializer;
use kernel::{Cursor, PageRequest};
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use crate::web::{ListQuery, Problem};

const AFTER: &str = "after";

/// Reads the query of a list's page; a filter that was left blank is absent, as forms send every field.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    path: String,
    pairs: Vec<(String, String)>,
    next: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.path(), parts.uri.query().unwrap_or_default()))
    }
}

impl Listing {
    /// Asks for a list without filters, from its beginning: beside a form that was refused.
    pub fn at_path(path: &str) -> Self {
        Self::read(path, "")
    }

    fn read(path: &str, query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let pairs = pairs.filter(|(_, value)| !value.trim().is_empty()).collect();
        Self { path: path.to_owned(), pairs, next: None }
    }

    /// Returns what was typed or chosen for a filter, empty when nothing was.
    pub fn text(&self, name: &str) -> &str {
        let mut values = self.pairs.iter().filter(|(found, _)| found == name);
        values.next().map_or("", |(_, value)| value.trim())
    }

    /// Says whether a filter has a value: whether a choice is the one that was taken.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.text(name) == value
    }

    /// Reads a filter by its name on the wire.
    ///
    /// # Errors
    /// 422 naming the filter.
    pub fn chosen<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let reader: StrDeserializer<'_, ValueError> = text.into_deserializer();
        T::deserialize(reader).map(Some).map_err(|error| Problem::invalid_field(name, error.to_string()))
    }

    /// Asks for the page whose cursor the query holds, in a list whose cursors hold a `K`.
    ///
    /// # Errors
    /// 422 for a cursor that this list did not make.
    pub fn page_of<K: FromStr>(&self) -> Result<PageRequest, Problem> {
        let after = Some(self.text(AFTER)).filter(|text| !text.is_empty()).map(str::to_owned);
        ListQuery { limit: None, after }.page_of::<K>()
    }

    /// Notes where the next page begins.
    #[must_use]
    pub fn followed_by(mut self, next: Option<&Cursor>) -> Self {
        self.next = next.map(ToString::to_string);
        self
    }

    /// Returns where older rows are.
    pub fn older(&self) -> Option<String> {
        Some(self.at(Some(self.next.as_deref()?)))
    }

    /// Returns where the newest rows are, unless they are here.
    pub fn newest(&self) -> Option<String> {
        (!self.text(AFTER).is_empty()).then(|| self.at(None))
    }

    /// Returns the list with its filters, from its beginning.
    pub fn first(&self) -> String {
        self.at(None)
    }

    /// Says whether something narrows the list.
    pub fn is_filtered(&self) -> bool {
        self.pairs.iter().any(|(name, _)| name != AFTER)
    }

    /// Returns the list's path, without filters.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the place below the list's path with the same filters: where they are exported.
    pub fn beside(&self, name: &str) -> String {
        Self { path: format!("{}/{name}", self.path), ..self.clone() }.at(None)
    }

    fn at(&self, after: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.pairs.iter().filter(|(name, _)| name != AFTER));
        query.extend_pairs(after.map(|after| (AFTER, after)));
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_paging_and_blank_ones_do_not_count() {
        let listing = Listing::read("/admin/things", "q=a+b%26c&status=&after=b2xk");
        assert_eq!((listing.text("q"), listing.text("status")), ("a b&c", ""));
        assert!(listing.is_filtered());
        assert_eq!(listing.newest().as_deref(), Some("/admin/things?q=a+b%26c"));
        assert_eq!(listing.first(), "/admin/things?q=a+b%26c");
        assert_eq!(listing.beside("export"), "/admin/things/export?q=a+b%26c");
        assert_eq!(listing.older(), None);
        let listing = listing.followed_by(Some(&Cursor::new("7")));
        assert_eq!(listing.older().as_deref(), Some("/admin/things?q=a+b%26c&after=Nw"));
    }

    #[test]
    fn a_filter_is_read_by_its_name_on_the_wire() {
        let listing = Listing::read("/admin/things", "role=support&other=nobody");
        assert_eq!(listing.chosen::<crate::Role>("role").ok().flatten(), Some(crate::Role::Support));
        assert_eq!(listing.chosen::<crate::Role>("absent").ok().flatten(), None);
        assert_eq!(listing.chosen::<crate::Role>("other").expect_err("no role").code(), "invalid_input");
    }
}
