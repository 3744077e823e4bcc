//! Who somebody is: users, how they prove it, what they are signed in with, and what they may do.

pub mod directory;
