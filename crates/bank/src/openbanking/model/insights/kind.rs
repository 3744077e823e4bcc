//! What each row is: income, spending of a category, money that came back, or a move between own accounts.

use truelayer::data::{Direction, TransactionCategory as Category};

use super::SeenRow;

/// Says what a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Money earned or given.
    Income,
    /// Money spent, for this.
    Spending(String),
    /// Money that came back from spending for this.
    Refund(String),
    /// Money that stays the customer's.
    OwnTransfer,
}

/// How far the two sides of an own transfer may lie apart.
const OWN_TRANSFER_DAYS: i64 = 3;

/// Says what each row is, in their order.
///
/// An own transfer is a debit and a credit of the same amount on two of the customer's accounts within three days, neither
/// of a sort that only strangers cause, at least one of a sort that names a transfer; each row is in one pair only,
/// the nearest days first.
pub fn kinds(rows: &[SeenRow]) -> Vec<Kind> {
    let own = own_transfers(rows);
    rows.iter().zip(own).map(|(row, is_own)| if is_own { Kind::OwnTransfer } else { kind(row) }).collect()
}

fn kind(row: &SeenRow) -> Kind {
    match (row.direction, row.category) {
        (Direction::Debit, _) => Kind::Spending(purpose(row)),
        (Direction::Credit, Category::Purchase | Category::Correction | Category::Cashback) => {
            Kind::Refund(purpose(row))
        }
        (Direction::Credit, _) => Kind::Income,
    }
}

/// Takes the vendor's class where there is one, else what the sort of movement says.
fn purpose(row: &SeenRow) -> String {
    if let Some(class) = row.class.as_deref().map(str::trim).filter(|class| !class.is_empty()) {
        return class.to_owned();
    }
    match row.category {
        Category::Atm | Category::Cash => "Cash",
        Category::FeeCharge => "Fees & Charges",
        Category::Interest => "Interest",
        Category::BillPayment | Category::DirectDebit => "Bills and Utilities",
        Category::StandingOrder | Category::Transfer => "Transfers",
        Category::Purchase | Category::Correction | Category::Cashback => "Shopping",
        Category::Cheque
        | Category::Credit
        | Category::Debit
        | Category::Dividend
        | Category::Other
        | Category::Unknown => "Other",
    }
    .to_owned()
}

fn own_transfers(rows: &[SeenRow]) -> Vec<bool> {
    let of = |direction| {
        rows.iter().enumerate().filter(move |(_, row)| row.direction == direction && may_be_own(row))
    };
    let mut pairs: Vec<(i64, usize, usize)> = Vec::new();
    for (out, debit) in of(Direction::Debit) {
        for (into, credit) in of(Direction::Credit) {
            let days = (credit.on - debit.on).num_days().abs();
            let is_pair = debit.account != credit.account
                && debit.amount == credit.amount
                && days <= OWN_TRANSFER_DAYS
                && (names_transfer(debit) || names_transfer(credit));
            if is_pair {
                pairs.push((days, out, into));
            }
        }
    }
    pairs.sort_unstable();
    let mut is_own = vec![false; rows.len()];
    for (_, out, into) in pairs {
        if !is_own[out] && !is_own[into] {
            is_own[out] = true;
            is_own[into] = true;
        }
    }
    is_own
}

/// Leaves out what only a shop, a collector or the bank itself causes.
const fn may_be_own(row: &SeenRow) -> bool {
    matches!(
        row.category,
        Category::Transfer
            | Category::StandingOrder
            | Category::BillPayment
            | Category::Credit
            | Category::Debit
            | Category::Other
            | Category::Unknown
    )
}

const fn names_transfer(row: &SeenRow) -> bool {
    matches!(row.category, Category::Transfer | Category::StandingOrder | Category::BillPayment)
}

#[cfg(test)]
mod tests {
    use super::super::row;
    use super::*;

    #[test]
    fn each_row_alone_is_income_spending_or_a_refund() {
        let spending = |text: &str| Kind::Spending(text.to_owned());
        for (minor, category, class, expected) in [
            (285_000, Category::Credit, None, Kind::Income),
            (300, Category::Interest, None, Kind::Income),
            (-500, Category::Purchase, Some("Shopping"), spending("Shopping")),
            (-500, Category::Purchase, Some(" "), spending("Shopping")),
            (-500, Category::Purchase, None, spending("Shopping")),
            (-5_000, Category::Atm, None, spending("Cash")),
            (-150, Category::FeeCharge, None, spending("Fees & Charges")),
            (-7_840, Category::DirectDebit, None, spending("Bills and Utilities")),
            (-1, Category::Unknown, None, spending("Other")),
            (3_499, Category::Purchase, Some("Shopping"), Kind::Refund("Shopping".to_owned())),
        ] {
            let seen =
                SeenRow { category, class: class.map(str::to_owned), ..row(0, "2026-11-01", minor, "X") };
            assert_eq!(kinds(&[seen]), [expected], "{minor} {category:?} {class:?}");
        }
    }

    #[test]
    fn moves_between_own_accounts_are_found_and_coincidences_are_not() {
        let sort = |category, row: SeenRow| SeenRow { category, ..row };
        let out = || sort(Category::Transfer, row(0, "2026-11-26", -20_000, "TO SAVER"));
        for (into, expected) in [
            (sort(Category::Transfer, row(1, "2026-11-26", 20_000, "FROM CURRENT")), true),
            (row(1, "2026-11-29", 20_000, "FROM CURRENT"), true),
            (row(1, "2026-11-25", 20_000, "FROM CURRENT"), true),
            (row(1, "2026-11-30", 20_000, "FROM CURRENT"), false),
            (row(1, "2026-11-26", 20_001, "FROM CURRENT"), false),
            (row(0, "2026-11-26", 20_000, "SAME ACCOUNT"), false),
            (sort(Category::Purchase, row(1, "2026-11-26", 20_000, "REFUND")), false),
            (sort(Category::Interest, row(1, "2026-11-26", 20_000, "INTEREST")), false),
        ] {
            let found = kinds(&[out(), into.clone()]);
            assert_eq!(found.iter().all(|kind| *kind == Kind::OwnTransfer), expected, "{into:?}");
            assert_eq!(found.contains(&Kind::OwnTransfer), expected, "{into:?}");
        }
        let neither_names_it = [row(0, "2026-11-26", -20_000, "A"), row(1, "2026-11-26", 20_000, "B")];
        assert_eq!(kinds(&neither_names_it)[1], Kind::Income);
    }

    #[test]
    fn each_row_is_in_one_pair_and_the_nearest_days_pair_first() {
        let transfer =
            |account, on, minor| SeenRow { category: Category::Transfer, ..row(account, on, minor, "T") };
        let rows = [
            transfer(0, "2026-11-01", -100),
            transfer(0, "2026-11-03", -100),
            transfer(1, "2026-11-03", 100),
        ];
        let own: Vec<bool> = kinds(&rows).iter().map(|kind| *kind == Kind::OwnTransfer).collect();
        assert_eq!(own, [false, true, true]);
    }
}
