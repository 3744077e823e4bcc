//! The client against the simulator, and both against public oracles.

#![allow(clippy::unwrap_used)]

mod books;
mod canary;
mod control;
mod faults;
mod links;
mod openapi;
mod oracle;
mod pages;
mod payments;
mod properties;
mod reads;
mod receiver;
mod refresh;
mod renew;
mod signatures;
mod stage;
mod tasks;
mod webhooks;
mod windows;
mod wycheproof;
