//! What the states of accounts and holds, and the owners' roles, are called on a page.

use ledger::{AccountStatus, HoldState};

use crate::accounts::OwnerRole;
use crate::web::page::{Badge, Tone};

/// Shows how an account stands.
pub(super) fn status_badge(status: AccountStatus) -> Badge {
    match status {
        AccountStatus::Open => Badge::new(Tone::Good, "Open"),
        AccountStatus::DebitBlocked => Badge::new(Tone::Warning, "Debits blocked"),
        AccountStatus::Frozen => Badge::new(Tone::Bad, "Frozen"),
        AccountStatus::Closed => Badge::new(Tone::Neutral, "Closed"),
    }
}

/// Shows what became of a hold.
pub(super) fn hold_badge(state: HoldState) -> Badge {
    match state {
        HoldState::Pending => Badge::new(Tone::Busy, "Held"),
        HoldState::Captured => Badge::new(Tone::Good, "Captured"),
        HoldState::Released => Badge::new(Tone::Neutral, "Released"),
        HoldState::Expired => Badge::new(Tone::Neutral, "Expired"),
    }
}

/// Says what somebody is to an account.
pub(super) const fn role(role: OwnerRole) -> &'static str {
    match role {
        OwnerRole::Holder => "Holder",
        OwnerRole::JointAnySigns => "Joint holder, any signs",
        OwnerRole::JointAllSign => "Joint holder, all sign",
        OwnerRole::AttorneyView => "Attorney, may view",
        OwnerRole::AttorneyViewAndPay => "Attorney, may view and pay",
    }
}
