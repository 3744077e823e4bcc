//! The journal as a chain: every column of a transfer.

use chrono::NaiveDate;
use database::{Columns, Tx};
use kernel::{Instant, TransferId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::encoding::Encoder;
use super::{Chained, SealedRow};
use crate::lines::Lines;
use crate::turnover::{self, Movement};

/// The advisory lock shared by the journal's writers: "florin" in ASCII, as a number, and 3.
pub const JOURNAL_LOCK: i64 = 0x0066_6c6f_7269_6e03;

/// Names the chain over `ledger_transfers`.
///
/// A row's digest covers every column of the transfer in the order of `Row::canonical`. What an entry says it repeats
/// from its transfer, or it follows from the entries before: the proof compares the one and adds up the other, so that
/// sealing reads the journal alone, in its order.
#[derive(Clone, Copy, Debug)]
pub struct Journal;

impl Chained for Journal {
    const NAME: &'static str = "journal";
    const TABLE: &'static str = "ledger_transfers";
    const POSITION_LOCK: i64 = JOURNAL_LOCK;
    type Memory = Lines;

    async fn rows(tx: &Tx, after: i64, through: i64, limit: u64) -> Result<Vec<SealedRow>, DbErr> {
        let sql = format!("select {COLUMNS} from ledger_transfers t {PAGE}");
        let rows = read(tx, sql, (after, through), limit).await?;
        rows.iter().map(|row| sealed(row, None)).collect()
    }

    async fn checked_rows(tx: &Tx, after: i64, through: i64, limit: u64) -> Result<Vec<SealedRow>, DbErr> {
        let sql = format!("select {COLUMNS}, {AGREEMENT} from ledger_transfers t {ENTRIES} {PAGE}");
        let rows = read(tx, sql, (after, through), limit).await?;
        rows.iter().map(|row| sealed(row, Some(Agreement::from_query_result(row, "")?))).collect()
    }

    async fn sealed(tx: &Tx, rows: &[SealedRow], lines: &Lines) -> Result<(), DbErr> {
        let movements: Vec<_> = rows.iter().filter_map(|row| row.movement.as_ref()).collect();
        turnover::add(tx, &movements, lines).await
    }
}

async fn read(
    tx: &Tx,
    sql: String,
    (after, through): (i64, i64),
    limit: u64,
) -> Result<Vec<QueryResult>, DbErr> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [after.into(), through.into(), limit.into()];
    tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await
}

const COLUMNS: &str = "t.position, t.id, t.kind, t.debit_account_id, t.credit_account_id, t.amount_minor, t.currency, \
    t.code, t.reference, t.metadata, t.group_id, t.of_transfer_id, t.expires_at, t.debit_sequence, \
    t.credit_sequence, t.authority, t.actor_kind, t.actor_id, t.request_id, t.booked_at, t.booked_on, t.effective_on";

const PAGE: &str = "where t.position > $1 and t.position <= $2 order by t.position limit $3";

const AGREEMENT: &str = "
       case when d.transfer_id = t.id and d.direction = 'debit' and d.amount_minor = t.amount_minor
             and d.counterparty_account_id = t.credit_account_id and d.code = t.code
             and d.reference = t.reference and d.booked_at = t.booked_at and d.effective_on = t.effective_on
            then 1 else 0 end as debit_agrees,
       case when c.transfer_id = t.id and c.direction = 'credit' and c.amount_minor = t.amount_minor
             and c.counterparty_account_id = t.debit_account_id and c.code = t.code
             and c.reference = t.reference and c.booked_at = t.booked_at and c.effective_on = t.effective_on
            then 1 else 0 end as credit_agrees";

const ENTRIES: &str = "
  left join ledger_entries d on d.account_id = t.debit_account_id and d.sequence = t.debit_sequence
  left join ledger_entries c on c.account_id = t.credit_account_id and c.sequence = t.credit_sequence";

/// Says whether a transfer's entries repeat it.
#[derive(FromQueryResult)]
struct Agreement {
    debit_agrees: i32,
    credit_agrees: i32,
}

/// Holds one row as text and numbers: a value that no type of ours knows must still be hashed.
struct Row {
    position: i64,
    id: Uuid,
    kind: String,
    debit_account_id: Uuid,
    credit_account_id: Uuid,
    amount_minor: i64,
    currency: String,
    code: String,
    reference: String,
    metadata: Option<String>,
    group_id: Option<Uuid>,
    of_transfer_id: Option<Uuid>,
    expires_at: Option<Instant>,
    debit_sequence: Option<i64>,
    credit_sequence: Option<i64>,
    authority: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    request_id: Option<Uuid>,
    booked_at: Instant,
    booked_on: NaiveDate,
    effective_on: NaiveDate,
}

impl Row {
    /// Takes a row that begins with [`COLUMNS`].
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut columns = Columns::of(row);
        Ok(Self {
            position: columns.take()?,
            id: columns.take()?,
            kind: columns.take()?,
            debit_account_id: columns.take()?,
            credit_account_id: columns.take()?,
            amount_minor: columns.take()?,
            currency: columns.take()?,
            code: columns.take()?,
            reference: columns.take()?,
            metadata: columns.take()?,
            group_id: columns.take()?,
            of_transfer_id: columns.take()?,
            expires_at: columns.take()?,
            debit_sequence: columns.take()?,
            credit_sequence: columns.take()?,
            authority: columns.take()?,
            actor_kind: columns.take()?,
            actor_id: columns.take()?,
            request_id: columns.take()?,
            booked_at: columns.take()?,
            booked_on: columns.take()?,
            effective_on: columns.take()?,
        })
    }

    fn canonical(&self) -> Vec<u8> {
        Encoder::new("florin/journal/1")
            .integer(self.position)
            .uuid(self.id)
            .text(&self.kind)
            .uuid(self.debit_account_id)
            .uuid(self.credit_account_id)
            .integer(self.amount_minor)
            .text(&self.currency)
            .text(&self.code)
            .text(&self.reference)
            .optional(self.metadata.as_deref(), Encoder::text)
            .optional(self.group_id, Encoder::uuid)
            .optional(self.of_transfer_id, Encoder::uuid)
            .optional(self.expires_at, Encoder::instant)
            .optional(self.debit_sequence, Encoder::integer)
            .optional(self.credit_sequence, Encoder::integer)
            .text(&self.authority)
            .text(&self.actor_kind)
            .optional(self.actor_id, Encoder::uuid)
            .optional(self.request_id, Encoder::uuid)
            .instant(self.booked_at)
            .date(self.booked_on)
            .date(self.effective_on)
            .into_bytes()
    }

    fn has_entries(&self) -> bool {
        matches!(self.kind.as_str(), "posted" | "capture" | "reversal")
    }

    fn complaint(&self, agreement: &Agreement) -> Option<&'static str> {
        if self.amount_minor <= 0 {
            return Some("its amount is not above zero");
        }
        if !self.has_entries() {
            let none = self.debit_sequence.is_none() && self.credit_sequence.is_none();
            return (!none).then_some("it moves nothing and yet names entries");
        }
        match (agreement.debit_agrees, agreement.credit_agrees) {
            (1, 1) => None,
            (1, _) => Some("its credit entry is missing or says something else"),
            _ => Some("its debit entry is missing or says something else"),
        }
    }
}

fn sealed(row: &QueryResult, agreement: Option<Agreement>) -> Result<SealedRow, DbErr> {
    let Ok(row) = Row::read(row) else {
        return SealedRow::unreadable(row, name, "a transfer");
    };
    Ok(SealedRow {
        position: row.position,
        name: name(row.id),
        canonical: Some(row.canonical()),
        complaint: agreement.and_then(|agreement| row.complaint(&agreement)),
        entries: if row.has_entries() { 2 } else { 0 },
        // What has a sequence number has entries: a hold moves nothing until it is captured.
        movement: row.debit_sequence.map(|_| Movement {
            effective_on: row.effective_on,
            currency: row.currency,
            code: row.code,
            debit_account_id: row.debit_account_id,
            credit_account_id: row.credit_account_id,
            amount_minor: row.amount_minor,
        }),
    })
}

fn name(id: Uuid) -> String {
    TransferId::from_uuid(id).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: &str, amount_minor: i64, sequences: (Option<i64>, Option<i64>)) -> Row {
        Row {
            position: 1,
            id: Uuid::nil(),
            kind: kind.to_owned(),
            debit_account_id: Uuid::nil(),
            credit_account_id: Uuid::nil(),
            amount_minor,
            currency: "GBP".to_owned(),
            code: String::new(),
            reference: String::new(),
            metadata: None,
            group_id: None,
            of_transfer_id: None,
            expires_at: None,
            debit_sequence: sequences.0,
            credit_sequence: sequences.1,
            authority: "system".to_owned(),
            actor_kind: "system".to_owned(),
            actor_id: None,
            request_id: None,
            booked_at: Instant::default(),
            booked_on: NaiveDate::default(),
            effective_on: NaiveDate::default(),
        }
    }

    #[test]
    fn a_transfer_is_complained_of_for_the_first_thing_that_is_wrong() {
        let amount = "its amount is not above zero";
        let stray = "it moves nothing and yet names entries";
        let debit = "its debit entry is missing or says something else";
        let credit = "its credit entry is missing or says something else";
        let both = (Some(1), Some(1));
        for (kind, minor, sequences, agrees, wanted) in [
            ("posted", 1, both, (1, 1), None),
            ("pending", 1, (None, None), (0, 0), None),
            ("posted", 0, both, (1, 1), Some(amount)),
            ("posted", -1, both, (0, 0), Some(amount)),
            ("pending", 1, (Some(1), None), (0, 0), Some(stray)),
            ("release", 1, (None, Some(1)), (0, 0), Some(stray)),
            ("pending", 1, both, (1, 1), Some(stray)),
            ("capture", 1, both, (1, 0), Some(credit)),
            ("reversal", 1, both, (0, 1), Some(debit)),
            ("posted", 1, both, (0, 0), Some(debit)),
        ] {
            let agreement = Agreement { debit_agrees: agrees.0, credit_agrees: agrees.1 };
            let complaint = row(kind, minor, sequences).complaint(&agreement);
            assert_eq!(complaint, wanted, "{kind} of {minor} with {sequences:?}, {agrees:?}");
        }
    }
}
