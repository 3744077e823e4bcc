//! The console: what every page keeps to, the door, and what staff does about customers, the books, the log,
//! background work and one another.

mod audit;
mod customers;
mod door;
mod jobs;
mod ledger;
mod pages;
mod team;
