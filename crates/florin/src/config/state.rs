//! What each variable's state is, for `florin config check`: never its value.

use super::source::Origin;
use super::{Fault, Source, Variable, variables};

/// Says how one variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Given by the environment.
    Environment,
    /// Given by `.env`.
    File,
    /// Not given; the default holds.
    Default,
    /// Not given, and nothing is needed.
    Unset,
    /// Not given; development keeps a generated secret in the data directory.
    Generated,
    /// Something is wrong with it.
    Faulty,
}

impl State {
    /// Returns the word that is shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "from the environment",
            Self::File => "from .env",
            Self::Default => "default",
            Self::Unset => "not set",
            Self::Generated => "generated for development",
            Self::Faulty => "FAULT",
        }
    }
}

/// Lists every variable with its state, given what is wrong.
pub(crate) fn states(source: &Source, faults: &[Fault]) -> Vec<(&'static Variable, State)> {
    variables().map(|variable| (variable, state(variable, source, faults))).collect()
}

fn state(variable: &Variable, source: &Source, faults: &[Fault]) -> State {
    if faults.iter().any(|fault| fault.name == variable.name) {
        return State::Faulty;
    }
    let generated = ["JWT_SECRET", "FLORIN_ENCRYPTION_KEYS", "FLORIN_SIGNING_KEY"];
    match (source.get(variable.name), source.origin(variable.name)) {
        (Some(_), Some(Origin::Environment)) => State::Environment,
        (Some(_), _) => State::File,
        (None, _) if variable.default.is_some() => State::Default,
        (None, _) if generated.contains(&variable.name) => State::Generated,
        (None, _) => State::Unset,
    }
}
