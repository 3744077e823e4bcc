//! The use cases of accounts, and what the slices above ask about one.

mod access;
mod close;
mod counts;
mod described;
mod fees;
mod holders;
mod limits;
mod open;
mod owners;
mod purses;
mod read;
mod rename;
mod several;
mod status;
mod work;

pub use access::{AccountAccess, authority, find_for, find_visible, look_at, require_transactions, view};
pub use close::close;
pub use counts::count_by_status;
pub use described::{DescribedAccount, described};
pub use fees::{FeesCharged, FeesError, charge_fees};
pub use holders::find_holders;
pub use limits::set_limits;
pub use open::{GivenAccount, offer_currencies, open, open_given, open_in};
pub use owners::{AddOwner, RemoveOwner, add_owner, list_owners, remove_owner};
pub use purses::purses;
pub use read::{
    AccountDetail, AccountSheet, AsOf, BalanceSheet, Payee, find_by_number, find_named, get, get_balance,
    get_detail, list, list_holds, list_products,
};
pub use rename::rename;
pub use several::{
    NumberedAccount, find_by_numbers, held_by, look_at_numbers, look_at_others, numbered_accounts, seen_by,
};
pub use status::set_status;
pub use work::{begin_work, end_work};

pub use super::store::Filter as AccountFilter;

use database::Tx;
use kernel::UserId;

use super::model::{AccountAuthority, AccountError};
use crate::audit::Reason;
use crate::identity;

/// Insists on a reason when the caller acts as staff.
fn reason_of(authority: &AccountAuthority, reason: Option<Reason>) -> Result<Option<Reason>, AccountError> {
    if authority.is_staff() && reason.is_none() {
        return Err(AccountError::ReasonRequired);
    }
    Ok(reason)
}

/// Insists that the person is a customer of the bank.
async fn require_customer(tx: &Tx, user: UserId) -> Result<(), AccountError> {
    if identity::directory::is_customer(tx, user).await? {
        Ok(())
    } else {
        Err(AccountError::CustomerNotFound)
    }
}
