//! What the home page says about background work and the books.

mod tiles;

pub use tiles::{jobs_tiles, money_tiles};
