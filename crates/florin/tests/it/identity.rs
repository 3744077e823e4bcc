//! People: how they register, prove themselves, and stay signed in.

mod api_keys;
mod credentials;
pub mod leaks;
mod register;
mod sessions;
mod sign_in;
mod staff;
mod tokens;
