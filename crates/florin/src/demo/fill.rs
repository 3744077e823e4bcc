//! Filling an empty bank, through the services that the API calls.

use bank::accounts::OpenAccount;
use bank::accounts::service as accounts;
use bank::audit::Reason;
use bank::identity::model::UserStatus;
use bank::identity::service::{NewUser, create_user};
use bank::kyc::{self, KycLevel, SetLevel};
use bank::{Bank, Caller, Role};
use chrono::{Days, NaiveDate, NaiveTime};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{
    AccountId, Actor, Clock, CountryCode, Currency, Instant, Money, Random, Secret, TransferId, UserId,
};
use ledger::{Action, Authority, ChartCode, NewTransfer, Posting, Rail, Submission, chart};

use super::credentials::customer;
use super::people::Person;
use super::sample::{self, PASSWORD, SEED, STAFF};
use super::work::leave_work;
use super::year::{self, Event, Happening};

/// What is in the tills at first, in each currency.
const TILL_MINOR: i64 = 25_000_000;

/// Holds one customer's accounts.
pub(super) struct Holding {
    pub(super) user: UserId,
    pub(super) current: AccountId,
    savings: Option<AccountId>,
}

/// Holds the members of staff who do something.
pub(super) struct Staff {
    pub(super) compliance: Caller,
    pub(super) operations: Caller,
}

/// Makes staff, customers, accounts and a year of transactions that ends yesterday.
pub(super) async fn fill(bank: &Bank, count: usize) -> anyhow::Result<()> {
    let today = kernel::clock::date_in(bank.now(), bank.settings.business_timezone);
    let people = sample::customers(count);
    let events = year::plan(&Random::seeded(SEED + 1), &people, today);
    let clock = Clock::fixed(morning(events.first().map_or(today, |event| event.on)));
    let past = super::at_another_time(bank, clock)?;
    let bar = bar(people.len() + events.len());
    accounts::offer_currencies(&past).await?;
    let hash = past.guard.passwords().hash(&Secret::new(PASSWORD.to_owned())).await?;
    stock_the_tills(&past, &people).await?;
    let staff = staff(&past, &hash).await?;
    let mut holdings = Vec::with_capacity(people.len());
    for person in &people {
        holdings.push(welcome(&past, &staff.compliance, person, &hash).await?);
        bar.inc(1);
    }
    for event in &events {
        past.clock.move_to(at(event.on, event.second));
        book(&past, &people, &holdings, event).await?;
        bar.inc(1);
    }
    past.clock.move_to(bank.now());
    leave_work(&past, &staff, &people, &holdings).await?;
    sample::mark_filled(&past).await?;
    past.ledger.stop().await;
    bar.finish_and_clear();
    Ok(())
}

fn morning(day: NaiveDate) -> Instant {
    at(day.checked_sub_days(Days::new(1)).unwrap_or(day), 6 * 3600)
}

fn at(day: NaiveDate, second: u32) -> Instant {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap_or(NaiveTime::MIN);
    day.and_time(time).and_utc()
}

fn bar(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    let style = ProgressStyle::with_template("a year at the bank {wide_bar} {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Makes the staff.
async fn staff(bank: &Bank, hash: &str) -> anyhow::Result<Staff> {
    let system = bank.system_caller();
    let tx = bank.db.begin().await?;
    let mut staff = Staff { compliance: system.clone(), operations: system.clone() };
    for clerk in &STAFF {
        let new = NewUser {
            totp_seed: Some(sample::totp_seed(clerk.email)),
            ..person(clerk.email, clerk.name, hash, clerk.role)?
        };
        let id = create_user(bank, &tx, &system, new).await?;
        let caller = Caller {
            actor: Actor::Staff(id),
            user_id: Some(id),
            permissions: clerk.role.permissions(),
            ..system.clone()
        };
        match clerk.role {
            Role::Compliance => staff.compliance = caller,
            Role::Operations => staff.operations = caller,
            _ => {}
        }
    }
    tx.commit().await?;
    Ok(staff)
}

/// Has the central bank deliver the notes that customers will take out.
async fn stock_the_tills(bank: &Bank, people: &[Person]) -> anyhow::Result<()> {
    let mut currencies: Vec<Currency> = people.iter().map(|person| person.currency).collect();
    currencies.sort_by_key(|currency| currency.code().to_owned());
    currencies.dedup();
    for currency in currencies {
        let of = |code| chart::account_id(code, currency);
        let (debit, credit) = (of(ChartCode::Cash), of(ChartCode::Settlement(Rail::Interbank)));
        let action = Action::Post { debit, credit, amount: Money::new(TILL_MINOR, currency) };
        submit(bank, Posting::SYSTEM, action, ("settlement", "Notes and coins delivered")).await?;
    }
    Ok(())
}

/// Moves or reserves money, by its code and the text on the statement; what the ledger refuses does not happen.
pub(super) async fn submit(
    bank: &Bank,
    posting: Posting,
    action: Action,
    (code, reference): (&'static str, &str),
) -> anyhow::Result<()> {
    let mut transfer = NewTransfer::new(TransferId::generate(bank.now(), &bank.random), action, code);
    reference.clone_into(&mut transfer.reference);
    bank.ledger.submit(Submission::new(posting, vec![vec![transfer]])).await?;
    Ok(())
}

fn person(email: &str, name: &str, hash: &str, role: Role) -> anyhow::Result<NewUser> {
    Ok(NewUser {
        email: email.parse()?,
        full_name: name.parse()?,
        password_hash: hash.to_owned(),
        country: Some(CountryCode::GB),
        locale: None,
        roles: vec![role],
        totp_seed: None,
        status: UserStatus::Active,
    })
}

/// Registers a customer, checks who it is, and opens the accounts.
async fn welcome(bank: &Bank, compliance: &Caller, person_: &Person, hash: &str) -> anyhow::Result<Holding> {
    let system = bank.system_caller();
    let tx = bank.db.begin().await?;
    let new = NewUser {
        country: Some(person_.country),
        ..person(&person_.email, &person_.name, hash, Role::Customer)?
    };
    let user = create_user(bank, &tx, &system, new).await?;
    tx.commit().await?;
    let reason: Reason = "Passport and address seen at the branch".parse()?;
    let level = KycLevel::new(2).unwrap_or(KycLevel::HIGHEST);
    kyc::service::set_level(bank, compliance, SetLevel { user, level, reason }).await?;
    let current = open(bank, user, person_, "current").await?;
    let savings = if person_.saves { Some(open(bank, user, person_, "savings").await?) } else { None };
    Ok(Holding { user, current, savings })
}

async fn open(bank: &Bank, user: UserId, person: &Person, kind: &str) -> anyhow::Result<AccountId> {
    let command = OpenAccount {
        product_code: format!("{kind}-{}", person.currency.code().to_lowercase()),
        country: Some(person.country),
        nickname: None,
        holder: None,
        reason: None,
    };
    Ok(accounts::open(bank, &customer(bank, user), command).await?.account.id)
}

/// Books one event; what the ledger refuses (an empty account) did not happen.
async fn book(bank: &Bank, people: &[Person], holdings: &[Holding], event: &Event) -> anyhow::Result<()> {
    let currency = people[event.person].currency;
    let Some((debit, credit)) = sides(holdings, event, currency) else {
        return Ok(());
    };
    let is_payment = matches!(event.happening, Happening::Friend { .. } | Happening::Save);
    let posting = if is_payment {
        let actor = Actor::Customer(holdings[event.person].user);
        Posting { actor, authority: Authority::Customer, request_id: None }
    } else {
        Posting::SYSTEM
    };
    let action = Action::Post { debit, credit, amount: Money::new(event.amount_minor, currency) };
    submit(bank, posting, action, (code(event.happening), &event.reference)).await
}

/// Says which accounts an event moves money between; none when the person has no such account.
fn sides(holdings: &[Holding], event: &Event, currency: Currency) -> Option<(AccountId, AccountId)> {
    let holding = &holdings[event.person];
    let own = holding.current;
    let bank = |code| chart::account_id(code, currency);
    Some(match event.happening {
        Happening::Salary => (bank(ChartCode::Settlement(Rail::Interbank)), own),
        Happening::Rent => (own, bank(ChartCode::Settlement(Rail::Interbank))),
        Happening::Card => (own, bank(ChartCode::Settlement(Rail::Cards))),
        Happening::CashOut => (own, bank(ChartCode::Cash)),
        Happening::CashIn => (bank(ChartCode::Cash), own),
        Happening::Save => (own, holding.savings?),
        Happening::Friend { index } => (own, holdings[index].current),
        Happening::Fee => (own, bank(ChartCode::FeeIncome)),
        Happening::Interest => (bank(ChartCode::InterestExpense), holding.savings?),
    })
}

fn code(happening: Happening) -> &'static str {
    match happening {
        Happening::Salary | Happening::Rent => "settlement",
        Happening::Card => "card",
        Happening::CashOut => "cash_withdrawal",
        Happening::CashIn => "cash_deposit",
        Happening::Save | Happening::Friend { .. } => "transfer",
        Happening::Fee => "fee",
        Happening::Interest => "interest",
    }
}
