//! Filling an empty bank for a benchmark, through the services that the API calls.

use std::path::PathBuf;

use bank::accounts::service::{self as accounts, GivenAccount};
use bank::identity::UserStatus;
use bank::identity::directory;
use bank::identity::service::{NewUser, create_user};
use bank::kyc::{self, KycLevel, SetLevel};
use bank::{Bank, Caller, Role};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{AccountId, Actor, Currency, Money, Secret, TransferId, UserId};
use ledger::{Action, ChartCode, NewTransfer, Posting, Submission, Submitted, chart};

use super::people::{Holding, People, Person};
use crate::config::Config;
use crate::start::{self, Schema};

/// Opens everybody's account in a benchmark.
const PASSWORD: &str = "florin bench: a thousand tills at once";
/// What every account begins with, in minor units.
const BALANCE: i64 = 1_000_000_000;
/// How many commits of a book are under way.
const AT_ONCE_IN_A_BOOK: usize = 4;
/// How many accounts are opened, or funded, with one commit.
const AT_ONCE: usize = 500;

/// Holds the arguments of `bench prepare`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many people.
    #[arg(long, default_value_t = 500)]
    people: u32,
    /// How many accounts each of them has.
    #[arg(long, default_value_t = 200)]
    accounts: u32,
    /// How many transfers between their accounts stand in the book.
    #[arg(long, default_value_t = 0)]
    transfers: u32,
    /// Where to write who they are.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// Fills the bank and writes the file.
pub(super) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    anyhow::ensure!(!config.settings.is_production(), "a benchmark's data has no place in production");
    let schema = Schema::usual(&config);
    let bank = start::open(&mut config, schema).await?;
    anyhow::ensure!(directory::is_empty(bank.db.latest()).await?, "the bank is not empty");
    let bar = ProgressBar::new(u64::from(arguments.people) * u64::from(arguments.accounts));
    let style = ProgressStyle::with_template("a bank for a benchmark {wide_bar} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let hash = bank.guard.passwords().hash(&Secret::new(PASSWORD.to_owned())).await?;
    let compliance = compliance(&bank, &hash).await?;
    let mut people = People { sign_ins: Vec::new() };
    for number in 0..arguments.people {
        let email = format!("payer{number}@bench.example");
        let user = user(&bank, &email, &hash, Role::Customer).await?;
        let level = SetLevel { user, level: KycLevel::HIGHEST, reason: "made for a benchmark".parse()? };
        kyc::service::set_level(&bank, &compliance, level).await?;
        let mut holdings = Vec::new();
        let numbers: Vec<u32> = (0..arguments.accounts).collect();
        for some in numbers.chunks(AT_ONCE) {
            holdings.extend(open(&bank, user, number, some).await?);
            bar.inc(some.len() as u64);
        }
        let (role, password) = ("customer".to_owned(), PASSWORD.to_owned());
        people.sign_ins.push(Person { role, email, password, accounts: holdings });
    }
    bar.finish_and_clear();
    people.write(&arguments.file)?;
    let accounts = people.sign_ins.iter().flat_map(|person| person.accounts.iter().map(|account| account.id));
    fill(&bank, &accounts.collect::<Vec<_>>(), arguments.transfers).await?;
    bank.ledger.stop().await;
    bank.ledger.seal(bank.now()).await?;
    bank.db.close().await;
    Ok(())
}

/// Posts transfers between accounts drawn at random, many with one commit.
async fn fill(bank: &Bank, accounts: &[AccountId], transfers: u32) -> anyhow::Result<()> {
    let bar = ProgressBar::new(transfers.into());
    let draw = || accounts[usize::try_from(bank.random.below(accounts.len() as u64)).unwrap_or(0)];
    let mut left = transfers as usize;
    while left > 0 {
        let several = (0..AT_ONCE_IN_A_BOOK).map(|_| {
            let count = left.min(AT_ONCE);
            left -= count;
            let items = (0..count).map(|_| {
                let debit = draw();
                let credit = std::iter::repeat_with(draw).find(|one| *one != debit).unwrap_or(debit);
                let id = TransferId::generate(bank.now(), &bank.random);
                let amount = Money::new(1, Currency::GBP);
                vec![NewTransfer::new(id, Action::Post { debit, credit, amount }, "transfer")]
            });
            bank.ledger.submit(Submission::new(Posting::SYSTEM, items.collect()))
        });
        let several: Vec<_> = several.collect();
        for submitted in futures_util::future::join_all(several).await {
            submitted?;
        }
        bar.set_position(u64::from(transfers) - left as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Makes the person who says how well the others are known.
async fn compliance(bank: &Bank, hash: &str) -> anyhow::Result<Caller> {
    let id = user(bank, "compliance@bench.example", hash, Role::Compliance).await?;
    Ok(Caller {
        actor: Actor::Staff(id),
        user_id: Some(id),
        permissions: Role::Compliance.permissions(),
        ..bank.system_caller()
    })
}

async fn user(bank: &Bank, email: &str, hash: &str, role: Role) -> anyhow::Result<UserId> {
    let caller = bank.system_caller();
    let new = NewUser {
        email: email.parse()?,
        full_name: "Bench Payer".parse()?,
        password_hash: hash.to_owned(),
        country: None,
        locale: None,
        roles: vec![role],
        totp_seed: None,
        status: UserStatus::Active,
    };
    let tx = bank.db.begin().await?;
    let id = create_user(bank, &tx, &caller, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// Opens accounts of one person with one commit, and pays the first money in with another.
async fn open(bank: &Bank, holder: UserId, person: u32, numbers: &[u32]) -> anyhow::Result<Vec<Holding>> {
    let caller = bank.system_caller();
    let tx = bank.db.begin().await?;
    let mut ids = Vec::with_capacity(numbers.len());
    for number in numbers {
        let given = GivenAccount {
            number: format!("BENCH-{person}-{number}").parse()?,
            product_code: "current-gbp".to_owned(),
            holder,
            opened_at: bank.now(),
        };
        ids.push(accounts::open_given(bank, &tx, &caller, given).await?.id);
    }
    tx.commit().await?;
    let items = ids.iter().map(|id| vec![deposit(bank, *id)]).collect();
    let submission = Submission::new(Posting::SYSTEM, items);
    if let Submitted::Decided { items, .. } = bank.ledger.submit(submission).await? {
        for item in items {
            item?;
        }
    }
    Ok(ids.into_iter().map(|id| Holding { id, currency: Currency::GBP }).collect())
}

fn deposit(bank: &Bank, credit: AccountId) -> NewTransfer {
    let debit = chart::account_id(ChartCode::Cash, Currency::GBP);
    let amount = Money::new(BALANCE, Currency::GBP);
    let id = TransferId::generate(bank.now(), &bank.random);
    NewTransfer::new(id, Action::Post { debit, credit, amount }, "cash_deposit")
}
