//! What carries a command out once a second person agreed, and what tells before what it would do.

use std::collections::BTreeMap;

use database::Tx;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Approval, Effect};
use crate::web::Problem;
use crate::{Bank, Caller};

/// Carries one kind of command out in the checker's transaction; returns what came of it, ids only.
///
/// The caller is the checker; the maker is in the approval. A refusal undoes everything and leaves the
/// command pending.
pub type Executor =
    for<'a> fn(&'a Bank, &'a Tx, &'a Caller, &'a Approval) -> BoxFuture<'a, Result<Value, Problem>>;

/// Tells what one kind of command would do now, and changes nothing. A refusal of the command is part of the effect.
pub type Forecast = for<'a> fn(&'a Bank, &'a Approval) -> BoxFuture<'a, Result<Effect, Problem>>;

/// Holds the executor of every kind of command; the bank's slices add theirs at start.
#[derive(Clone, Debug, Default)]
pub struct Executors {
    executors: BTreeMap<&'static str, Executor>,
    forecasts: BTreeMap<&'static str, Forecast>,
}

impl Executors {
    /// Names the executor of a kind: `transfers.reverse`.
    ///
    /// # Panics
    /// When the kind has an executor already: a mistake of the program, found by any test that starts it.
    pub fn add(&mut self, kind: &'static str, executor: Executor) {
        let known = self.executors.insert(kind, executor);
        assert!(known.is_none(), "the command {kind} has two executors");
    }

    /// Names what tells the effect of a kind.
    ///
    /// # Panics
    /// When the kind has a forecast already.
    pub fn foresee(&mut self, kind: &'static str, forecast: Forecast) {
        let known = self.forecasts.insert(kind, forecast);
        assert!(known.is_none(), "the command {kind} has two forecasts");
    }

    pub(crate) fn find(&self, kind: &str) -> Option<Executor> {
        self.executors.get(kind).copied()
    }

    pub(crate) fn forecast(&self, kind: &str) -> Option<Forecast> {
        self.forecasts.get(kind).copied()
    }
}
