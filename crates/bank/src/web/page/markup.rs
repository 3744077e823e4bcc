//! HTML that is finished: its texts are escaped, and it is not escaped again.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::web::Problem;

/// Holds finished HTML. Only a template makes it, so that nothing in it was left unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// Renders a template.
    ///
    /// # Errors
    /// 500 when the template fails, which none of ours can.
    pub fn of(template: &impl Template) -> Result<Self, Problem> {
        template.render().map(Self).map_err(|error| Problem::internal(&error))
    }

    /// Renders a template whose parts cannot fail.
    pub(super) fn plain(template: &impl Template) -> Self {
        Self(template.render().unwrap_or_default())
    }

    /// Says whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}
