//! Reading a row's columns one after the other.

use sea_orm::{DbErr, QueryResult, TryGetable};

/// Takes the values of a row in the order in which its statement names the columns.
///
/// Where many rows are read: a column that is asked for by its name is looked for in each row anew.
#[derive(Debug)]
pub struct Columns<'a> {
    row: &'a QueryResult,
    taken: usize,
}

impl<'a> Columns<'a> {
    /// Begins at the first column.
    pub const fn of(row: &'a QueryResult) -> Self {
        Self { row, taken: 0 }
    }

    /// Takes the next column's value.
    ///
    /// # Errors
    /// `DbErr` when there is none, or the type does not fit it.
    pub fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        self.taken += 1;
        self.row.try_get_by_index(self.taken - 1)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Statement};

    use super::*;

    #[tokio::test]
    async fn columns_are_taken_in_their_order_and_end_with_the_row() {
        let database = crate::testing::fresh().await;
        let ask = "select 'one' as first, 2 as second, cast(null as integer) as third";
        let ask = Statement::from_string(database.read().get_database_backend(), ask);
        let row = database.read().query_one_raw(ask).await.expect("an answer").expect("a row");
        let mut columns = Columns::of(&row);
        assert_eq!(columns.take::<String>().expect("the first"), "one");
        assert_eq!(columns.take::<i32>().expect("the second"), 2);
        assert_eq!(columns.take::<Option<i32>>().expect("the third"), None);
        assert!(columns.take::<i32>().is_err());
    }
}
