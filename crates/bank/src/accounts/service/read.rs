//! Showing accounts, their balances and what is held on them.

use chrono::NaiveDate;
use kernel::{AccountId, AccountNumber, Currency, Cursor, Instant, Money, Page, PageRequest, UserId};
use ledger::{Hold, HoldState, lookup};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::super::model::{Account, AccountError, AccountOwner, OwnerRole, Product, Standing};
use super::super::store::{self, Filter};
use super::{AccountAccess, NumberedAccount, access, numbered_accounts};
use crate::audit::{self, Event, Subject};
use crate::{Bank, Caller, Permission, identity};

/// How many holders are looked for by a text.
const MOST_HOLDERS: u16 = 50;

/// Holds everything that is shown about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSheet {
    /// The account.
    pub account: Account,
    /// What was opened.
    pub product: Product,
    /// What the caller is to it; none for staff.
    pub role: Option<OwnerRole>,
    /// Who owns it or acts for those who do, the first holder first.
    pub owners: Vec<AccountOwner>,
    /// Its balances, status and limits.
    pub books: ledger::Account,
    /// The business day that the day's limit counts on.
    pub business_on: NaiveDate,
}

/// Holds everything about one account that a page shows at once.
#[derive(Clone, Debug)]
pub struct AccountDetail {
    /// The account with its balances.
    pub sheet: AccountSheet,
    /// What was held on it most recently, newest first.
    pub holds: Vec<Hold>,
}

/// Chooses the moment of a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The end of a day, by the days on which entries count.
    Day(NaiveDate),
    /// An instant, by booking.
    Instant(Instant),
}

/// Shows a balance, now or in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceSheet {
    /// What was posted.
    pub ledger: Money,
    /// What is held and available; of now only.
    pub now: Option<ledger::Balance>,
}

/// Names who is paid by a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The account, which is the ledger's.
    pub account: AccountId,
    /// Its currency.
    pub currency: Currency,
    /// Who owns it, the first holder first.
    pub holders: Vec<UserId>,
}

/// Lists what can be opened; everybody signed in may see it.
///
/// # Errors
/// [`AccountError::Storage`].
pub async fn list_products(bank: &Bank) -> Result<Vec<Product>, AccountError> {
    Ok(store::products(bank.db.read()).await?)
}

/// Shows one account.
///
/// # Errors
/// Those of [`super::view`].
pub async fn get(bank: &Bank, caller: &Caller, id: AccountId) -> Result<AccountSheet, AccountError> {
    let access = super::view(bank, caller, id).await?;
    let books = bank.ledger.show_today(&bank.db, id).await?;
    Ok(put_together(access, books.ok_or(AccountError::NotFound)?))
}

/// Shows one account with the newest of its holds: one look, and so one audit row.
///
/// # Errors
/// Those of [`super::view`].
pub async fn get_detail(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    most_holds: u16,
) -> Result<AccountDetail, AccountError> {
    let sheet = get(bank, caller, id).await?;
    let page = PageRequest { limit: most_holds, after: None };
    let holds = lookup::holds(bank.db.read(), id, None, (&page, bank.now())).await?;
    Ok(AccountDetail { sheet, holds: holds.items })
}

/// Finds an account by its id or its number, as staff types either.
///
/// # Errors
/// [`AccountError::Forbidden`], [`AccountError::NotFound`], then [`AccountError::Storage`].
pub async fn find_named(bank: &Bank, caller: &Caller, text: &str) -> Result<NumberedAccount, AccountError> {
    caller.require(Permission::ReadAccounts)?;
    let conn = bank.db.read();
    if let Ok(id) = text.trim().parse::<AccountId>() {
        let found = numbered_accounts(conn, &[id]).await?;
        return found.into_iter().next().ok_or(AccountError::NotFound);
    }
    let number: AccountNumber = text.parse().map_err(|_| AccountError::NotFound)?;
    let (account, product) = store::find_by_number(conn, &number).await?.ok_or(AccountError::NotFound)?;
    Ok(NumberedAccount { id: account.id, number: account.number, currency: product.currency })
}

/// Lists accounts, newest first: customers their own, staff all. A look by staff leaves an audit row.
///
/// Costs four round trips, whatever the length of the page.
///
/// # Errors
/// [`AccountError::Forbidden`], [`AccountError::CursorNotUsable`], then [`AccountError::Storage`].
pub async fn list(
    bank: &Bank,
    caller: &Caller,
    filter: Filter,
    page: &PageRequest,
) -> Result<Page<AccountSheet>, AccountError> {
    let filter = by_text(bank, caller, visible(caller, filter)?).await?;
    let after = page.after.as_ref().map(Cursor::key).transpose();
    let after = after.map_err(|_| AccountError::CursorNotUsable)?;
    let conn = bank.db.read();
    let rows = store::list(conn, &filter, page, after).await?;
    let page = Page::cut(rows, page.limit, |(account, _)| Cursor::new(account.id));
    let page = sheets(bank, conn, caller, page).await?;
    if caller.may(Permission::ReadAccounts) {
        // The text searched for may be a name or a number, so that only its presence is kept.
        let asked = json!({
            "status": filter.status, "product": filter.product_code, "owner_id": filter.owner,
            "text": filter.text.is_some(),
        });
        let event = Event { after: Some(asked), ..Event::new("account.list", Subject::new("account", "*")) };
        audit::record_read(bank, caller, event).await?;
    }
    Ok(page)
}

/// Shows the balance of an account, now or at a moment of the past.
///
/// # Errors
/// Those of [`super::view`], [`AccountError::AsOfInFuture`], then [`AccountError::Storage`].
pub async fn get_balance(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    as_of: Option<AsOf>,
) -> Result<BalanceSheet, AccountError> {
    let access = super::view(bank, caller, id).await?;
    let conn = bank.db.read();
    let books = books(conn, access.id()).await?;
    let ledger = match as_of {
        None => {
            let balance = books.balance();
            return Ok(BalanceSheet { ledger: balance.ledger, now: Some(balance) });
        }
        Some(AsOf::Instant(at)) if at > bank.now() => return Err(AccountError::AsOfInFuture),
        Some(AsOf::Day(on)) if on > bank.ledger.business_date(conn).await? => {
            return Err(AccountError::AsOfInFuture);
        }
        Some(AsOf::Instant(at)) => lookup::balance_at(conn, &books, at).await?,
        Some(AsOf::Day(on)) => lookup::balance_on(conn, &books, on).await?,
    };
    Ok(BalanceSheet { ledger, now: None })
}

/// Lists what is or was held on an account, newest first.
///
/// # Errors
/// Those of [`super::view`], [`AccountError::CursorNotUsable`], then [`AccountError::Storage`].
pub async fn list_holds(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    (state, page): (Option<HoldState>, &PageRequest),
) -> Result<Page<Hold>, AccountError> {
    let access = super::view(bank, caller, id).await?;
    let after = page.after.as_ref().map(Cursor::key::<kernel::TransferId>).transpose();
    after.map_err(|_| AccountError::CursorNotUsable)?;
    Ok(lookup::holds(bank.db.read(), access.id(), state, (page, bank.now())).await?)
}

/// Finds who is paid by a number; closed accounts are not found.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find_by_number(
    conn: &impl ConnectionTrait,
    number: &AccountNumber,
) -> Result<Option<Payee>, DbErr> {
    let Some((account, product)) = store::find_by_number(conn, number).await? else {
        return Ok(None);
    };
    if account.closed_at.is_some() {
        return Ok(None);
    }
    let holders = access::holders(&store::owners(conn, account.id).await?);
    Ok(Some(Payee { account: account.id, currency: product.currency, holders }))
}

/// Adds what the ledger knows, inside a change.
pub(super) async fn sheet(
    bank: &Bank,
    conn: &impl ConnectionTrait,
    access: AccountAccess,
) -> Result<AccountSheet, AccountError> {
    let books = bank.ledger.account_today(conn, access.id()).await?;
    Ok(put_together(access, books.ok_or(AccountError::NotFound)?))
}

/// Adds the books and the business day to what was found of an account.
pub(super) fn put_together(
    access: AccountAccess,
    (books, business_on): (ledger::Account, NaiveDate),
) -> AccountSheet {
    let AccountAccess { account, product, authority, owners } = access;
    let role = match authority.standing {
        Standing::Owner(role) => Some(role),
        Standing::Staff => None,
    };
    AccountSheet { account, product, role, owners, books, business_on }
}

async fn sheets(
    bank: &Bank,
    conn: &impl ConnectionTrait,
    caller: &Caller,
    page: Page<(Account, Product)>,
) -> Result<Page<AccountSheet>, AccountError> {
    let ids: Vec<AccountId> = page.items.iter().map(|(account, _)| account.id).collect();
    let books = lookup::accounts(conn, &ids).await?;
    let owners = store::owners_of_all(conn, &ids).await?;
    let own = |owner: &&AccountOwner| Some(owner.user_id) == caller.user_id;
    let role = |id| owners.iter().filter(own).find(|owner| owner.account_id == id).map(|owner| owner.role);
    let business_on = bank.ledger.business_date(conn).await?;
    let sheet = |(account, product): (Account, Product)| {
        let books = books.iter().find(|books| books.id == account.id)?.clone();
        let owners = owners.iter().filter(|owner| owner.account_id == account.id).cloned().collect();
        Some(AccountSheet { role: role(account.id), account, product, owners, books, business_on })
    };
    Ok(Page { items: page.items.into_iter().filter_map(sheet).collect(), next: page.next })
}

/// Says how else a text finds accounts: by the blanks within a number, by an id, and for staff by a holder's name
/// or address.
async fn by_text(bank: &Bank, caller: &Caller, filter: Filter) -> Result<Filter, AccountError> {
    let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(Filter { text: None, ..filter });
    };
    let found = super::holders::by_number(text);
    let holders = if caller.may(Permission::ReadAccounts) {
        identity::directory::find_customers(bank.db.read(), text, MOST_HOLDERS).await?
    } else {
        Vec::new()
    };
    let id = text.parse().ok();
    Ok(Filter { text: Some(found.unwrap_or_else(|| text.to_owned())), id, holders, ..filter })
}

fn visible(caller: &Caller, filter: Filter) -> Result<Filter, AccountError> {
    if caller.may(Permission::ReadAccounts) {
        return Ok(filter);
    }
    caller.require(Permission::ReadOwnAccounts)?;
    match (caller.user_id, filter.owner) {
        (Some(own), Some(asked)) if asked != own => {
            Err(crate::context::Forbidden(Permission::ReadAccounts).into())
        }
        (Some(own), _) => Ok(Filter { owner: Some(own), ..filter }),
        (None, _) => Err(crate::context::Forbidden(Permission::ReadAccounts).into()),
    }
}

async fn books(conn: &impl ConnectionTrait, id: AccountId) -> Result<ledger::Account, AccountError> {
    ledger::accounts::find(conn, id).await?.ok_or(AccountError::NotFound)
}
