//! Opening an account, by a customer, by staff, or from another system's books.

use std::collections::BTreeSet;

use database::Tx;
use kernel::{AccountId, AccountNumber, CountryCode, Instant, UserId};
use ledger::{NewAccount, chart};
use sea_orm::DbErr;
use serde_json::json;

use super::super::model::{
    Account, AccountAuthority, AccountError, AccountOwner, OpenAccount, OwnerRole, Product, Standing,
    make_number, search_text, usual_country,
};
use super::super::store;
use super::{AccountAccess, AccountSheet, read, reason_of, require_customer};
use crate::audit::{self, Event, Subject};
use crate::context::Forbidden;
use crate::{Bank, Caller, Permission, kyc};

/// Describes an account that keeps the number another system gave it.
#[derive(Clone, Debug)]
pub struct GivenAccount {
    /// The number, kept as it is.
    pub number: AccountNumber,
    /// What it becomes here.
    pub product_code: String,
    /// Whose it is.
    pub holder: UserId,
    /// When the other system opened it.
    pub opened_at: Instant,
}

/// Opens an account: a customer for himself, staff for a customer with a reason.
///
/// # Errors
/// [`AccountError::Forbidden`], [`AccountError::HolderRequired`], [`AccountError::ReasonRequired`],
/// [`AccountError::ProductNotFound`], [`AccountError::CountryNotOffered`], [`AccountError::CustomerNotFound`],
/// [`AccountError::Kyc`], then [`AccountError::Storage`].
pub async fn open(bank: &Bank, caller: &Caller, command: OpenAccount) -> Result<AccountSheet, AccountError> {
    let tx = bank.db.begin().await?;
    let sheet = open_in(bank, &tx, caller, command).await?;
    tx.commit().await?;
    Ok(sheet)
}

/// Opens an account in the caller's transaction, as [`open`] does.
///
/// # Errors
/// As [`open`].
pub async fn open_in(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    command: OpenAccount,
) -> Result<AccountSheet, AccountError> {
    let (holder, standing) = holder_of(caller, command.holder)?;
    let authority = AccountAuthority { standing, signers: Vec::new() };
    let reason = reason_of(&authority, command.reason)?;
    let product = find_product(tx, &command.product_code).await?;
    require_customer(tx, holder).await?;
    kyc::service::require(tx, holder, product.minimum_kyc_level).await?;
    let country = command.country.unwrap_or_else(|| usual_country(product.currency));
    let nickname = command.nickname.map(|name| name.to_string());
    let draft = Draft { country, nickname, opened_at: bank.now() };
    let business_on = bank.ledger.business_date(tx).await?;
    let id = AccountId::generate(bank.now(), &bank.random);
    let books = open_in_ledger(bank, tx, &product, id).await?;
    let opening = Opening { id, product: &product.code, country, holder };
    record_opening(bank, tx, caller, opening, reason.map(String::from)).await?;
    let account = insert_numbered(bank, tx, (id, &product), draft).await?;
    let owner = add_holder(tx, &account, holder).await?;
    let access = AccountAccess { account, product, owners: vec![owner], authority };
    Ok(read::put_together(access, (books, business_on)))
}

/// Opens an account of another system's books, in the import's transaction; verification is not asked.
///
/// # Errors
/// [`AccountError::ProductNotFound`], [`AccountError::CustomerNotFound`], [`AccountError::NumberTaken`], then
/// [`AccountError::Storage`].
pub async fn open_given(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    given: GivenAccount,
) -> Result<Account, AccountError> {
    let product = find_product(tx, &given.product_code).await?;
    require_customer(tx, given.holder).await?;
    let country = given.number.iban().map_or_else(|| usual_country(product.currency), kernel::Iban::country);
    let draft = Draft { country, nickname: None, opened_at: given.opened_at };
    let id = AccountId::generate(bank.now(), &bank.random);
    let account = draft.account(id, &product, given.number.clone());
    open_in_ledger(bank, tx, &product, id).await?;
    if !store::insert(tx, account.clone()).await? {
        return Err(AccountError::NumberTaken(given.number));
    }
    add_holder(tx, &account, given.holder).await?;
    let opening = Opening { id, product: &product.code, country, holder: given.holder };
    record_opening(bank, tx, caller, opening, None).await?;
    Ok(account)
}

/// Opens the bank's own accounts in every currency of its products; call it at start.
///
/// # Errors
/// [`AccountError::Storage`].
pub async fn offer_currencies(bank: &Bank) -> Result<(), AccountError> {
    let tx = bank.db.begin().await?;
    let products = store::products(&tx).await?;
    let currencies: BTreeSet<_> = products.iter().map(|product| product.currency).collect();
    for currency in currencies {
        chart::open_currency(&tx, currency, bank.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Decides for whom the caller opens, and in which capacity.
fn holder_of(caller: &Caller, named: Option<UserId>) -> Result<(UserId, Standing), AccountError> {
    let own = caller.user_id.filter(|_| caller.may(Permission::OpenOwnAccounts));
    match (named, own) {
        (Some(holder), Some(own)) if holder == own => Ok((own, Standing::Owner(OwnerRole::Holder))),
        (Some(holder), _) => {
            caller.require(Permission::OpenAccounts)?;
            Ok((holder, Standing::Staff))
        }
        (None, Some(own)) => Ok((own, Standing::Owner(OwnerRole::Holder))),
        (None, None) if caller.may(Permission::OpenAccounts) => Err(AccountError::HolderRequired),
        (None, None) => Err(Forbidden(Permission::OpenOwnAccounts).into()),
    }
}

async fn find_product(tx: &Tx, code: &str) -> Result<Product, AccountError> {
    store::find_product(tx, code).await?.ok_or(AccountError::ProductNotFound)
}

struct Draft {
    country: CountryCode,
    nickname: Option<String>,
    opened_at: Instant,
}

impl Draft {
    fn account(self, id: AccountId, product: &Product, number: AccountNumber) -> Account {
        Account {
            id,
            product_code: product.code.clone(),
            search_text: search_text(&number, self.nickname.as_deref()),
            number,
            country: self.country,
            nickname: self.nickname,
            opened_at: self.opened_at,
            closed_at: None,
        }
    }
}

/// Inserts an account with the next number of its country; numbers that an import brought are passed over.
///
/// Call it late: until the transaction ends, others wait for the next number of the same row.
async fn insert_numbered(
    bank: &Bank,
    tx: &Tx,
    (id, product): (AccountId, &Product),
    draft: Draft,
) -> Result<Account, AccountError> {
    let country = draft.country;
    let mut account = draft.account(id, product, next_number(bank, tx, (country, id)).await?);
    while !store::insert(tx, account.clone()).await? {
        account.number = next_number(bank, tx, (country, id)).await?;
        account.search_text = search_text(&account.number, account.nickname.as_deref());
    }
    Ok(account)
}

async fn next_number(
    bank: &Bank,
    tx: &Tx,
    (country, account): (CountryCode, AccountId),
) -> Result<AccountNumber, AccountError> {
    let drawn = store::next_serial(tx, country, account).await?;
    let serial = drawn.ok_or(AccountError::CountryNotOffered(country))?;
    let serial = u64::try_from(serial).map_err(|_| DbErr::Custom("a serial is below zero".to_owned()))?;
    Ok(make_number(&bank.settings.bank_codes, country, serial)?)
}

async fn open_in_ledger(
    bank: &Bank,
    tx: &Tx,
    product: &Product,
    id: AccountId,
) -> Result<ledger::Account, AccountError> {
    let usual = NewAccount::customer_deposit(id, product.currency);
    let new = NewAccount { limits: product.usual_limits(), ..usual };
    Ok(ledger::accounts::open(tx, &new, bank.now()).await?)
}

async fn add_holder(tx: &Tx, account: &Account, holder: UserId) -> Result<AccountOwner, DbErr> {
    let owner = AccountOwner {
        account_id: account.id,
        user_id: holder,
        role: OwnerRole::Holder,
        added_at: account.opened_at,
    };
    store::insert_owner(tx, owner.clone()).await?;
    Ok(owner)
}

struct Opening<'a> {
    id: AccountId,
    product: &'a str,
    country: CountryCode,
    holder: UserId,
}

async fn record_opening(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    opening: Opening<'_>,
    reason: Option<String>,
) -> Result<(), DbErr> {
    let Opening { id, product, country, holder } = opening;
    let after = json!({ "product": product, "country": country, "holder_id": holder });
    let event = Event { reason, ..Event::new("account.open", Subject::new("account", id)) };
    audit::record(bank, tx, caller, event.change(json!({}), after)).await?;
    Ok(())
}
