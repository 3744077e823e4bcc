//! What is wrong with the configuration, without its values.

use std::fmt;

/// Names one thing that is wrong: a variable (or a line of `.env`) and a sentence of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The variable, or the place in the file.
    pub(crate) name: String,
    /// What is wrong with it. Static, so that no value can be part of it.
    pub(crate) what: &'static str,
}

impl Fault {
    /// Names a fault.
    pub(crate) fn new(name: impl Into<String>, what: &'static str) -> Self {
        Self { name: name.into(), what }
    }
}

/// Holds every fault of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = if self.0.len() == 1 { "fault" } else { "faults" };
        write!(f, "the configuration has {} {many}:", self.0.len())?;
        for fault in &self.0 {
            write!(f, "\n  {} {}", fault.name, fault.what)?;
        }
        write!(f, "\nflorin config check lists every variable; .env.example explains them")
    }
}

impl std::error::Error for Faults {}
