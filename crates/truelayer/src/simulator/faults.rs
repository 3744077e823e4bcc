//! Answers that go wrong on purpose, a counted number of times.

use serde::{Deserialize, Serialize};

/// Says how an answer goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The service refuses.
    Refuse {
        /// The status.
        status: u16,
        /// The code in the body.
        code: String,
    },
    /// A gateway answers with a page.
    Page {
        /// The status.
        status: u16,
    },
    /// The service does what it is asked, and the answer is lost on the way.
    LoseAnswer,
    /// The answer is no JSON, though it succeeds.
    Garbage,
}

/// Describes a fault, and how often it strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Strikes paths that contain this; empty strikes all.
    #[serde(default)]
    pub path: String,
    /// How the answer goes wrong.
    pub kind: FaultKind,
    /// How often.
    #[serde(default = "once")]
    pub count: u32,
}

fn once() -> u32 {
    1
}

/// Takes the next fault for a path off the list.
pub(super) fn take(faults: &mut Vec<Fault>, path: &str) -> Option<FaultKind> {
    let at = faults.iter().position(|fault| fault.count > 0 && path.contains(&fault.path))?;
    faults[at].count -= 1;
    let kind = faults[at].kind.clone();
    faults.retain(|fault| fault.count > 0);
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_its_paths() {
        let fault = |path: &str, count| Fault { path: path.to_owned(), kind: FaultKind::LoseAnswer, count };
        let mut faults = vec![fault("/balance", 2), fault("", 1)];
        assert!(take(&mut faults, "/data/v1/accounts/a/balance").is_some());
        assert!(take(&mut faults, "/data/v1/me").is_some());
        assert!(take(&mut faults, "/data/v1/me").is_none());
        assert!(take(&mut faults, "/data/v1/cards/c/balance").is_some());
        assert!(faults.is_empty());
    }
}
