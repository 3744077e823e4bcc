//! Reading entries of several accounts at once, each from where its last page ended.

use kernel::AccountId;
use ledger::Entry;
use ledger::entry::ledger_entry::{Column, Entity};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Iterable};

use super::model::{Filter, Shown};

/// Returns up to `limit` of the newest entries of each account that pass the filter.
///
/// One statement: a range of the accounts' key each, put together.
pub(super) async fn newest_of_each(
    connection: &impl ConnectionTrait,
    accounts: &[AccountId],
    filter: &Filter,
    shown: &Shown,
    limit: u64,
) -> Result<Vec<Entry>, DbErr> {
    let mut ranges = accounts.iter().map(|account| range(*account, filter, shown.below(*account), limit));
    let Some(mut all) = ranges.next() else {
        return Ok(Vec::new());
    };
    for range in ranges {
        all.union(UnionType::All, range);
    }
    let statement = connection.get_database_backend().build(&all);
    Entry::find_by_statement(statement).all(connection).await
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
        let pattern = format!("%{}%", escaped(&text.to_lowercase()));
        let like = sea_orm::sea_query::LikeExpr::new(pattern).escape('\\');
        select.and_where(Func::lower(Expr::col(Column::Reference)).like(like));
    }
}

/// Takes the wildcards of `like` as what they are: letters.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
