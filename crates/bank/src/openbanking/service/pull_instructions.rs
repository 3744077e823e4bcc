//! Reading what another bank does by itself: standing orders, and who may collect.

use sea_orm::DbErr;
use serde::de::DeserializeOwned;
use truelayer::data::{DirectDebit, StandingOrder};
use truelayer::{Answer, Read};
use uuid::Builder;

use super::pull::Pulled;
use super::reader::Reader;
use super::sealed;
use crate::Bank;
use crate::openbanking::store::{imported, instructions};
use crate::openbanking::{
    ExternalAccount, ExternalInstruction, ExternalKind, InstructionKind, OpenBankingError,
};

/// Reads both kinds; a card has neither.
pub(super) async fn pull_instructions(
    bank: &Bank,
    reader: &mut Reader<'_>,
    account: &ExternalAccount,
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    if account.kind == ExternalKind::Card {
        return Ok(());
    }
    pull::<StandingOrder>(bank, reader, (account, InstructionKind::StandingOrder), pulled).await?;
    pull::<DirectDebit>(bank, reader, (account, InstructionKind::DirectDebit), pulled).await
}

async fn pull<T: DeserializeOwned>(
    bank: &Bank,
    reader: &mut Reader<'_>,
    (account, kind): (&ExternalAccount, InstructionKind),
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    let read = Read::of(kind.endpoint(), account.service_id.as_str());
    let got = reader.ask::<T>(account.id.uuid(), read).await?;
    let Some(answer) = pulled.answer(got) else { return Ok(()) };
    // What is only partly readable takes nothing's place: the last complete list stays.
    pulled.is_complete &= answer.is_complete();
    if answer.is_complete() {
        keep(bank, (account, kind), &answer).await?;
    }
    Ok(())
}

async fn keep<T>(
    bank: &Bank,
    (account, kind): (&ExternalAccount, InstructionKind),
    answer: &Answer<T>,
) -> Result<(), DbErr> {
    let rows = answer.items.iter().zip(0..).map(|(item, position)| {
        let id = Builder::from_random_bytes(bank.random.bytes()).into_uuid();
        ExternalInstruction {
            id,
            account_id: account.id,
            kind,
            position,
            answer: sealed::seal(bank, sealed::instruction(id), item.raw()),
            read_at: bank.now(),
        }
    });
    let rows = rows.collect();
    let tx = bank.db.begin().await?;
    // It may have been erased while the bank was asked.
    if imported::lock_account(&tx, account.id).await?.is_some() {
        instructions::replace(&tx, (account.id, kind), rows).await?;
    }
    tx.commit().await
}
