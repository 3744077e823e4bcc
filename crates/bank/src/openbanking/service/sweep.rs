//! Clearing away what customers began and did not finish, and ending consents whose time is over.

use sea_orm::{ActiveEnum as _, DbErr, Iterable as _};

use super::begin::PATIENCE;
use super::changes::end;
use super::{aside, notices, unless_changed};
use crate::openbanking::{ConnectionStatus, EndReason, OpenBankingError, TASK_PATIENCE, store};
use crate::{Bank, Caller};

/// For how long calls and events are kept: calls count for a day, and no event is accepted that is older than three.
const REMEMBERED: chrono::Duration = chrono::Duration::days(30);
/// How many connections one transaction ends.
const BATCH: u64 = 200;

/// Takes in tokens that were put aside, deletes states whose time is over, ends the new connections that nobody came back to
/// and those whose consent is over; returns the number of those ended.
///
/// # Errors
/// `DbErr` when the database fails; what was done stays done.
pub async fn sweep(bank: &Bank) -> Result<usize, DbErr> {
    match aside::take_in(bank, None).await {
        Err(OpenBankingError::Storage(error)) => return Err(error),
        Ok(kept @ 1..) => tracing::info!(kept, "tokens that were put aside are kept"),
        _ => {}
    }
    let caller = bank.system_caller();
    let tx = bank.db.begin().await?;
    store::days::put(&tx, bank.now().date_naive()).await?;
    store::states::delete_before(&tx, bank.now()).await?;
    store::calls::delete_before(&tx, bank.now() - REMEMBERED).await?;
    store::inbox::delete_before(&tx, bank.now() - REMEMBERED).await?;
    store::tasks::delete_before(&tx, bank.now() - TASK_PATIENCE).await?;
    tx.commit().await?;
    gauge(bank).await?;
    let never_back = end_all(bank, &caller, EndReason::NeverCompleted).await?;
    Ok(never_back + end_all(bank, &caller, EndReason::ConsentExpired).await?)
}

/// Shows what stands where, on the node that swept; the others go on showing what they counted last.
async fn gauge(bank: &Bank) -> Result<(), DbErr> {
    let (db, now) = (bank.db.read(), bank.now());
    let counts = store::count_by_status(db).await?;
    for status in ConnectionStatus::iter() {
        let count = counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
        set("florin_openbanking_connections", ("status", status.to_value()), count);
    }
    let ending = store::count_ending_before(db, now + notices::AHEAD).await?;
    set(
        "florin_openbanking_consents_ending",
        ("within", "14d".to_owned()),
        i64::try_from(ending).unwrap_or(i64::MAX),
    );
    let left_alone = store::calls::failing(db).await?;
    let left_alone = left_alone.iter().filter(|circuit| circuit.open_until.is_some_and(|until| until > now));
    let count = i64::try_from(left_alone.count()).unwrap_or(i64::MAX);
    set("florin_openbanking_circuits_open", ("service", "truelayer".to_owned()), count);
    Ok(())
}

fn set(name: &'static str, label: (&'static str, String), count: i64) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    metrics::gauge!(name, &[label]).set(count);
}

async fn end_all(bank: &Bank, caller: &Caller, reason: EndReason) -> Result<usize, DbErr> {
    let mut ended = 0;
    loop {
        let tx = bank.db.begin().await?;
        let rows = if reason == EndReason::ConsentExpired {
            store::outlived(&tx, bank.now(), BATCH).await?
        } else {
            store::pending_since(&tx, bank.now() - PATIENCE * 2, BATCH).await?
        };
        let is_last = u64::try_from(rows.len()).is_ok_and(|found| found < BATCH);
        for row in rows {
            let done = end(bank, &tx, caller, (row, reason)).await;
            ended += usize::from(unless_changed(done)?.is_some());
        }
        tx.commit().await?;
        if is_last {
            return Ok(ended);
        }
    }
}
