//! The console: what every page keeps to, the door, and what staff does about customers, money, the books, the log,
//! background work and one another.

mod accounts;
mod approvals;
mod audit;
mod cash;
mod customers;
mod desk;
mod door;
mod jobs;
mod ledger;
mod pages;
mod reversals;
mod team;
mod transactions;
