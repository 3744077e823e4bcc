//! The console: what every page keeps to, the door, and what staff does about customers.

mod customers;
mod door;
mod pages;
