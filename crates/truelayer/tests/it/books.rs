//! The simulated data add up, and have the oddities they promise.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use truelayer::data::{AccountType, Direction, Transaction};
use truelayer::{Answer, Decimal, Window};

use crate::stage::{Stage, attended, refresh_token};

async fn history(stage: &Stage, token: &truelayer::AccessToken, id: &str) -> Answer<Transaction> {
    let today = stage.now().date_naive();
    let window = Window::days(today - Duration::days(720), today);
    stage.client.account_transactions(id, window, &attended(token)).await.expect("rows")
}

fn minor(amount: Decimal) -> i64 {
    amount.to_money(kernel::Currency::GBP).expect("whole pence").minor()
}

#[tokio::test]
async fn running_balances_follow_from_amounts_and_end_at_the_balance() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    for kind in [AccountType::Transaction, AccountType::Savings, AccountType::BusinessTransaction] {
        let id = stage.account(&tokens.access_token, kind).await;
        let rows = history(&stage, &tokens.access_token, &id).await;
        let balance =
            stage.client.account_balance(&id, &attended(&tokens.access_token)).await.expect("a balance");
        let mut expected = minor(balance.first().expect("one").current);
        for row in rows.values() {
            let running = row.running_balance.as_ref().and_then(|it| it.amount).expect("a running balance");
            assert_eq!(minor(running), expected, "{kind:?} {:?}", row.timestamp);
            expected -= minor(row.amount);
        }
        assert!(!rows.items.is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn the_oddities_of_real_banks_are_there() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let rows = history(&stage, &tokens.access_token, &id).await;
    let raw: Vec<&str> = rows.items.iter().map(truelayer::Item::raw).collect();
    let has = |text: &str| raw.iter().any(|row| row.contains(text));
    assert!(has(r#""provider_transaction_id":" ""#), "a blank id");
    assert!(
        raw.iter().filter(|row| row.contains(r#""provider_transaction_id":"9998""#)).count() > 1,
        "a reused id"
    );
    let mut days: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    for row in rows.values() {
        let key = (row.timestamp.on.to_string(), row.description.expose().clone(), row.amount.to_string());
        *days.entry(key).or_default() += 1;
    }
    assert!(days.values().any(|count| *count == 2), "two identical purchases on one day");
    let forms: BTreeSet<bool> =
        raw.iter().map(|row| row.contains("+00:00\"")).chain([has("T00:00:00\"")]).collect();
    assert_eq!(forms.len(), 2, "times in several forms");
    let names: BTreeSet<_> = rows.values().filter_map(Transaction::normalised_id).collect();
    assert_eq!(names.len(), rows.items.len(), "lasting names are unique");
    let savings = stage.account(&tokens.access_token, AccountType::Savings).await;
    let savings = history(&stage, &tokens.access_token, &savings).await;
    let unclassified = savings.items.iter().find(|row| !row.raw().contains("transaction_classification"));
    assert!(
        unclassified.is_some_and(|row| row.value.provider_id().is_none()),
        "a row without class and name"
    );
}

#[tokio::test]
async fn a_dinner_books_later_with_a_tip_and_a_reservation_vanishes() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    // The 20th is a Friday, and the fuel was reserved on Wednesday the 18th.
    stage.advance(Duration::hours(32)).await;
    let tokens = stage.client.refresh(refresh_token(&tokens)).await.expect("tokens");
    let pending = |tokens: truelayer::AccessToken| {
        let (client, id) = (stage.client.clone(), id.clone());
        async move {
            let call = attended(&tokens);
            let answer =
                client.account_pending_transactions(&id, Window::default(), &call).await.expect("rows");
            answer
                .values()
                .map(|row| (row.amount.to_string(), row.normalised_id().is_some()))
                .collect::<Vec<_>>()
        }
    };
    let mut shown = pending(tokens.access_token.clone()).await;
    shown.sort();
    assert_eq!(shown, [("-50".to_owned(), false), ("-99".to_owned(), false)]);
    stage.advance(Duration::days(3)).await;
    let tokens = stage.client.refresh(refresh_token(&tokens)).await.expect("tokens");
    assert!(pending(tokens.access_token.clone()).await.is_empty());
    let month = Window { from: "2026-11-01".parse().ok(), to: None };
    let booked =
        stage.client.account_transactions(&id, month, &attended(&tokens.access_token)).await.expect("rows");
    let recent = |amount: &str| {
        booked
            .values()
            .any(|row| row.timestamp.on.to_string() == "2026-11-22" && row.amount.to_string() == amount)
    };
    assert!(recent("-56"), "12 % more, two days later");
    assert!(!booked.values().any(|row| row.amount.to_string() == "-99"), "the reservation came to nothing");
}

#[tokio::test]
async fn transactions_arrive_as_time_goes_on() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let before = history(&stage, &tokens.access_token, &id).await;
    stage.advance(Duration::days(10)).await;
    let tokens = stage.client.refresh(refresh_token(&tokens)).await.expect("tokens");
    let recent = Window { from: Some("2026-11-15".parse().unwrap()), to: None };
    let after =
        stage.client.account_transactions(&id, recent, &attended(&tokens.access_token)).await.expect("rows");
    let known: BTreeSet<_> = before.values().filter_map(Transaction::normalised_id).collect();
    let new = after.values().filter(|row| row.normalised_id().is_some_and(|id| !known.contains(id)));
    assert!(new.count() >= 8);
    let old = after.values().filter(|row| row.normalised_id().is_some_and(|id| known.contains(id)));
    assert!(old.count() > 0, "lasting names last");
}

#[tokio::test]
async fn some_banks_give_no_lasting_names_and_some_only_cards() {
    let stage = Stage::live().await;
    let plain = stage.connect("john", "doe", "ob-plainfield").await;
    let id = stage.account(&plain.access_token, AccountType::Transaction).await;
    let call = attended(&plain.access_token);
    let rows = stage.client.account_transactions(&id, Window::default(), &call).await.expect("rows");
    assert!(rows.values().all(|row| row.normalised_id().is_none()));
    let german = stage.connect("john", "doe", "xs2a-nordstern").await;
    let accounts = stage.client.accounts(&attended(&german.access_token)).await.expect("accounts");
    let account = accounts.first().expect("one");
    assert_eq!(account.currency, kernel::Currency::EUR);
    assert_eq!(account.account_number.iban().map(|iban| iban.country()), Some(kernel::CountryCode::DE));
    assert_eq!((account.account_number.sort_code(), account.account_number.bic()), (None, None));
    let cardinal = stage.connect("john", "doe", "ob-cardinal").await;
    let refused = stage.client.accounts(&attended(&cardinal.access_token)).await.expect_err("cards only");
    assert_eq!(refused.remedy(), truelayer::Remedy::NeverAsk);
    assert_eq!(stage.client.cards(&attended(&cardinal.access_token)).await.expect("cards").items.len(), 1);
}

#[tokio::test]
async fn the_savings_account_earns_interest_and_receives_what_the_current_account_sends() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let (current, savings) = (
        stage.account(&tokens.access_token, AccountType::Transaction).await,
        stage.account(&tokens.access_token, AccountType::Savings).await,
    );
    let moved = |rows: Answer<Transaction>, direction| {
        let own = |row: &&Transaction| {
            row.transaction_type == direction && row.description.expose().contains("SAVER")
        };
        rows.values().filter(own).count()
    };
    let sent = moved(history(&stage, &tokens.access_token, &current).await, Direction::Debit);
    let received = moved(history(&stage, &tokens.access_token, &savings).await, Direction::Credit);
    assert!(sent > 20);
    assert_eq!(sent, received);
}
