//! Every read of the Data API.

use truelayer::data::{AccountType, Direction, InstructionStatus, TransactionCategory};
use truelayer::{Decimal, ErrorCode, Scope, Scopes, TaskStatus, Window};

use crate::stage::{Stage, attended, call};

#[tokio::test]
async fn the_link_says_what_it_is_and_when_it_ends() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let answer = stage.client.me(&call(&tokens.access_token)).await.expect("me");
    let me = answer.first().expect("one");
    assert!(me.is_authorised());
    assert_eq!(me.provider.provider_id, "mock");
    assert_eq!(me.credentials_id, stage.only_link());
    assert_eq!(answer.credentials_id.as_deref(), Some(me.credentials_id.as_str()));
    assert_eq!(me.consent_expires_at.map(|at| (at.at - stage.now()).num_days()), Some(90));
    assert_eq!(me.scopes, Scopes::all());
    assert!(answer.correlation_id.is_some());
}

#[tokio::test]
async fn the_user_has_a_name_and_no_log_learns_it() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let answer = stage.client.info(&call(&tokens.access_token)).await.expect("info");
    let info = answer.first().expect("one");
    assert_eq!(info.full_name.as_ref().map(|name| name.expose().as_str()), Some("John Doe"));
    assert_eq!(info.emails.len(), 1);
    assert!(!format!("{answer:?}").contains("Doe"), "{answer:?}");
}

#[tokio::test]
async fn accounts_come_one_by_one_as_in_the_list() {
    let stage = Stage::sandbox().await;
    let tokens = stage.connect("john3", "iban3", "mock").await;
    let list = stage.client.accounts(&call(&tokens.access_token)).await.expect("accounts");
    assert!(list.is_complete());
    let kinds: Vec<AccountType> = list.values().map(|account| account.account_type).collect();
    assert_eq!(kinds, [AccountType::Transaction, AccountType::Savings, AccountType::BusinessTransaction]);
    let mut ibans = std::collections::BTreeSet::new();
    for account in list.values() {
        let numbers = &account.account_number;
        assert_eq!(numbers.sort_code(), "01-21-31".parse().ok());
        assert!(numbers.number().is_some_and(|number| number.starts_with("1000003")));
        ibans.insert(numbers.iban().expect("a valid IBAN").as_str().to_owned());
        let one =
            stage.client.account(&account.account_id, &call(&tokens.access_token)).await.expect("an account");
        assert_eq!(one.items.len(), 1);
        assert_eq!(one.first().map(|it| &it.account_id), Some(&account.account_id));
    }
    assert_eq!(ibans.len(), 3, "each account has an IBAN of its own");
}

#[tokio::test]
async fn plain_users_accounts_share_one_iban() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let list = stage.client.accounts(&call(&tokens.access_token)).await.expect("accounts");
    let ibans: std::collections::BTreeSet<_> = list
        .values()
        .filter_map(|account| Some(account.account_number.iban()?.as_str().to_owned()))
        .collect();
    assert_eq!((list.items.len(), ibans.len()), (3, 1));
}

#[tokio::test]
async fn balances_are_exact() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    for (kind, has_overdraft) in [(AccountType::Transaction, true), (AccountType::Savings, false)] {
        let id = stage.account(&tokens.access_token, kind).await;
        let answer = stage.client.account_balance(&id, &call(&tokens.access_token)).await.expect("a balance");
        let balance = answer.first().expect("one");
        balance.current.to_money(balance.currency).expect("whole pence");
        assert_eq!(balance.overdraft.is_some(), has_overdraft, "{kind:?}");
    }
}

#[tokio::test]
async fn transactions_have_directions_dates_and_texts() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let window = Window::days("2026-10-01".parse().unwrap(), "2026-10-31".parse().unwrap());
    let answer =
        stage.client.account_transactions(&id, window, &call(&tokens.access_token)).await.expect("rows");
    assert!(answer.is_complete());
    assert!(answer.items.len() > 15, "{}", answer.items.len());
    for row in answer.values() {
        let day = row.timestamp.on.to_string();
        assert!(day.starts_with("2026-10-"), "{day}");
        assert_eq!(row.amount.is_negative(), row.transaction_type == Direction::Debit);
        row.magnitude().to_money(row.currency).expect("whole pence");
    }
    let salary = answer.values().find(|row| row.description.expose().contains("SALARY")).expect("a salary");
    assert_eq!((salary.transaction_type, salary.amount), (Direction::Credit, "2850".parse().unwrap()));
    assert!(answer.values().any(|row| row.transaction_category == TransactionCategory::StandingOrder));
}

#[tokio::test]
async fn cards_have_positive_amounts_whichever_way_the_money_went() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let cards = stage.client.cards(&call(&tokens.access_token)).await.expect("cards");
    let card = cards.first().expect("a card");
    let id = &card.account_id;
    assert_eq!(stage.client.card(id, &call(&tokens.access_token)).await.expect("a card").items.len(), 1);
    let balance = stage.client.card_balance(id, &call(&tokens.access_token)).await.expect("a balance");
    let balance = balance.first().expect("one");
    assert!(!balance.current.is_negative());
    assert!(balance.available.is_some());
    assert_eq!(balance.update_timestamp, None, "malformed, as in the vendor's own example");
    let rows = stage
        .client
        .card_transactions(id, Window::default(), &call(&tokens.access_token))
        .await
        .expect("rows");
    let has = |direction| rows.values().any(|row| row.transaction_type == direction);
    assert!(has(Direction::Debit) && has(Direction::Credit));
    assert!(rows.values().all(|row| !row.amount.is_negative()));
    let call = call(&tokens.access_token);
    stage.client.card_pending_transactions(id, Window::default(), &call).await.expect("pending rows");
}

#[tokio::test]
async fn standing_orders_and_direct_debits_are_listed() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let orders = stage.client.standing_orders(&id, &call(&tokens.access_token)).await.expect("orders");
    assert_eq!(orders.items.len(), 2);
    let rent = orders.first().expect("rent");
    assert_eq!(rent.next_payment_amount, "950".parse::<Decimal>().ok());
    assert_eq!(rent.next_payment_date.map(|at| at.on.to_string()).as_deref(), Some("2026-12-01"));
    assert_eq!(rent.final_payment_date.map(|at| at.on.to_string()).as_deref(), Some("9999-12-31"));
    let debits = stage.client.direct_debits(&id, &call(&tokens.access_token)).await.expect("debits");
    assert!(debits.items.len() >= 3);
    assert!(debits.values().all(|debit| debit.status == Some(InstructionStatus::Active)));
}

#[tokio::test]
async fn what_the_user_did_not_grant_is_denied() {
    let stage = Stage::sandbox().await;
    let verifier = truelayer::CodeVerifier::generate(&stage.random);
    let scopes = Scopes::new([Scope::Accounts]);
    let link = stage.link_for("mock", &verifier.challenge(), &scopes);
    let callback = stage.walk(&truelayer::simulator::Authorization::of(link));
    let tokens = stage.exchange(&crate::stage::Returned { callback, verifier }).await.expect("tokens");
    assert_eq!(tokens.refresh_token, None, "no offline access, no refresh token");
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let refused =
        stage.client.account_balance(&id, &call(&tokens.access_token)).await.expect_err("not granted");
    assert_eq!(refused.code(), Some(ErrorCode::AccessDenied));
    assert!(stage.client.cards(&call(&tokens.access_token)).await.is_err());
}

#[tokio::test]
async fn accounts_that_the_user_left_out_do_not_exist() {
    let stage = Stage::sandbox().await;
    let verifier = truelayer::CodeVerifier::generate(&stage.random);
    let link = stage.link("mock", &verifier.challenge());
    let only_savings = truelayer::simulator::Authorization {
        accounts: Some(vec!["savings".to_owned()]),
        ..truelayer::simulator::Authorization::of(link)
    };
    let callback = stage.walk(&only_savings);
    let tokens = stage.exchange(&crate::stage::Returned { callback, verifier }).await.expect("tokens");
    let list = stage.client.accounts(&call(&tokens.access_token)).await.expect("accounts");
    assert_eq!(list.values().map(|account| account.account_type).collect::<Vec<_>>(), [AccountType::Savings]);
    let cards = stage.client.cards(&call(&tokens.access_token)).await.expect("cards");
    assert_eq!((cards.items.len(), cards.status), (0, TaskStatus::Succeeded));
}

#[tokio::test]
async fn another_users_account_is_not_found() {
    let stage = Stage::sandbox().await;
    let (one, other) = (stage.john().await, stage.connect("john2", "doe2", "mock").await);
    let id = stage.account(&other.access_token, AccountType::Transaction).await;
    for id in [id.as_str(), "nobody", "../me"] {
        let refused =
            stage.client.account_balance(id, &call(&one.access_token)).await.expect_err("not john's");
        assert!(
            matches!(refused.code(), Some(ErrorCode::AccountNotFound | ErrorCode::NotFound)),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn the_same_question_within_an_hour_gets_the_same_bytes() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let ids = || async {
        let call = attended(&tokens.access_token);
        let answer = stage.client.account_transactions(&id, Window::default(), &call).await.expect("rows");
        let ids: Vec<String> = answer.values().map(|row| row.transaction_id.clone()).collect();
        (ids, answer.fresh_for, answer.last_modified)
    };
    let first = ids().await;
    assert_eq!((first.1.map(|left| left.as_secs()), first.2), (Some(3600), Some(stage.now())));
    stage.advance(chrono::Duration::minutes(59)).await;
    let second = ids().await;
    assert_eq!((&second.0, second.1.map(|left| left.as_secs())), (&first.0, Some(60)));
    stage.advance(chrono::Duration::minutes(1)).await;
    let refreshed = stage.client.refresh(crate::stage::refresh_token(&tokens)).await.expect("tokens");
    let call = attended(&refreshed.access_token);
    let third = stage.client.account_transactions(&id, Window::default(), &call).await.expect("rows");
    let third: Vec<String> = third.values().map(|row| row.transaction_id.clone()).collect();
    assert!(third.iter().all(|id| !first.0.contains(id)), "the service's ids change with every answer");
}

#[tokio::test]
async fn calls_carry_the_users_address_and_the_programs_name_for_them() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    stage.client.accounts(&attended(&tokens.access_token)).await.expect("accounts");
    stage.client.cards(&call(&tokens.access_token)).await.expect("cards");
    let calls = stage.simulator.control().calls();
    let about = |path: &str| calls.iter().find(|call| call.path == path).expect("the call");
    assert!(about("/data/v1/accounts").attended);
    assert_eq!(about("/data/v1/accounts").correlation_id.as_deref(), Some("test-1"));
    assert!(!about("/data/v1/cards").attended);
}

#[tokio::test]
async fn banks_are_listed_by_country_and_by_what_they_can() {
    let stage = Stage::live().await;
    let query = |countries| truelayer::ProviderQuery { client_id: None, scopes: None, countries };
    let all = stage.client.providers(&query(&[])).await.expect("banks");
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|bank| !bank.is_unhealthy() && bank.logo_url.is_some()));
    let german = stage.client.providers(&query(&["de", "at"])).await.expect("banks");
    assert_eq!(
        german.iter().map(|bank| bank.provider_id.as_str()).collect::<Vec<_>>(),
        ["xs2a-nordstern", "xs2a-alpin"]
    );
    let scopes = Scopes::new([Scope::Accounts, Scope::StandingOrders]);
    let able = truelayer::ProviderQuery { scopes: Some(&scopes), ..query(&[]) };
    let able = stage.client.providers(&able).await.expect("banks");
    assert_eq!(
        able.iter().map(|bank| bank.provider_id.as_str()).collect::<Vec<_>>(),
        ["ob-harbour", "ob-plainfield"]
    );
}
