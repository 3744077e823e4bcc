//! A bank with a fixed clock, a few accounts and money in them.

use database::testing::TestDatabase;
use kernel::{AccountId, Actor, Clock, Currency, Instant, Money, Random, TransferId, UserId};
use ledger::{
    Account, Action, Authority, ChartCode, Ledger, LedgerOptions, NewAccount, NewTransfer, PostError, Posted,
    Posting, Refusal, accounts, chart,
};
use sea_orm::{ConnectionTrait, Statement};

pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) ledger: Ledger,
    pub(crate) cash: AccountId,
}

pub(crate) fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) fn customer() -> Posting {
    let actor = Actor::Customer(UserId::from_uuid(uuid::Uuid::from_u128(1)));
    Posting { actor, authority: Authority::Customer, request_id: None }
}

pub(crate) fn staff(authority: Authority) -> Posting {
    Posting { actor: Actor::Staff(UserId::from_uuid(uuid::Uuid::from_u128(2))), authority, request_id: None }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(LedgerOptions::default()).await
    }

    pub(crate) async fn with(options: LedgerOptions) -> Self {
        let database = database::testing::fresh().await;
        let (clock, random) = (Clock::fixed(at("2026-03-02T10:00:00Z")), Random::seeded(1));
        let ledger = Ledger::new(database.clone(), clock.clone(), random.clone(), options);
        let tx = database.begin().await.unwrap();
        chart::open_currency(&tx, Currency::GBP, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let cash = chart::account_id(ChartCode::Cash, Currency::GBP);
        Self { database, clock, random, ledger, cash }
    }

    /// Opens a customer's account with cash in it.
    pub(crate) async fn account(&self, minor: i64) -> AccountId {
        let id = AccountId::generate(self.clock.now(), &self.random);
        let tx = self.database.begin().await.unwrap();
        let new = NewAccount::customer_deposit(id, Currency::GBP);
        accounts::open(&tx, &new, self.clock.now()).await.unwrap();
        if minor > 0 {
            let deposit = self.make(Action::Post { debit: self.cash, credit: id, amount: gbp(minor) });
            self.ledger.post(&tx, &Posting::SYSTEM, &[deposit]).await.unwrap();
        }
        tx.commit().await.unwrap();
        id
    }

    pub(crate) fn id(&self) -> TransferId {
        TransferId::generate(self.clock.now(), &self.random)
    }

    pub(crate) fn make(&self, action: Action) -> NewTransfer {
        NewTransfer::new(self.id(), action, "test")
    }

    pub(crate) async fn post(&self, posting: &Posting, news: &[NewTransfer]) -> Result<Vec<Posted>, Refusal> {
        let tx = self.database.begin().await.unwrap();
        match self.ledger.post(&tx, posting, news).await {
            Ok(posted) => {
                tx.commit().await.unwrap();
                Ok(posted)
            }
            Err(PostError::Refused(refusal)) => Err(refusal),
            Err(PostError::Storage(error)) => panic!("{error}"),
        }
    }

    pub(crate) async fn find(&self, id: AccountId) -> Account {
        accounts::find(self.database.primary(), id).await.unwrap().unwrap()
    }

    /// Returns ledger balance, held and available.
    pub(crate) async fn balance(&self, id: AccountId) -> (i64, i64, i64) {
        let balance = self.find(id).await.balance();
        (balance.ledger.minor(), balance.held.minor(), balance.available.minor())
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let row = self.database.primary().query_one_raw(self.statement(sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    pub(crate) async fn execute(&self, sql: &str) -> Result<u64, String> {
        let done = self.database.primary().execute_raw(self.statement(sql)).await;
        done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
    }

    fn statement(&self, sql: &str) -> Statement {
        Statement::from_string(self.database.read().get_database_backend(), sql)
    }

    /// Checks that every balance is the sum of its entries, that debits equal credits, and that each account's
    /// entries are numbered without a gap.
    pub(crate) async fn assert_sound(&self) {
        let off = "select count(*) from ledger_accounts account
            where debits_posted_minor <> (select coalesce(cast(sum(amount_minor) as bigint), 0)
                    from ledger_entries where account_id = account.id and direction = 'debit')
               or credits_posted_minor <> (select coalesce(cast(sum(amount_minor) as bigint), 0)
                    from ledger_entries where account_id = account.id and direction = 'credit')
               or entry_sequence <> (select count(*) from ledger_entries where account_id = account.id)
               or entry_sequence <> (select coalesce(max(sequence), 0) from ledger_entries where account_id = account.id)
               or debits_pending_minor <> (select coalesce(cast(sum(amount_minor) as bigint), 0)
                    from ledger_holds where debit_account_id = account.id and state = 'pending')";
        assert_eq!(self.count(off).await, 0, "balances that are not the sum of their entries");
        let sum =
            "select cast(sum(debits_posted_minor - credits_posted_minor) as bigint) from ledger_accounts";
        assert_eq!(self.count(sum).await, 0, "debits less credits");
    }
}
