//! Pages for the bank's staff: the frame around them, and what they are made of.
//!
//! A page is an askama template that begins with `{% extends "web/page/frame.html" %}` and a struct with the
//! fields `look` and `title`. Its handler takes a [`Staff`], which stands for somebody signed in at the console,
//! calls one service function with `staff.caller` and answers with [`Staff::show`]. A form's handler takes a
//! [`Sent`] too; what is refused comes back to the page as [`Forms`], with what was typed; what worked ends with
//! [`Staff::done`].
//!
//! | Part | Where |
//! |---|---|
//! | Fields, reasons, action panels, paging, empty states, copyable ids | macros of `parts.html` |
//! | Amounts, movements, dates, times | methods of [`Look`] |
//! | Badges, charts | [`Badge`], [`Bars`] |
//! | Filters that survive paging | [`Listing`] |
//! | Amounts and days as people type them | [`Sent::amount`], [`Format::parse_amount`], [`parse_day`] |
//! | The page of what an id names | [`place_of`] |
//! | Navigation | [`navigation::ENTRIES`] |
//! | What one slice shows on another's page, on the home page and in the search | [`Contributions`], listed in `router.rs` |
//!
//! Invariants: nothing works by script alone; nothing inline is allowed, script or style; a request that changes
//! something carries the session's token ([`guard`]); every text of a person is escaped by the template.
//!
//! Deliberately absent: who somebody is ([`Visit`] is left by `identity`).

mod badge;
mod cells;
mod chart;
mod contributions;
mod flash;
mod form;
mod format;
mod guard;
mod listing;
mod look;
mod markup;
pub mod navigation;
mod places;
mod refusal;
mod show;
mod staff;
mod theme;
mod typed;
mod visit;

pub use badge::{Badge, Tone};
pub use chart::{Bar, Bars};
pub use contributions::{Contributions, Hit, Holders, Panel, Search, Tile, Tiles};
pub use form::{Forms, Sent};
pub use format::{Format, Language};
pub use guard::{TOKEN_FIELD, guard};
pub use listing::Listing;
pub use look::Look;
pub use markup::Markup;
pub use places::place_of;
pub use refusal::answer as answer_problem;
pub use show::show;
pub use staff::{Guest, Staff};
pub use theme::routes as theme_routes;
pub use typed::{AmountError, DayError, parse_day};
pub use visit::{Member, Visit};

/// The hidden field of a form that makes it count once, however often it is sent.
pub const KEY_FIELD: &str = "idempotency_key";
/// Where the console begins.
pub const HOME: &str = "/admin";
/// Where staff sign in.
pub const SIGN_IN: &str = "/admin/sign-in";
/// Where a member of staff enrols a second factor.
pub const ENROLL: &str = "/admin/me/second-factor";

/// Says whether a path belongs to the console.
pub fn is_page(path: &str) -> bool {
    path == HOME || path.strip_prefix(HOME).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns what leads back to a page after signing in: a path of the console, and nothing else.
pub fn safe_next(next: &str) -> &str {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let is_ours = is_page(path) && path != SIGN_IN && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_ours && !next.contains('\\') { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_away_from_the_console() {
        for next in ["/admin", "/admin/customers?q=a%20b", "/admin/customers/usr_1"] {
            assert_eq!(safe_next(next), next);
        }
        for next in ["", "/", "//evil.test", "/adminx", "https://evil.test", "/admin/sign-in", "/admin/\r\nx"]
        {
            assert_eq!(safe_next(next), HOME, "{next}");
        }
    }
}
