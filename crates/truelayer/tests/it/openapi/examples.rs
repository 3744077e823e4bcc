//! The client reads every example that the vendor publishes.

use serde::de::DeserializeOwned;
use serde_json::Value;
use truelayer::data::{
    Account, AccountBalance, AccountType, Card, CardBalance, DirectDebit, Info, Me, StandingOrder,
    Transaction,
};
use truelayer::payments::PaymentEvent;
use truelayer::{ErrorCode, Provider};

use super::description::Description;

/// Reads the rows of an example from its text, so that amounts keep their digits.
fn rows<T: DeserializeOwned>(data: &Description, name: &str) -> Vec<T> {
    let example = &data.document()["components"]["examples"][name]["value"];
    assert!(!example.is_null(), "{name}");
    let rows = example["results"].as_array().expect("rows");
    let read = |row: &Value| {
        serde_json::from_str(&row.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    rows.iter().map(read).collect()
}

#[test]
fn every_example_of_the_data_api_is_read() {
    let Some(data) = Description::read("data-api-v1") else { return };
    let me = &rows::<Me>(&data, "GetMe200Response")[0];
    assert!(me.is_authorised() && me.consent_expires_at.is_some());
    rows::<Info>(&data, "GetInfoTypical200Response");
    assert_eq!(rows::<Info>(&data, "GetInfoAllFields200Response")[0].phones.len(), 1);
    let accounts = rows::<Account>(&data, "GetAccounts200Response");
    assert_eq!(accounts[1].account_type, AccountType::Savings);
    assert_eq!(accounts[0].account_number.bic(), Some("LOYDGB2L"));
    let australian = &rows::<Account>(&data, "GetAccountsAU200Response")[0];
    assert_eq!(australian.account_number.bsb(), Some("112879"));
    rows::<Account>(&data, "GetAccount200Response");
    rows::<Account>(&data, "GetAccountAU200Response");
    let balance = &rows::<AccountBalance>(&data, "GetAccountBalance200Response")[0];
    assert_eq!((balance.current.to_string().as_str(), balance.overdraft), ("1161.2", "1000".parse().ok()));
    rows::<AccountBalance>(&data, "GetAccountBalanceAU200Response");
    let transactions = rows::<Transaction>(&data, "GetAccountTransactions200Response");
    assert_eq!(transactions[0].amount.to_string(), "-2.99");
    assert_eq!(transactions[0].normalised_id(), Some("txn-ajdifh38fheu5hgue"));
    let australian = rows::<Transaction>(&data, "GetAccountTransactionsAU200Response");
    assert!(australian.iter().all(|row| row.transaction_classification.is_empty()));
    let orders = rows::<StandingOrder>(&data, "GetAccountStandingOrders200Response");
    assert_eq!(orders[0].next_payment_amount, "500".parse().ok());
    let debits = rows::<DirectDebit>(&data, "GetAccountDirectDebits200Response");
    assert_eq!(debits[1].previous_payment_amount, "4.99".parse().ok());
    let collected = debits[0].previous_payment_timestamp.expect("a time");
    assert_eq!(
        (collected.on.to_string().as_str(), collected.at.to_string().as_str()),
        ("2018-09-17", "2018-09-16 23:00:00 UTC")
    );
    rows::<Card>(&data, "GetCards200Response");
    rows::<Card>(&data, "GetCard200Response");
    let card = &rows::<CardBalance>(&data, "GetCardBalance200Response")[0];
    assert_eq!((card.available, card.update_timestamp), ("3279".parse().ok(), None));
    let purchases = rows::<Transaction>(&data, "GetCardTransactions200Response");
    assert_eq!(
        (purchases[0].amount.is_negative(), purchases[0].meta.text("location")),
        (false, Some("INTERNET"))
    );
}

#[test]
fn every_code_in_the_examples_has_a_remedy() {
    let mut codes = 0;
    for name in ["data-api-v1", "authentication-api"] {
        let Some(description) = Description::read(name) else { return };
        for example in
            description.document()["components"]["examples"].as_object().expect("examples").values()
        {
            let Some(code) = example["value"]["error"].as_str() else { continue };
            assert!(ErrorCode::all().any(|known| known.as_str() == code), "{code}");
            codes += 1;
        }
    }
    assert_eq!(codes, 21);
}

#[test]
fn the_example_of_the_list_of_banks_is_read() {
    let Some(auth) = Description::read("authentication-api") else { return };
    let example = &auth.document()["components"]["examples"]["GetProviders200Response"]["value"];
    let banks: Vec<Provider> = serde_json::from_value(example.clone()).expect("banks");
    assert_eq!(banks.len(), 4);
    assert!(banks.iter().any(|bank| bank.steps.is_some()));
}

#[test]
fn every_example_of_a_payment_event_is_read() {
    let Some(payments) = Description::read("payments-api-v3") else { return };
    for kind in ["payments", "refunds"] {
        let post = &payments.document()["webhooks"][kind]["post"];
        let content = post["requestBody"]["content"].as_object().expect("content");
        let examples =
            content.values().next().and_then(|content| content["examples"].as_object()).expect("examples");
        for (name, example) in examples {
            let body = example["value"].to_string();
            PaymentEvent::parse(body.as_bytes()).unwrap_or_else(|_| panic!("{name}: {body}"));
        }
    }
}
