//! What staff does here, by what it is done to.

pub(crate) mod audit;
pub(crate) mod clock;
pub(crate) mod jobs;
pub(crate) mod ledger;
pub(crate) mod periods;
pub(crate) mod proofs;
pub(crate) mod status;
