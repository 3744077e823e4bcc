//! The console in a real browser: a throw-away bank, Chromium, and what a person does with them.
//!
//! [`Bank`] starts the built program (`FLORIN_BIN`) on a demo's data, on the engine that `FLORIN_TEST_DATABASE_URL`
//! chooses; [`Driver`] starts Debian's chromedriver on a port of its own; a [`Browser`] is one window of it. The walk
//! ([`walk::walk`]) finds one page of each kind by following links, as a person would, and holds what it found against the
//! console's own list of pages.
//!
//! Deliberately absent: downloading a browser or a driver. Both come from the machine, so that a run needs no network.

pub mod axe;
mod bank;
mod driver;
mod page;
pub mod walk;
pub mod work;

pub use bank::{Account, Bank, SignIn};
pub use driver::{Browser, Driver, Script, Theme, View};
