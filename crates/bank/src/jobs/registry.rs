//! Which handlers and schedules the program has.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::JobFailure;
use super::schedule::{Rhythm, Schedule};
use crate::Bank;

/// Does the work of one kind of job: a plain function, harmless when it runs twice.
pub type Handler = fn(Bank, Value) -> BoxFuture<'static, Result<(), JobFailure>>;

/// Holds every kind of job and every schedule; the bank's slices add theirs at start.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    handlers: BTreeMap<&'static str, Handler>,
    schedules: Vec<Schedule>,
}

impl Registry {
    /// Names the handler of a kind.
    ///
    /// # Panics
    /// When the kind has a handler already: a mistake of the program, found by any test that starts it.
    pub fn job(&mut self, kind: &'static str, handler: Handler) {
        let known = self.handlers.insert(kind, handler);
        assert!(known.is_none(), "the job {kind} has two handlers");
    }

    /// Runs a kind every so many seconds. Such a beat leaves no row behind when it succeeds, and a beat
    /// that is still waiting or running when the next one is due is not doubled.
    ///
    /// # Panics
    /// When the name is taken, the kind has no handler, or the period is not positive.
    pub fn every(&mut self, name: &'static str, seconds: i64, kind: &'static str) {
        assert!(seconds > 0, "the schedule {name} needs a period");
        self.schedule(Schedule { name, kind, rhythm: Rhythm::Every { seconds } });
    }

    /// Runs a kind by a cron expression of six fields (seconds first), in the bank's business time zone.
    ///
    /// # Panics
    /// When the name is taken, the kind has no handler, or the expression is none.
    pub fn cron(&mut self, name: &'static str, expression: &str, kind: &'static str) {
        let expression = expression.parse().expect("a cron expression of six fields");
        self.schedule(Schedule { name, kind, rhythm: Rhythm::Cron(Box::new(expression)) });
    }

    fn schedule(&mut self, schedule: Schedule) {
        let name = schedule.name;
        assert!(self.schedules.iter().all(|known| known.name != name), "two schedules are named {name}");
        assert!(self.handlers.contains_key(schedule.kind), "the schedule {name} has no handler");
        self.schedules.push(schedule);
    }

    /// Returns the handler of a kind.
    pub fn handler(&self, kind: &str) -> Option<Handler> {
        self.handlers.get(kind).copied()
    }

    /// Lists the kinds that have a handler, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.handlers.keys().copied()
    }

    /// Lists the schedules in the order of their registration.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }
}
