//! What carries a command out once a second person agreed.

use std::collections::BTreeMap;

use database::Tx;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Approval;
use crate::web::Problem;
use crate::{Bank, Caller};

/// Carries one kind of command out in the checker's transaction; returns what came of it, ids only.
///
/// The caller is the checker; the maker is in the approval. A refusal undoes everything and leaves the
/// command pending.
pub type Executor =
    for<'a> fn(&'a Bank, &'a Tx, &'a Caller, &'a Approval) -> BoxFuture<'a, Result<Value, Problem>>;

/// Holds the executor of every kind of command; the bank's slices add theirs at start.
#[derive(Clone, Debug, Default)]
pub struct Executors(BTreeMap<&'static str, Executor>);

impl Executors {
    /// Names the executor of a kind: `transfers.reverse`.
    ///
    /// # Panics
    /// When the kind has an executor already: a mistake of the program, found by any test that starts it.
    pub fn add(&mut self, kind: &'static str, executor: Executor) {
        let known = self.0.insert(kind, executor);
        assert!(known.is_none(), "the command {kind} has two executors");
    }

    pub(crate) fn find(&self, kind: &str) -> Option<Executor> {
        self.0.get(kind).copied()
    }
}
