//! Pages for the bank's staff and for its customers: the frames around them, and what they are made of.
//!
//! A page is an askama template that begins with `{% extends "web/page/frame.html" %}` and a struct with the
//! fields `look` and `title`. Its handler takes a [`Staff`], which stands for somebody signed in at the console,
//! calls one service function with `staff.caller` and answers with [`Staff::show`]. A form's handler takes a
//! [`Sent`] too; what is refused comes back to the page as [`Forms`], with what was typed; what worked ends with
//! [`Staff::done`]. A customer's page is made the same way, with `customer_frame.html` and a [`Customer`]; the two sides
//! ([`Area`]) have cookies of their own, and neither opens the other.
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

mod area;
mod badge;
mod cells;
mod chart;
mod contributions;
mod customer;
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

pub use area::Area;
pub use badge::{Badge, Tone};
pub use chart::{Bar, Bars};
pub use contributions::{Contributions, Hit, Holders, Panel, Search, Tile, Tiles};
pub use customer::Customer;
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
/// Where a member of staff enrols a second factor.
pub const ENROLL: &str = "/admin/me/second-factor";
