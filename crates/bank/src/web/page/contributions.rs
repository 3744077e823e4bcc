//! What a slice shows on pages that are not its own: the composition fills these lists, so that a page below
//! can show what stands above it without knowing it.

use futures_util::future::BoxFuture;
use kernel::{AccountId, TransferId, UserId};

use super::{Forms, Markup, Staff, Tone};
use crate::Bank;
use crate::web::Problem;

/// Renders a section of another slice's detail page; nothing where the reader may not see it. Of the page's forms
/// one of the section's own may have been refused.
pub type Panel<Id> = for<'a> fn(&'a Bank, &'a Staff, Id, &'a Forms) -> BoxFuture<'a, Result<Markup, Problem>>;

/// Lists what a slice shows on the home page; nothing of what the reader may not see.
pub type Tiles = for<'a> fn(&'a Bank, &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>>;

/// Renders a section of the home page; nothing where the reader may not see it.
pub type Section = for<'a> fn(&'a Bank, &'a Staff) -> BoxFuture<'a, Result<Markup, Problem>>;

/// Finds a few things by a text; nothing of what the reader may not see.
pub type Search = for<'a> fn(&'a Bank, &'a Staff, &'a str) -> BoxFuture<'a, Result<Vec<Hit>, Problem>>;

/// Finds the customers behind a text that only another slice understands: the number of an account.
pub type Holders = for<'a> fn(&'a Bank, &'a Staff, &'a str) -> BoxFuture<'a, Result<Vec<UserId>, Problem>>;

/// Holds what the slices show on one another's pages.
#[derive(Debug)]
pub struct Contributions {
    /// Sections of a customer's page, in their order.
    pub customer: &'static [Panel<UserId>],
    /// Sections of an account's page, in their order.
    pub account: &'static [Panel<AccountId>],
    /// Actions beside an account's page, in their order.
    pub account_actions: &'static [Panel<AccountId>],
    /// Actions beside a transaction's page, in their order.
    pub transaction_actions: &'static [Panel<TransferId>],
    /// What the home page shows, in its order.
    pub home: &'static [Tiles],
    /// What stands there below today's work, in its order.
    pub home_sections: &'static [Section],
    /// What the search looks through, in its order.
    pub search: &'static [Search],
    /// How else customers are found.
    pub holders: &'static [Holders],
}

impl Contributions {
    /// Holds nothing: for a router without slices.
    pub const NONE: Self = Self {
        customer: &[],
        account: &[],
        account_actions: &[],
        transaction_actions: &[],
        home: &[],
        home_sections: &[],
        search: &[],
        holders: &[],
    };
}

/// Shows one number of the home page, which leads to its list.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Under which heading it stands: `Today`, `Money`, `Health`.
    pub group: &'static str,
    /// What is counted.
    pub label: String,
    /// The number.
    pub value: String,
    /// What the number is of: a currency, a unit; may be empty.
    pub unit: String,
    /// How things stand, in a few words; may be empty.
    pub note: String,
    /// Whether somebody should look.
    pub tone: Tone,
    /// Its list; none where there is no page for it.
    pub href: Option<&'static str>,
}

/// Shows one thing that the search found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// What sort of thing: `Customers`.
    pub group: &'static str,
    /// Its name.
    pub title: String,
    /// What tells it from others of that name.
    pub detail: String,
    /// Its page.
    pub href: String,
}
