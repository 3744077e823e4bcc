//! What a bank needs longer for than anybody waits: the service asks it in its own time, and the answer is fetched later.
//!
//! A question for rows that was not answered in time is put once more, as an asynchronous read. The service says when it is
//! done, unsigned: that is a hint, after which the task is looked for by its own name. Where no hint comes it is looked for
//! all the same, ever more rarely, for a day. Until then nobody asks the bank again.

use std::net::IpAddr;

use kernel::ConnectionId;
use sea_orm::DbErr;
use serde_json::json;
use truelayer::TaskStatus;
use truelayer::data::Transaction;
use truelayer::webhook::TaskEvent;

use super::changes::subject;
use super::pull::{Pulled, record_rows};
use super::pull_rows::{Asked, keep};
use super::reader::{Got, Reader};
use super::{reach, webhook};
use crate::Bank;
use crate::jobs::{self, NewJob};
use crate::openbanking::store::{imported, inbox, tasks};
use crate::openbanking::{
    EventState, ExternalAccount, OpenBankingError, Purpose, ReadTask, TASK_PATIENCE, WebhookError,
    WebhookEvent, look_again_at, store,
};

/// The kind of job that looks for the answers of one connection.
pub const COLLECT: &str = "openbanking.collect";

/// Puts a question that was not answered in time, and keeps what it was about.
pub(super) async fn put(
    bank: &Bank,
    reader: &Reader<'_>,
    account: &ExternalAccount,
    asked: Asked,
) -> Result<(), OpenBankingError> {
    let Some(task_id) = reader.ask_later(account.id.uuid(), asked.read(account)).await? else {
        return Ok(());
    };
    let now = bank.now();
    let row = ReadTask {
        account_id: account.id,
        connection_id: reader.row.id,
        task_id,
        from_on: asked.from,
        through_on: asked.through,
        history_closed: asked.is_closed,
        asked_at: now,
        look_at: look_again_at(now, now),
    };
    let tx = bank.db.begin().await?;
    tasks::put(&tx, row).await?;
    Ok(tx.commit().await?)
}

/// Says whether a question about an account's rows waits for its answer; takes the answer if it is there.
pub(super) async fn is_awaited(
    bank: &Bank,
    reader: &mut Reader<'_>,
    account: &ExternalAccount,
    pulled: &mut Pulled,
) -> Result<bool, OpenBankingError> {
    let task = tasks::of_account(bank.db.latest(), account.id).await?;
    // Another link's token opens no answer of this one's, and after a day nobody waits.
    let is_ours =
        |task: &ReadTask| task.connection_id == reader.row.id && bank.now() - task.asked_at < TASK_PATIENCE;
    let Some(task) = task.filter(is_ours) else { return Ok(false) };
    take(bank, reader, (account, task), pulled).await?;
    Ok(true)
}

/// Keeps an answer that is there, and lets go of a question that comes to none.
async fn take(
    bank: &Bank,
    reader: &mut Reader<'_>,
    (account, task): (&ExternalAccount, ReadTask),
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    let got = reader.look_for::<Transaction>(&task.task_id).await?;
    let is_over = !matches!(got, Got::NotNow);
    // Whatever is not there was owed.
    pulled.is_complete &= matches!(got, Got::Answer(_));
    if let Some(answer) = pulled.answer(got) {
        let asked = Asked { from: task.from_on, through: task.through_on, is_closed: task.history_closed };
        keep(bank, account, (asked, &answer), pulled).await?;
    }
    let tx = bank.db.begin().await?;
    if is_over {
        tasks::delete(&tx, &task.task_id).await?;
    } else {
        tasks::look_again(&tx, &task.task_id, look_again_at(task.asked_at, bank.now())).await?;
    }
    Ok(tx.commit().await?)
}

/// Looks for the answers of a connection; returns what they brought.
///
/// # Errors
/// [`OpenBankingError::NotFound`], [`OpenBankingError::TooLate`] for a connection that does not work, what renewing its
/// tokens says, storage.
pub async fn collect(bank: &Bank, id: ConnectionId) -> Result<Pulled, OpenBankingError> {
    let mut pulled = Pulled { is_complete: true, ..Pulled::default() };
    let waiting = tasks::of_connection(bank.db.latest(), id).await?;
    if waiting.is_empty() {
        return Ok(pulled);
    }
    let row = store::load(bank.db.latest(), id).await?.ok_or(OpenBankingError::NotFound)?;
    let mut reader = Reader::open(bank, row, (Purpose::Event, None)).await?;
    for task in waiting {
        let account = imported::of_id(bank.db.latest(), task.account_id).await?;
        if let Some(account) = account {
            take(bank, &mut reader, (&account, task), &mut pulled).await?;
        }
    }
    let tx = bank.db.begin().await?;
    record_rows(bank, &tx, id, (Purpose::Event, pulled)).await?;
    tx.commit().await?;
    Ok(pulled)
}

/// Asks for the answers whose time has come to be looked for.
pub(super) async fn ask_due(bank: &Bank) -> Result<(), DbErr> {
    for id in tasks::due(bank.db.latest(), bank.now()).await? {
        let tx = bank.db.begin().await?;
        ask_for_answers(bank, &tx, id).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn ask_for_answers(bank: &Bank, tx: &database::Tx, id: ConnectionId) -> Result<(), DbErr> {
    let dedupe_key = Some(format!("{COLLECT}:{id}"));
    let job = NewJob { dedupe_key, ..NewJob::new(COLLECT, json!({ "connection_id": id })) };
    jobs::enqueue_once(bank, tx, job).await.map(drop)
}

/// Takes in that a task is done. Nothing signs it: what is known by neither its name nor its link changes nothing, and
/// whoever sends such is told the same as the service.
///
/// # Errors
/// [`WebhookError::Off`], [`WebhookError::TooMany`] for what nobody asked for, [`WebhookError::NoEvent`], then
/// [`WebhookError::Storage`].
pub async fn take_task_event(bank: &Bank, source: Option<IpAddr>, body: &[u8]) -> Result<(), WebhookError> {
    let (reach, _) = reach(bank).map_err(|_| WebhookError::Off)?;
    let (event, db) = (TaskEvent::parse(body), bank.db.latest());
    let known = match &event {
        Ok(event) => tasks::by_name(db, &event.task_id).await?,
        Err(_) => None,
    };
    let row = match &known {
        Some(task) => store::load(db, task.connection_id).await?,
        None => None,
    };
    let link = event.as_ref().ok().map(|event| event.credentials_id.as_str());
    let (Some(task), true) = (known, row.is_some_and(|row| row.credentials_id.as_deref() == link)) else {
        metrics::counter!("florin_openbanking_webhooks_total", "outcome" => "unmatched").increment(1);
        return match reach.count_unsigned(source) {
            Some(retry_after_seconds) => Err(WebhookError::TooMany { retry_after_seconds }),
            None => event.map(drop).map_err(WebhookError::NoEvent),
        };
    };
    let is_done = event.is_ok_and(|event| event.status == TaskStatus::Succeeded);
    let tx = bank.db.begin().await?;
    take_in(bank, &tx, (task, is_done)).await?;
    tx.commit().await?;
    metrics::counter!("florin_openbanking_webhooks_total", "outcome" => "taken").increment(1);
    Ok(())
}

/// Keeps what was said and asks for the answer. Said again, it is looked for again.
async fn take_in(bank: &Bank, tx: &database::Tx, (task, is_done): (ReadTask, bool)) -> Result<(), DbErr> {
    let (now, id) = (bank.now(), task.connection_id);
    let kind = if is_done { "task.succeeded" } else { "task.failed" };
    let row = WebhookEvent {
        event_id: format!("task:{}", task.task_id),
        kind: kind.to_owned(),
        resource_id: task.task_id.chars().take(128).collect(),
        connection_id: Some(id),
        happened_at: now,
        received_at: now,
        state: EventState::Taken,
    };
    ask_for_answers(bank, tx, id).await?;
    if inbox::insert(tx, &row).await? {
        webhook::record_received(bank, tx, (&row, Some(subject(id)))).await?;
    }
    Ok(())
}
