//! Who may do what with an account: one row of the matrix per role.

use kernel::{AccountId, Instant, UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::AccountError;
use crate::context::Forbidden;
use crate::{Caller, Permission};

/// Says what a person is to an account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OwnerRole {
    /// Owns it.
    Holder,
    /// Owns it with others; each of them signs alone.
    JointAnySigns,
    /// Owns it with others; all of them sign together.
    JointAllSign,
    /// Acts for the holders: sees it.
    AttorneyView,
    /// Acts for the holders: sees it and pays from it.
    AttorneyViewAndPay,
}

/// Names what somebody wants to do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// See it, its balance, its transactions and its owners.
    View,
    /// Take money from it.
    Pay,
    /// Give it a nickname.
    Rename,
    /// Change its limits.
    Limit,
    /// Add and remove owners.
    Share,
    /// Close it.
    Close,
}

impl OwnerRole {
    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::JointAnySigns => "joint_any_signs",
            Self::JointAllSign => "joint_all_sign",
            Self::AttorneyView => "attorney_view",
            Self::AttorneyViewAndPay => "attorney_view_and_pay",
        }
    }

    /// Says whether the role owns the account, and does not merely act for those who do.
    pub const fn is_holder(self) -> bool {
        matches!(self, Self::Holder | Self::JointAnySigns | Self::JointAllSign)
    }

    /// Says what the role may do; where all sign, see [`AccountAuthority::signers`] for who must agree.
    pub const fn may(self, need: Need) -> bool {
        match self {
            Self::Holder | Self::JointAnySigns | Self::JointAllSign => true,
            Self::AttorneyViewAndPay => matches!(need, Need::View | Need::Pay),
            Self::AttorneyView => matches!(need, Need::View),
        }
    }
}

impl Need {
    /// Returns what an owner's session or key must be allowed.
    pub const fn own_permission(self) -> Permission {
        match self {
            Self::View => Permission::ReadOwnAccounts,
            Self::Pay => Permission::PayFromOwnAccounts,
            Self::Rename | Self::Limit | Self::Share | Self::Close => Permission::ManageOwnAccounts,
        }
    }

    /// Returns what lets staff do it to any account; staff never pay from customers' accounts.
    pub const fn staff_permission(self) -> Option<Permission> {
        match self {
            Self::View => Some(Permission::ReadAccounts),
            Self::Pay => None,
            Self::Rename | Self::Share => Some(Permission::OpenAccounts),
            Self::Limit => Some(Permission::LimitAccounts),
            Self::Close => Some(Permission::CloseAccounts),
        }
    }
}

/// Holds one owner of one account as it is stored.
pub mod account_owner {
    use super::{AccountId, Instant, OwnerRole, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `account_owners`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_owners")]
    pub struct Model {
        /// The account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        /// The person.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// What the person is to the account.
        pub role: OwnerRole,
        /// Since when.
        pub added_at: Instant,
    }

    /// None: owners are read by account or by person.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use account_owner::Model as AccountOwner;

/// Says in which capacity somebody acts on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As one of its owners.
    Owner(OwnerRole),
    /// As a member of the bank's staff, or the bank itself.
    Staff,
}

/// Says what a caller may do with one account, and who must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAuthority {
    /// In which capacity.
    pub standing: Standing,
    /// The holders who must all sign a payment, in id order; empty when one signature suffices.
    pub signers: Vec<UserId>,
}

impl AccountAuthority {
    /// Says whether the caller acts as staff.
    pub fn is_staff(&self) -> bool {
        self.standing == Standing::Staff
    }

    /// Says whether the caller may begin a payment; whether it is complete, [`Self::signers`] says.
    pub fn can_pay(&self) -> bool {
        matches!(self.standing, Standing::Owner(role) if role.may(Need::Pay))
    }

    /// Returns how many signatures a payment needs.
    pub fn signatures_required(&self) -> usize {
        self.signers.len().max(1)
    }

    /// Refuses what one holder may not decide alone on an account where all sign.
    ///
    /// # Errors
    /// [`AccountError::JointSignatureRequired`] with the number of signatures.
    pub fn require_alone(&self) -> Result<(), AccountError> {
        if self.is_staff() || self.signatures_required() == 1 {
            return Ok(());
        }
        Err(AccountError::JointSignatureRequired { signatures_required: self.signatures_required() })
    }
}

/// Returns the holders who must all sign, in id order: none unless somebody's mandate says that all sign.
pub fn signers(owners: &[AccountOwner]) -> Vec<UserId> {
    if !owners.iter().any(|owner| owner.role == OwnerRole::JointAllSign) {
        return Vec::new();
    }
    let mut signers: Vec<UserId> =
        owners.iter().filter(|owner| owner.role.is_holder()).map(|owner| owner.user_id).collect();
    signers.sort_unstable();
    signers
}

/// Refuses a caller who may do this to no account at all, before an account is looked for.
///
/// # Errors
/// [`AccountError::Forbidden`].
pub fn require_some(caller: &Caller, need: Need) -> Result<(), AccountError> {
    let own = need.own_permission();
    if caller.may(own) || need.staff_permission().is_some_and(|permission| caller.may(permission)) {
        return Ok(());
    }
    Err(Forbidden(own).into())
}

/// Decides in which capacity the caller may do `need` to the account with these owners.
///
/// # Errors
/// [`AccountError::NotFound`] when the caller may not even know of it, [`AccountError::Forbidden`] otherwise.
pub fn judge(caller: &Caller, owners: &[AccountOwner], need: Need) -> Result<Standing, AccountError> {
    let role = owners.iter().find(|owner| Some(owner.user_id) == caller.user_id).map(|owner| owner.role);
    if let Some(role) = role
        && role.may(need)
        && caller.may(need.own_permission())
    {
        return Ok(Standing::Owner(role));
    }
    if need.staff_permission().is_some_and(|permission| caller.may(permission)) {
        return Ok(Standing::Staff);
    }
    let sees_it = role.is_some() && caller.may(Permission::ReadOwnAccounts);
    if sees_it || caller.may(Permission::ReadAccounts) {
        return Err(Forbidden(need.own_permission()).into());
    }
    Err(AccountError::NotFound)
}
