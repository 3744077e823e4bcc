//! Reading entries of several accounts at once, each from where its last page ended.

use std::collections::HashMap;
use std::sync::LazyLock;

use database::{ByIds, Columns, Database};
use kernel::{AccountId, PageRequest};
use ledger::entry::ledger_entry::{Column, Entity};
use ledger::transfer::ledger_transfer;
use ledger::{Entry, Transfer, TransferKind};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, LikeExpr, Order, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable,
    QueryFilter, QueryResult,
};

use super::model::{Filter, Rest, Side};

/// Returns up to `limit` of the newest entries of each account that pass the filter.
///
/// One statement: a range of the accounts' key each, put together.
pub(super) async fn newest_of_each(
    connection: &impl ConnectionTrait,
    accounts: &[AccountId],
    filter: &Filter,
    rest: Option<&Rest>,
    limit: u64,
) -> Result<Vec<Entry>, DbErr> {
    let below = |account| rest.map_or(Some(i64::MAX), |rest| rest.below(account));
    let mut ranges =
        accounts.iter().filter_map(|account| Some(range(*account, filter, below(*account)?, limit)));
    let Some(mut all) = ranges.next() else {
        return Ok(Vec::new());
    };
    for range in ranges {
        all.union(UnionType::All, range);
    }
    let statement = connection.get_database_backend().build(&all);
    Entry::find_by_statement(statement).all(connection).await
}

/// How many accounts' newest entries are read with one statement.
const MOST_TOGETHER: usize = 64;

/// The newest entries of accounts: one more than the usual page shows. They are numbered without a gap, and so their number
/// says where these begin.
static NEWEST: LazyLock<ByIds> = LazyLock::new(|| {
    let columns: Vec<_> = Column::iter().map(|column| format!("e.{}", column.as_str())).collect();
    let text = format!(
        "select {} from ledger_accounts a join ledger_entries e \
           on e.account_id = a.id and e.sequence > a.entry_sequence - {} where a.id {{ids}}",
        columns.join(", "),
        PageRequest::USUAL + 1,
    );
    ByIds::new(text).at_most(MOST_TOGETHER)
});

/// Returns the newest entries of accounts for the first page of the usual length, together with what others look at in
/// this moment.
pub(super) async fn gather_newest(db: &Database, accounts: &[AccountId]) -> Result<Vec<Entry>, DbErr> {
    let rows = db.gather(&NEWEST, accounts.iter().map(|account| account.uuid())).await?;
    rows.iter().map(entry).collect()
}

/// Takes an entry from a row of all its columns in their order; by name each would be looked for.
fn entry(row: &QueryResult) -> Result<Entry, DbErr> {
    let mut columns = Columns::of(row);
    Ok(Entry {
        account_id: columns.take()?,
        sequence: columns.take()?,
        transfer_id: columns.take()?,
        direction: columns.take()?,
        amount_minor: columns.take()?,
        balance_after_minor: columns.take()?,
        counterparty_account_id: columns.take()?,
        code: columns.take()?,
        reference: columns.take()?,
        booked_at: columns.take()?,
        effective_on: columns.take()?,
    })
}

/// Wrapped, because a union's member may not be sorted and cut by itself on SQLite.
fn range(account: AccountId, filter: &Filter, below: i64, limit: u64) -> SelectStatement {
    let mut inner = Query::select();
    inner
        .columns(Column::iter())
        .from(Entity)
        .and_where(Expr::col(Column::AccountId).eq(account))
        .and_where(Expr::col(Column::Sequence).lt(below))
        .order_by(Column::Sequence, Order::Desc)
        .limit(limit);
    narrow(&mut inner, filter);
    let range = Alias::new("entries");
    Query::select().columns(Column::iter()).from_subquery(inner, range).to_owned()
}

fn narrow(select: &mut SelectStatement, filter: &Filter) {
    let column = Expr::col::<Column>;
    if let Some(from) = filter.from {
        select.and_where(column(Column::EffectiveOn).gte(from));
    }
    if let Some(to) = filter.to {
        select.and_where(column(Column::EffectiveOn).lte(to));
    }
    if let Some(least) = filter.least_minor {
        select.and_where(column(Column::AmountMinor).gte(least));
    }
    if let Some(most) = filter.most_minor {
        select.and_where(column(Column::AmountMinor).lte(most));
    }
    if let Some(side) = filter.side {
        select.and_where(column(Column::Direction).eq(ledger::Direction::from(side)));
    }
    if let Some(code) = &filter.code {
        select.and_where(column(Column::Code).eq(code.as_str()));
    }
    if let Some(text) = &filter.text {
        select.and_where(contains(Expr::col(Column::Reference), text));
    }
}

/// Returns the filter as a condition on the journal, where the side is chosen by [`lines`].
pub(super) fn journal_condition(filter: &Filter) -> Condition {
    use ledger_transfer::Column as Row;
    let moved = [TransferKind::Posted, TransferKind::Capture, TransferKind::Reversal];
    Condition::all()
        .add(Row::Kind.is_in(moved))
        .add_option(filter.from.map(|from| Row::EffectiveOn.gte(from)))
        .add_option(filter.to.map(|to| Row::EffectiveOn.lte(to)))
        .add_option(filter.least_minor.map(|least| Row::AmountMinor.gte(least)))
        .add_option(filter.most_minor.map(|most| Row::AmountMinor.lte(most)))
        .add_option(filter.code.as_ref().map(|code| Row::Code.eq(code.as_str())))
        .add_option(filter.text.as_ref().map(|text| contains(Expr::col(Row::Reference), text)))
}

/// Returns one entry of each transfer, in their order: of the side that is given with it.
pub(super) async fn lines(
    connection: &impl ConnectionTrait,
    transfers: &[(Transfer, Side)],
) -> Result<Vec<Entry>, DbErr> {
    let wanted: Vec<(AccountId, i64)> =
        transfers.iter().filter_map(|(row, side)| place(row, *side)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let either = wanted.iter().fold(Condition::any(), |either, (account, sequence)| {
        either.add(Column::AccountId.eq(*account).and(Column::Sequence.eq(*sequence)))
    });
    let found = Entity::find().filter(either).all(connection).await?;
    let mut entries: HashMap<_, _> =
        found.into_iter().map(|entry| ((entry.account_id, entry.sequence), entry)).collect();
    Ok(wanted.iter().filter_map(|place| entries.remove(place)).collect())
}

fn place(transfer: &Transfer, side: Side) -> Option<(AccountId, i64)> {
    match side {
        Side::Debit => Some((transfer.debit_account_id, transfer.debit_sequence?)),
        Side::Credit => Some((transfer.credit_account_id, transfer.credit_sequence?)),
    }
}

/// Says that a column contains a text, whatever its case.
///
/// Where the database knows only the case of ASCII, other letters match as they are written.
fn contains(column: Expr, text: &str) -> Expr {
    let like = |text: &str| LikeExpr::new(format!("%{}%", escaped(text))).escape('\\');
    let folded = Expr::expr(Func::lower(column));
    folded.clone().like(like(&text.to_lowercase())).or(folded.like(like(&text.to_ascii_lowercase())))
}

/// Takes the wildcards of `like` as what they are: letters.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
