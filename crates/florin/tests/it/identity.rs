//! People: how they register, prove themselves, and stay signed in.

mod register;
mod sessions;
