//! What staff does here, by what it is done to.

pub(crate) mod clock;
pub(crate) mod jobs;
