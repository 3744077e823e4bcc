//! What commands and their states are called on a page.

use crate::approvals::ApprovalState;
use crate::web::page::{Badge, Tone};

/// Names a kind of command: `transfers.operate_cash` is `Operate cash`.
pub(super) fn kind(kind: &str) -> String {
    sentence(&kind.rsplit('.').next().unwrap_or(kind).replace('_', " "))
}

/// Begins a text with a capital letter.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Shows where a command stands; a withdrawn one was rejected by its maker.
pub(super) fn badge(state: ApprovalState, is_withdrawn: bool) -> Badge {
    match state {
        ApprovalState::Pending => Badge::new(Tone::Busy, "Waiting"),
        ApprovalState::Executed => Badge::new(Tone::Good, "Approved"),
        ApprovalState::Rejected if is_withdrawn => Badge::new(Tone::Neutral, "Withdrawn"),
        ApprovalState::Rejected => Badge::new(Tone::Bad, "Rejected"),
        ApprovalState::Expired => Badge::new(Tone::Neutral, "Expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn a_command_is_named_by_its_verb() {
        assert_eq!(kind("transfers.operate_cash"), "Operate cash");
        assert_eq!(kind("plain"), "Plain");
        assert_eq!(kind(""), "");
    }
}
