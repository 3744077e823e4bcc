//! The group commit by itself: callers in this process, no HTTP, everything else as the server has it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bank::Bank;
use kernel::{AccountId, Actor, Money, Random, TransferId, UserId};
use ledger::receipts::ReceiptKey;
use ledger::{
    Action, Answer, Authority, NewTransfer, Posting, Receipt, Submission, SubmitError, Submitted, receipts,
};
use tokio::task::JoinSet;

use super::people::People;
use super::report::{Outcome, Tally};
use crate::config::Config;
use crate::start::{self, Schema};

/// Holds the arguments of `bench submit`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file that `bench prepare` wrote.
    #[arg(long, value_name = "FILE")]
    people: PathBuf,
    /// How many callers wait at once.
    #[arg(long, default_value_t = 256)]
    waiters: usize,
    /// How long it is measured.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Put one account on one side of every transfer.
    #[arg(long)]
    hot: bool,
    /// Give each transfer a transaction of its own with row locks, as one would without a group commit.
    #[arg(long)]
    alone: bool,
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Posts until the time is over, and prints the figures.
pub(super) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let accounts: Vec<AccountId> = People::read(&arguments.people)?
        .iter()
        .flat_map(|person| person.accounts.iter().map(|account| account.id))
        .collect();
    let bank = start::open(&mut config, Schema::Expect).await?;
    let accounts = Arc::new(accounts);
    let warm = Instant::now() + Duration::from_secs(1);
    let until = warm + Duration::from_secs(arguments.seconds);
    let mut callers = JoinSet::new();
    for number in 0..arguments.waiters {
        let payer = Payer {
            bank: bank.clone(),
            accounts: accounts.clone(),
            chance: Random::seeded(number as u64),
            name: format!("{number}-{}", u32::from_be_bytes(bank.random.bytes())),
            hot: arguments.hot,
            user: UserId::generate(bank.now(), &bank.random),
        };
        callers.spawn(payer.pay_until(warm, until, arguments.alone));
    }
    let mut tally = Tally::new(Duration::from_secs(arguments.seconds));
    while let Some(paid) = callers.join_next().await {
        tally.add(&paid??);
    }
    let name = if arguments.alone { "one transaction each" } else { "group commit" };
    tally.tell(name, arguments.json.as_deref())?;
    bank.ledger.stop().await;
    bank.db.close().await;
    Ok(())
}

/// Pays one transfer after the other.
struct Payer {
    bank: Bank,
    accounts: Arc<Vec<AccountId>>,
    chance: Random,
    name: String,
    hot: bool,
    user: UserId,
}

impl Payer {
    async fn pay_until(self, warm: Instant, until: Instant, alone: bool) -> anyhow::Result<Tally> {
        let mut tally = Tally::new(until - warm);
        for number in 0_u64.. {
            let begun = Instant::now();
            if begun >= until {
                break;
            }
            let transfer = self.transfer();
            let key = format!("{}-{number}", self.name);
            let outcome =
                if alone { self.alone(transfer, key).await? } else { self.submit(transfer, key).await };
            // What ends after the time is not counted, or a slow end would look like a fast one.
            if begun >= warm && Instant::now() <= until {
                tally.record(outcome, begun.elapsed());
            }
        }
        Ok(tally)
    }

    fn transfer(&self) -> NewTransfer {
        let pick =
            || self.accounts[usize::try_from(self.chance.below(self.accounts.len() as u64)).unwrap_or(0)];
        let (mut debit, mut credit) = (pick(), pick());
        if self.hot {
            let hot = self.accounts[0];
            *(if self.chance.below(2) == 0 { &mut debit } else { &mut credit }) = hot;
        }
        while debit == credit {
            credit = pick();
        }
        let amount = Money::new(1, kernel::Currency::GBP);
        let id = TransferId::generate(self.bank.now(), &self.bank.random);
        let mut new = NewTransfer::new(id, Action::Post { debit, credit, amount }, "transfer");
        "Bench".clone_into(&mut new.reference);
        new
    }

    fn posting(&self) -> Posting {
        Posting { actor: Actor::Customer(self.user), authority: Authority::Customer, request_id: None }
    }

    async fn submit(&self, transfer: NewTransfer, key: String) -> Outcome {
        let answer = Arc::new(|items: &[ledger::ItemOutcome]| answer(items.iter().all(Result::is_ok)));
        let receipt = Receipt { key: receipt_key(&key), answer, shows_transfer: true };
        let submission =
            Submission { receipt: Some(receipt), ..Submission::new(self.posting(), vec![vec![transfer]]) };
        match self.bank.ledger.submit(submission).await {
            Ok(Submitted::Decided { items, .. }) if items.iter().all(Result::is_ok) => Outcome::Done,
            Ok(_) => Outcome::Refused,
            Err(SubmitError::Overloaded { .. }) => Outcome::Overloaded,
            Err(_) => Outcome::Failed,
        }
    }

    async fn alone(&self, transfer: NewTransfer, key: String) -> anyhow::Result<Outcome> {
        let tx = self.bank.db.begin().await?;
        let name = receipt_key(&key);
        receipts::claim(&tx, name, self.bank.now()).await?;
        let posted = self.bank.ledger.post(&tx, &self.posting(), &[transfer]).await;
        receipts::answer(&tx, name, &answer(posted.is_ok())).await?;
        tx.commit().await?;
        Ok(if posted.is_ok() { Outcome::Done } else { Outcome::Refused })
    }
}

fn receipt_key(key: &str) -> ReceiptKey {
    ReceiptKey::new("bench", key, receipts::digest(&[b"bench"]))
}

/// As long as a real answer, and made at once: what it costs to make one is not measured here.
fn answer(good: bool) -> Answer {
    Answer { status: if good { 201 } else { 422 }, body: " ".repeat(430) }
}
