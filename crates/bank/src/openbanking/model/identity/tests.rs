//! Accounts and rows are recognized, and told apart.

use kernel::{Currency, Random};

use super::*;

fn user(seed: u64) -> UserId {
    UserId::generate("2026-11-19T12:00:00Z".parse().expect("an instant"), &Random::seeded(seed))
}

fn numbers(json: &str) -> AccountNumbers {
    serde_json::from_str(json).expect("numbers")
}

fn row(day: &str, minor: i64, text: &str) -> ImportedRow {
    ImportedRow {
        normalised_id: None,
        provider_id: None,
        booked_on: day.parse().expect("a date"),
        amount: Money::new(minor, Currency::GBP),
        direction: Direction::Debit,
        description: text.to_owned(),
    }
}

fn stored(rows: &[ImportedRow]) -> Vec<StoredRow> {
    let keys = row_keys(rows);
    let store = |(row, key): (&ImportedRow, RowKey)| StoredRow {
        key,
        has_lasting_name: row.normalised_id.is_some(),
        booked_on: row.booked_on,
        amount: row.amount,
        direction: row.direction,
    };
    rows.iter().zip(keys).map(store).collect()
}

#[test]
fn accounts_that_share_an_iban_are_told_apart_by_branch_and_number() {
    let key = |json: &str| AccountKey::of_account(user(1), "mock", "GBP", &numbers(json)).expect("a number");
    let iban = "GB29NWBK60161331926819";
    let one = key(&format!(r#"{{"iban":"{iban}","sort_code":"01-21-31","number":"10000000"}}"#));
    let other = key(&format!(r#"{{"iban":"{iban}","sort_code":"01-21-31","number":"10000001"}}"#));
    assert_ne!(one, other);
    assert_eq!(
        one,
        key(r#"{"sort_code":"012131","number":"10000000"}"#),
        "an IBAN that comes or goes changes nothing"
    );
}

#[test]
fn an_account_is_the_same_whatever_the_service_calls_it_and_another_for_anybody_else() {
    let german = numbers(r#"{"iban":"DE89370400440532013000"}"#);
    let key = |user, provider, currency| AccountKey::of_account(user, provider, currency, &german);
    let one = key(user(1), "xs2a-a", "EUR");
    assert!(one.is_some());
    assert_eq!(one, key(user(1), "xs2a-a", "EUR"));
    for other in [key(user(2), "xs2a-a", "EUR"), key(user(1), "xs2a-b", "EUR"), key(user(1), "xs2a-a", "USD")]
    {
        assert_ne!(one, other);
    }
    assert_eq!(AccountKey::of_account(user(1), "xs2a-a", "EUR", &numbers("{}")), None);
    assert_eq!(AccountKey::of_account(user(1), "xs2a-a", "EUR", &numbers(r#"{"number":"1"}"#)), None);
    let card = |partial_number, name_on_card| {
        let details = CardDetails { network: "visa", partial_number, name_on_card };
        AccountKey::of_card(user(1), "mock", "GBP", &details)
    };
    assert_eq!(card("4242", "John Doe"), card("4242", "JOHN DOE"));
    assert_ne!(card("4242", "John Doe"), card("4243", "John Doe"));
    assert_ne!(AccountKey::of_id(user(1), "mock", "a"), AccountKey::of_id(user(1), "mock", "b"));
}

#[test]
fn rows_are_known_by_the_best_name_they_have() {
    let base = row("2026-11-19", 500, "Corner  grocers");
    let with = |normalised: Option<&str>, provider: Option<&str>| ImportedRow {
        normalised_id: normalised.map(str::to_owned),
        provider_id: provider.map(str::to_owned),
        ..base.clone()
    };
    let key = |row: &ImportedRow| row_keys(std::slice::from_ref(row))[0];
    let renamed = |row: ImportedRow| ImportedRow { description: "CORNER GROCERS".to_owned(), ..row };
    let retold = |row: ImportedRow| ImportedRow { description: "Something else".to_owned(), ..row };
    let moved = |row: ImportedRow| ImportedRow { booked_on: "2026-11-20".parse().expect("a date"), ..row };
    for (row, text_matters, day_matters) in [
        (with(Some("txn-1"), Some("9998")), false, false),
        (with(None, Some("9998")), false, true),
        (with(None, Some(" ")), true, true),
        (with(None, None), true, true),
    ] {
        assert_eq!(key(&row), key(&renamed(row.clone())), "case and blanks never matter");
        assert_eq!(key(&row) != key(&retold(row.clone())), text_matters, "{row:?}");
        assert_eq!(key(&row) != key(&moved(row.clone())), day_matters, "{row:?}");
    }
    assert_eq!(key(&with(None, Some(" "))), key(&with(None, None)), "a blank name is none");
    let other_amount = ImportedRow { amount: Money::new(501, Currency::GBP), ..with(None, Some("9998")) };
    assert_ne!(key(&other_amount), key(&with(None, Some("9998"))), "one name given twice");
    let credit = ImportedRow { direction: Direction::Credit, ..base.clone() };
    assert_ne!(key(&credit), key(&base));
}

#[test]
fn two_identical_rides_on_one_day_stay_two_in_every_later_answer() {
    let rides = [row("2026-11-14", 280, "CITY BUSES"), row("2026-11-14", 280, "CITY BUSES")];
    let keys = row_keys(&rides);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(
        merge(&stored(&rides), &rides),
        MergePlan { same: vec![(0, 0), (1, 1)], ..MergePlan::default() }
    );
    let third = [rides.as_slice(), &rides[..1]].concat();
    let plan = merge(&stored(&rides), &third);
    assert_eq!((plan.same.len(), plan.added, plan.gone.len()), (2, vec![2], 0));
}

#[test]
fn with_lasting_names_answers_are_merged_and_nothing_is_removed() {
    let named =
        |id: &str, day, minor| ImportedRow { normalised_id: Some(id.to_owned()), ..row(day, minor, "x") };
    let before = [named("txn-1", "2026-11-01", 100), named("txn-2", "2026-11-02", 200)];
    let after = [named("txn-2", "2026-11-03", 200), named("txn-3", "2026-11-04", 300)];
    let plan = merge(&stored(&before), &after);
    assert_eq!(plan, MergePlan { same: vec![(1, 0)], added: vec![1], gone: vec![] });
}

#[test]
fn without_lasting_names_the_window_is_replaced_and_renamed_rows_stay_themselves() {
    let before = [
        row("2026-11-01", 100, "RENT"),
        row("2026-11-02", 200, "SHOP 0231 LONDON"),
        row("2026-11-05", 300, "VANISHES"),
    ];
    let after =
        [row("2026-11-01", 100, "RENT"), row("2026-11-03", 200, "SHOP"), row("2026-11-20", 300, "NEW")];
    let plan = merge(&stored(&before), &after);
    assert_eq!(plan, MergePlan { same: vec![(0, 0), (1, 1)], added: vec![2], gone: vec![2] });
    let nothing = merge(&stored(&before), &[]);
    assert_eq!(
        nothing,
        MergePlan::default(),
        "an empty answer proves nothing about names, and removes nothing"
    );
}

#[test]
fn a_bank_that_begins_to_give_lasting_names_duplicates_nothing() {
    let before = [row("2026-11-01", 100, "RENT"), row("2026-11-02", 200, "SHOP")];
    let named =
        |id: &str, row: &ImportedRow| ImportedRow { normalised_id: Some(id.to_owned()), ..row.clone() };
    let after = [named("txn-1", &before[0]), named("txn-2", &before[1])];
    assert_eq!(merge(&stored(&before), &after).same, [(0, 0), (1, 1)]);
    let mixed = [after[0].clone(), before[1].clone()];
    let plan = merge(&stored(&mixed), &[row("2026-11-02", 200, "SHOP LONDON")]);
    assert_eq!(
        plan,
        MergePlan { same: vec![(1, 0)], ..MergePlan::default() },
        "named rows are never removed"
    );
}

#[test]
fn the_nearest_day_is_the_same_row_when_several_could_be() {
    let before = [row("2026-11-01", 100, "A"), row("2026-11-04", 100, "B")];
    let after = [row("2026-11-03", 100, "C"), row("2026-11-01", 100, "D")];
    let plan = merge(&stored(&before), &after);
    assert_eq!(plan.same, [(0, 1), (1, 0)]);
}
