//! Drives the ledger and the napkin side by side with the same random operations.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Duration, NaiveDate};
use kernel::{AccountId, Actor, Currency, Money, Random, UserId};
use ledger::{
    AccountStatus, Authority, ChartCode, ItemOutcome, NewAccount, NewTransfer, PostError, Posting,
    SpendingLimits, Submission, Submitted, accounts, chart,
};

use super::naive::{Account, Naive, Outcome};
use crate::stage::Stage;

pub(super) struct Drive {
    pub(super) stage: Stage,
    pub(super) naive: Naive,
    pub(super) chance: Random,
    pub(super) customers: Vec<AccountId>,
    /// Amounts at the edge of 64 bits move only here, or nothing else would fit any more.
    pub(super) whale: [AccountId; 2],
    pub(super) items: Vec<Vec<NewTransfer>>,
    pub(super) log: Vec<String>,
    /// How often each answer was given.
    pub(super) seen: BTreeMap<&'static str, u64>,
}

impl Drive {
    pub(super) async fn new() -> Self {
        let stage = Stage::new().await;
        let tx = stage.database.begin().await.unwrap();
        chart::open_currency(&tx, Currency::EUR, stage.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let suspense = chart::account_id(ChartCode::Suspense, Currency::GBP);
        let mut drive = Self {
            stage,
            naive: Naive::default(),
            chance: Random::seeded(0),
            customers: Vec::new(),
            whale: [suspense; 2],
            items: Vec::new(),
            log: Vec::new(),
            seen: BTreeMap::new(),
        };
        for code in [ChartCode::Cash, ChartCode::FeeIncome, ChartCode::Suspense] {
            for currency in [Currency::GBP, Currency::EUR] {
                let (id, debits) = (chart::account_id(code, currency), code == ChartCode::Cash);
                drive.naive.accounts.insert(id, account(currency, debits, false));
            }
        }
        for currency in [Currency::GBP, Currency::GBP, Currency::GBP, Currency::EUR] {
            drive.open(currency).await;
        }
        drive.whale[1] = drive.open(Currency::GBP).await;
        drive.customers.pop();
        drive
    }

    /// Does the operation of a seed on both sides; they must say the same.
    pub(super) async fn step(&mut self, seed: u64) {
        self.chance = Random::seeded(seed);
        match self.pick(100) {
            0..46 => {
                let (by, item) = (self.authority(), self.item());
                self.post(by, &item).await;
            }
            46..70 => {
                let (by, items) = (self.authority(), (0..=self.pick(4)).map(|_| self.item()).collect());
                self.submit(by, items).await;
            }
            70..84 => self.wait(),
            84..92 => self.bind().await,
            92..94 => self.close_month().await,
            94..95 => self.next_day().await,
            95..97 => drop(self.open(Currency::GBP).await),
            _ => {
                self.stage.ledger.expire_holds().await.unwrap();
                self.expire_all();
            }
        }
    }

    /// Compares every balance and counter, and lets the verification look, before and after sealing.
    pub(super) async fn compare(&mut self) {
        self.stage.ledger.expire_holds().await.unwrap();
        self.expire_all();
        for id in self.naive.accounts.keys() {
            let found = self.stage.find(*id).await;
            let expected = (
                self.naive.posted(*id, |it| it.debit),
                self.naive.posted(*id, |it| it.credit),
                self.naive.pending(*id, |it| it.debit),
                self.naive.pending(*id, |it| it.credit),
                self.naive.spent(*id, |day| day == found.spent_on),
                self.naive.spent(*id, |day| day.with_day(1) == Some(found.spent_month_on)),
            );
            let stored = (
                i128::from(found.debits_posted_minor),
                i128::from(found.credits_posted_minor),
                i128::from(found.debits_pending_minor),
                i128::from(found.credits_pending_minor),
                i128::from(found.spent_day_minor),
                i128::from(found.spent_month_minor),
            );
            assert_eq!(stored, expected, "{id}");
            assert_eq!(found.status, self.naive.accounts[id].status, "{id}");
        }
        for _ in 0..2 {
            let options = ledger::verify::VerifyOptions::default();
            let report = ledger::verify(&self.stage.database, &options, &mut |_| {}).await.unwrap();
            assert_eq!(report.faults, []);
            let now = self.stage.clock.now();
            ledger::seal::seal::<ledger::seal::Journal>(&self.stage.database, now).await.unwrap();
        }
    }

    async fn post(&mut self, by: Authority, item: &[NewTransfer]) {
        let (now, on) = (self.stage.clock.now(), self.today());
        let before = self.naive.clone();
        self.expire_touched(item.iter());
        let expected = self.naive.act(now, on, by, item);
        if expected.is_err() {
            // The transaction is rolled back, and with it what was given back on the way.
            self.naive = before;
        }
        let tx = self.stage.database.begin().await.unwrap();
        let done = match self.stage.ledger.post(&tx, &posting(by), item).await {
            Ok(posted) => Ok(posted),
            Err(PostError::Refused(refusal)) => Err(refusal),
            Err(PostError::Storage(error)) => panic!("{error}"),
        };
        if done.is_ok() {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
        self.same("post", by, item, &expected, &done);
    }

    async fn submit(&mut self, by: Authority, items: Vec<Vec<NewTransfer>>) {
        let (now, on) = (self.stage.clock.now(), self.today());
        self.expire_touched(items.iter().flatten());
        let expected: Vec<_> = items.iter().map(|item| self.naive.act(now, on, by, item)).collect();
        let submission = Submission::new(posting(by), items.clone());
        let Submitted::Decided { items: done, .. } = self.stage.ledger.submit(submission).await.unwrap()
        else {
            panic!("replayed without a receipt");
        };
        for ((item, expected), done) in items.iter().zip(&expected).zip(&done) {
            self.same("submit", by, item, expected, done);
        }
    }

    fn same(
        &mut self,
        how: &str,
        by: Authority,
        item: &[NewTransfer],
        expected: &Outcome,
        done: &ItemOutcome,
    ) {
        let found = match done {
            Ok(posted) => {
                assert_eq!(posted.len(), item.len());
                Ok(posted[0].already)
            }
            Err(refusal) => Err(refusal.code()),
        };
        self.log.push(format!(
            "{how} {by:?} {:?}: {found:?}",
            item.iter().map(|new| new.action).collect::<Vec<_>>()
        ));
        assert_eq!(&found, expected, "{done:?}");
        let answer = match found {
            Ok(false) => item[0].action.kind().as_str(),
            Ok(true) => "already",
            Err(code) => code,
        };
        *self.seen.entry(answer).or_default() += 1;
    }

    /// Gives back what is overdue on the debited accounts that a batch looks at.
    fn expire_touched<'a>(&mut self, news: impl Iterator<Item = &'a NewTransfer>) {
        let touched: BTreeSet<_> = news.flat_map(|new| self.naive.touched(new)).collect();
        self.naive.expire(self.stage.clock.now(), self.today(), &touched);
    }

    fn expire_all(&mut self) {
        let all = self.naive.accounts.keys().copied().collect();
        self.naive.expire(self.stage.clock.now(), self.today(), &all);
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.naive.business_on.unwrap_or_else(|| self.stage.clock.now().date_naive())
    }

    async fn open(&mut self, currency: Currency) -> AccountId {
        let id = AccountId::generate(self.stage.clock.now(), &self.stage.random);
        let tx = self.stage.database.begin().await.unwrap();
        let new = NewAccount::customer_deposit(id, currency);
        accounts::open(&tx, &new, self.stage.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        self.naive.accounts.insert(id, account(currency, false, true));
        self.customers.push(id);
        id
    }

    fn wait(&mut self) {
        let minutes = [1, 20, 300, 1_500, 12_000][usize::try_from(self.pick(5)).unwrap()];
        self.stage.clock.advance(Duration::minutes(minutes));
        self.log.push(format!("wait {minutes} minutes"));
    }

    /// Changes what binds a customer's account.
    async fn bind(&mut self) {
        let id = self.customer();
        let money = |minor| Money::new(minor, self.naive.accounts[&id].currency);
        let tx = self.stage.database.begin().await.unwrap();
        let amount = i64::try_from(self.pick(4_000)).unwrap();
        let (what, done) = match self.pick(3) {
            0 => (format!("overdraft {amount}"), accounts::set_overdraft(&tx, id, money(amount)).await),
            1 => {
                let some = |share: i64| (self.chance.below(2) == 0).then(|| money(amount * share));
                let limits = SpendingLimits { largest: some(1), day: some(2), month: some(3) };
                let done = accounts::set_limits(&tx, id, limits).await;
                if done.is_ok() {
                    self.naive.accounts.get_mut(&id).unwrap().limits = limits;
                }
                ("limits".to_owned(), done)
            }
            _ => {
                use AccountStatus::{Closed, DebitBlocked, Frozen, Open};
                let status = [Open, Open, Open, Open, DebitBlocked, Frozen, Closed]
                    [usize::try_from(self.pick(7)).unwrap()];
                let done = accounts::set_status(&tx, id, status).await;
                let settled = self.naive.posted(id, |it| it.debit) == self.naive.posted(id, |it| it.credit)
                    && self.naive.pending(id, |it| it.debit) + self.naive.pending(id, |it| it.credit) == 0;
                let closed = self.naive.accounts[&id].status == Closed;
                assert_eq!(done.is_ok(), !closed && (status != Closed || settled), "{done:?}");
                if done.is_ok() {
                    self.naive.accounts.get_mut(&id).unwrap().status = status;
                }
                (format!("{status:?}"), done)
            }
        };
        let closed = self.naive.accounts[&id].status == AccountStatus::Closed;
        if what.starts_with("overdraft") && !closed {
            self.naive.accounts.get_mut(&id).unwrap().overdraft = amount;
        }
        self.log.push(format!("{id}: {what}: {}", done.is_ok()));
        tx.commit().await.unwrap();
    }

    async fn close_month(&mut self) {
        let month = self.today() - Duration::days(30 * i64::try_from(self.pick(3)).unwrap());
        let (first, second) = (posting(Authority::Staff).actor, posting(Authority::Customer).actor);
        let tx = self.stage.database.begin().await.unwrap();
        let done = self.stage.ledger.close_period(&tx, ledger::Month::of(month), first, second).await;
        tx.commit().await.unwrap();
        let (year, number) = (month.year(), month.month());
        let over = (year, number) < (self.today().year(), self.today().month());
        assert_eq!(done.is_ok(), over && self.naive.closed.insert((year, number)), "{done:?}");
        if !over {
            self.naive.closed.remove(&(year, number));
        }
        self.log.push(format!("close {year}-{number}: {}", done.is_ok()));
    }

    async fn next_day(&mut self) {
        let to = self.today() + Duration::days(1);
        let tx = self.stage.database.begin().await.unwrap();
        self.stage.ledger.advance_business_date(&tx, to).await.unwrap();
        tx.commit().await.unwrap();
        self.naive.business_on = Some(to);
        self.log.push(format!("the day is {to}"));
    }
}

fn account(currency: Currency, grows_by_debits: bool, funded: bool) -> Account {
    let limits = SpendingLimits::default();
    Account { currency, grows_by_debits, funded, status: AccountStatus::Open, overdraft: 0, limits }
}

fn posting(authority: Authority) -> Posting {
    let user = UserId::from_uuid(uuid::Uuid::from_u128(1));
    let actor = if authority == Authority::Customer { Actor::Customer(user) } else { Actor::Staff(user) };
    Posting { actor, authority, request_id: None }
}
