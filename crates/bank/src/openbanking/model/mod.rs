//! The rules that need no database.

pub mod budget;
pub mod calls;
pub mod connection;
pub mod consent;
pub mod days;
pub mod identity;
pub mod imported;
pub mod inbox;
pub mod insights;
pub mod instruction;
pub mod payment;
pub mod pending;
pub mod refusal;
pub mod tables;
pub mod task;
