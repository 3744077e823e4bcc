//! What a caller may do: permissions are verbs on nouns, roles are sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares permissions with their text form, so that the list and the texts cannot drift apart.
macro_rules! permissions {
    ($(#[doc = $description:literal] $name:ident = $text:literal),+ $(,)?) => {
        /// Names one thing that a caller may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Permission {
            $(#[doc = $description] #[serde(rename = $text)] $name),+
        }

        impl Permission {
            /// Every permission, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the text form: `noun:verb`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }

            /// Says in a sentence what it allows.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description.trim_ascii()),+
                }
            }
        }
    };
}

permissions! {
    /// See and change one's own profile, password, second factor and sessions.
    ManageProfile = "profile:manage",
    /// Make and revoke one's own API keys.
    ManageApiKeys = "api_keys:manage",
    /// See the accounts one owns or is attorney of.
    ReadOwnAccounts = "own_accounts:read",
    /// Open accounts for oneself.
    OpenOwnAccounts = "own_accounts:open",
    /// Name, limit, share and close one's own accounts.
    ManageOwnAccounts = "own_accounts:manage",
    /// Pay from one's own accounts.
    PayFromOwnAccounts = "own_transfers:create",
    /// See one's own accounts at other banks.
    ReadOwnConnections = "own_connections:read",
    /// Link one's own accounts at other banks, renew and end the links.
    ManageOwnConnections = "own_connections:manage",
    /// See every customer and member of staff.
    ReadUsers = "users:read",
    /// Invite members of staff.
    InviteUsers = "users:invite",
    /// Suspend and reinstate users.
    SuspendUsers = "users:suspend",
    /// Change the roles of members of staff.
    AssignRoles = "users:assign_roles",
    /// End a user's sessions.
    EndSessions = "users:end_sessions",
    /// Take away a user's second factor, so that a new one can be enrolled.
    ResetSecondFactor = "users:reset_totp",
    /// Write notes on users.
    WriteNotes = "users:note",
    /// Set a customer's verification level.
    SetKycLevel = "kyc:set_level",
    /// See every account.
    ReadAccounts = "accounts:read",
    /// Open accounts for customers and change their owners.
    OpenAccounts = "accounts:open",
    /// Freeze, block debits and unfreeze.
    FreezeAccounts = "accounts:freeze",
    /// Change limits and overdrafts.
    LimitAccounts = "accounts:limit",
    /// Close customers' accounts.
    CloseAccounts = "accounts:close",
    /// See transactions of every account.
    ReadTransactions = "transactions:read",
    /// Reverse transfers.
    ReverseTransfers = "transfers:reverse",
    /// Take in and pay out cash, and correct mistakes.
    OperateCash = "cash:operate",
    /// See what waits for a second person.
    ReadApprovals = "approvals:read",
    /// Decide as the second person.
    DecideApprovals = "approvals:decide",
    /// See the chart of accounts, the trial balance and the proofs.
    ReadLedger = "ledger:read",
    /// Run the proof of the ledger.
    VerifyLedger = "ledger:verify",
    /// Close a month.
    ClosePeriods = "ledger:close_period",
    /// See the audit log.
    ReadAudit = "audit:read",
    /// Verify the audit log.
    VerifyAudit = "audit:verify",
    /// See background work.
    ReadJobs = "jobs:read",
    /// Run and replay background work.
    ManageJobs = "jobs:manage",
    /// See how the links to other banks do, without anybody's data.
    ReadConnections = "connections:read",
    /// Have links to other banks read again, and replay what was reported about them.
    ManageConnections = "connections:manage",
    /// Move a sandbox's clock.
    MoveClock = "sandbox:clock",
}

impl FromStr for Permission {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text).ok_or(UnknownName)
    }
}

/// Says that a text names no permission or role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

/// Holds a set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u64);

impl Permissions {
    /// Holds none.
    pub const NONE: Self = Self(0);

    /// Says whether the set holds `permission`.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u64 != 0
    }

    /// Returns what both sets hold.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what either set holds.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Says whether `other` holds nothing that this set does not.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Lists what the set holds, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u64))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

/// Names a set of permissions that a user holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Owns accounts.
    Customer,
    /// Helps customers; moves no money.
    Support,
    /// Judges who customers are and stops accounts.
    Compliance,
    /// Runs cash, corrections and the day.
    Operations,
    /// Sees everything, changes nothing.
    Auditor,
    /// Runs the bank's staff and machines; moves no money.
    Admin,
}

impl Role {
    /// Every role, in the order of declaration.
    pub const ALL: [Self; 6] =
        [Self::Customer, Self::Support, Self::Compliance, Self::Operations, Self::Auditor, Self::Admin];

    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Support => "support",
            Self::Compliance => "compliance",
            Self::Operations => "operations",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// Says whether the role makes its holder a member of staff.
    pub fn is_staff(self) -> bool {
        self != Self::Customer
    }

    /// Returns what the role may do.
    pub fn permissions(self) -> Permissions {
        use Permission as P;
        let own: &[P] = &[P::ManageProfile, P::ManageApiKeys];
        let more: &[P] = match self {
            Self::Customer => &[
                P::ReadOwnAccounts,
                P::OpenOwnAccounts,
                P::ManageOwnAccounts,
                P::PayFromOwnAccounts,
                P::ReadOwnConnections,
                P::ManageOwnConnections,
            ],
            Self::Support => &[
                P::ReadUsers,
                P::WriteNotes,
                P::EndSessions,
                P::ReadAccounts,
                P::OpenAccounts,
                P::ReadTransactions,
            ],
            Self::Compliance => &[
                P::ReadConnections,
                P::ReadUsers,
                P::WriteNotes,
                P::SuspendUsers,
                P::EndSessions,
                P::SetKycLevel,
                P::ReadAccounts,
                P::FreezeAccounts,
                P::ReadTransactions,
                P::ReadApprovals,
                P::DecideApprovals,
                P::ReadAudit,
            ],
            Self::Operations => &[
                P::ReadConnections,
                P::ManageConnections,
                P::ReadUsers,
                P::WriteNotes,
                P::ReadAccounts,
                P::OpenAccounts,
                P::FreezeAccounts,
                P::LimitAccounts,
                P::CloseAccounts,
                P::ReadTransactions,
                P::ReverseTransfers,
                P::OperateCash,
                P::ReadApprovals,
                P::DecideApprovals,
                P::ReadLedger,
                P::VerifyLedger,
                P::ClosePeriods,
                P::ReadJobs,
                P::ManageJobs,
            ],
            Self::Auditor => &[
                P::ReadConnections,
                P::ReadUsers,
                P::ReadAccounts,
                P::ReadTransactions,
                P::ReadApprovals,
                P::ReadLedger,
                P::VerifyLedger,
                P::ReadAudit,
                P::VerifyAudit,
                P::ReadJobs,
            ],
            Self::Admin => &[
                P::ReadConnections,
                P::ManageConnections,
                P::ReadUsers,
                P::InviteUsers,
                P::SuspendUsers,
                P::AssignRoles,
                P::EndSessions,
                P::ResetSecondFactor,
                P::WriteNotes,
                P::ReadAccounts,
                P::ReadTransactions,
                P::ReadApprovals,
                P::DecideApprovals,
                P::ReadLedger,
                P::VerifyLedger,
                P::ReadAudit,
                P::VerifyAudit,
                P::ReadJobs,
                P::ManageJobs,
                P::MoveClock,
            ],
        };
        own.iter().chain(more).copied().collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_fits_the_set_and_keeps_its_text() {
        assert!(Permission::ALL.len() <= 64);
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
            let one: Permissions = [*permission].into_iter().collect();
            assert_eq!(one.iter().collect::<Vec<_>>(), [*permission]);
        }
    }

    #[test]
    fn a_permission_named_twice_is_held_and_the_set_shows_its_names() {
        let twice: Permissions = [Permission::OperateCash, Permission::OperateCash].into_iter().collect();
        assert!(twice.contains(Permission::OperateCash));
        assert_eq!(format!("{twice:?}"), r#"{"cash:operate"}"#);
    }

    #[test]
    fn the_auditor_and_support_move_no_money_and_admins_do_not_either() {
        for role in [Role::Auditor, Role::Support, Role::Admin] {
            for permission in
                [Permission::OperateCash, Permission::ReverseTransfers, Permission::PayFromOwnAccounts]
            {
                assert!(!role.permissions().contains(permission), "{role} {permission:?}");
            }
        }
    }

    #[test]
    fn every_staff_permission_is_held_by_some_role() {
        let held = Role::ALL.into_iter().fold(Permissions::NONE, |all, role| all.union(role.permissions()));
        let missing: Vec<_> = Permission::ALL.iter().filter(|one| !held.contains(**one)).collect();
        assert_eq!(missing, Vec::<&Permission>::new());
    }
}
