use kernel::{AccountId, Clock, Currency, Instant, Money, Random};
use ledger::{AccountError, AccountStatus, ChartCode, NewAccount, SpendingLimits, accounts, chart};

use crate::stage::Stage;

fn now() -> Instant {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn an_account_is_opened_once_and_found_again() {
    let database = database::testing::fresh().await;
    let id = AccountId::generate(Clock::fixed(now()).now(), &Random::seeded(1));
    let tx = database.begin().await.unwrap();
    let new = NewAccount::customer_deposit(id, Currency::GBP);
    let opened = accounts::open(&tx, &new, now()).await.unwrap();
    assert!(
        matches!(accounts::open(&tx, &new, now()).await, Err(AccountError::Exists { account }) if account == id)
    );
    tx.commit().await.unwrap();
    assert_eq!(accounts::find(database.read(), id).await.unwrap(), Some(opened));
}

#[tokio::test]
async fn limits_overdraft_and_status_are_set_until_it_is_closed() {
    let database = database::testing::fresh().await;
    let id = AccountId::generate(now(), &Random::seeded(1));
    let gbp = |minor| Money::new(minor, Currency::GBP);
    let tx = database.begin().await.unwrap();
    accounts::open(&tx, &NewAccount::customer_deposit(id, Currency::GBP), now()).await.unwrap();
    accounts::set_overdraft(&tx, id, gbp(500)).await.unwrap();
    let limits = SpendingLimits { largest: Some(gbp(10)), day: None, month: Some(gbp(30)) };
    let nothing = SpendingLimits { day: Some(gbp(0)), ..limits };
    for set in [nothing, limits] {
        accounts::set_limits(&tx, id, set).await.unwrap();
    }
    let negative = SpendingLimits { day: Some(gbp(-1)), ..limits };
    let refused = accounts::set_limits(&tx, id, negative).await;
    assert!(matches!(refused, Err(AccountError::LimitNotUsable { .. })), "0 is a limit, less is none");
    for wrong in [gbp(-1), Money::new(1, Currency::EUR)] {
        let refused = accounts::set_overdraft(&tx, id, wrong).await;
        assert!(matches!(refused, Err(AccountError::LimitNotUsable { .. })), "{wrong}");
    }
    let before = accounts::set_status(&tx, id, AccountStatus::Frozen).await.unwrap();
    assert_eq!(before.status, AccountStatus::Open);
    assert_eq!(before.balance().available, gbp(500));
    accounts::set_status(&tx, id, AccountStatus::Closed).await.unwrap();
    let refused = accounts::set_status(&tx, id, AccountStatus::Open).await;
    assert!(matches!(refused, Err(AccountError::Closed { .. })));
    tx.commit().await.unwrap();
    let account = accounts::find(database.read(), id).await.unwrap().unwrap();
    assert_eq!(account.status, AccountStatus::Closed);
    assert_eq!(
        (account.largest_limit_minor, account.day_limit_minor, account.month_limit_minor),
        (Some(10), None, Some(30))
    );
    assert_eq!(account.limits(), limits);
}

#[tokio::test]
async fn the_banks_own_accounts_are_opened_once_per_currency() {
    let database = database::testing::fresh().await;
    let tx = database.begin().await.unwrap();
    chart::open_currency(&tx, Currency::GBP, now()).await.unwrap();
    chart::open_currency(&tx, Currency::GBP, now()).await.unwrap();
    let cash = chart::system_account(&tx, ChartCode::Cash, Currency::GBP, now()).await.unwrap();
    tx.commit().await.unwrap();
    let account = accounts::find(database.read(), cash).await.unwrap().unwrap();
    assert_eq!((account.code.as_str(), account.funded), ("cash", false));
    assert_eq!(cash, chart::account_id(ChartCode::Cash, Currency::GBP));
}

#[tokio::test]
async fn a_status_is_shown_as_it_is_stored() {
    let stage = Stage::new().await;
    let id = stage.account(0).await;
    for status in
        [AccountStatus::DebitBlocked, AccountStatus::Frozen, AccountStatus::Open, AccountStatus::Closed]
    {
        let tx = stage.database.begin().await.unwrap();
        accounts::set_status(&tx, id, status).await.unwrap();
        tx.commit().await.unwrap();
        let name = status.as_str();
        let sql = format!(
            "select count(*) from ledger_accounts where status = '{name}' and code = 'customer_deposit'"
        );
        assert_eq!(stage.count(&sql).await, 1, "{name}");
    }
}
