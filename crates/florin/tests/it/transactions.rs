//! The journal as customers and staff read it.

use bank::{Caller, Permissions, Role};
use chrono::Duration;
use kernel::{Currency, Money};
use ledger::{Action, ChartCode, NewTransfer, Posting, chart};
use serde_json::{Value, json};

use crate::harness::App;
use crate::people::{
    account, account_id, bank_app, customer, fund, get, log_of, path_of, person, post, signed,
};

const LIST: &str = "/api/v1/transactions";

async fn list(app: &App, caller: &Caller, query: &str) -> Value {
    get(app, caller, &format!("{LIST}{query}")).await.expect(200).json()
}

/// Lists one field of every item.
fn each(page: &Value, field: &str) -> Vec<Value> {
    page["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

/// Books a payment with a text, a second after the one before.
async fn book(app: &App, from: &Value, to: &Value, (minor, reference): (i64, &str)) -> Value {
    book_as(app, (account_id(from), account_id(to)), minor, ("transfer", reference)).await
}

async fn book_as(
    app: &App,
    (debit, credit): (kernel::AccountId, kernel::AccountId),
    minor: i64,
    (code, reference): (&'static str, &str),
) -> Value {
    app.bank.clock.advance(Duration::seconds(1));
    let id = kernel::TransferId::generate(app.bank.now(), &app.bank.random);
    let amount = Money::new(minor, Currency::GBP);
    let mut new = NewTransfer::new(id, Action::Post { debit, credit, amount }, code);
    reference.clone_into(&mut new.reference);
    let tx = app.bank.db.begin().await.unwrap();
    app.bank.ledger.post(&tx, &Posting::SYSTEM, &[new]).await.unwrap();
    tx.commit().await.unwrap();
    json!(id)
}

#[tokio::test]
async fn a_customer_reads_the_lines_of_all_own_accounts_newest_first() {
    let app = bank_app().await;
    let (ada, bob) = (customer(&app).await, customer(&app).await);
    let (one, two, bobs) = (account(&app, &ada).await, account(&app, &ada).await, account(&app, &bob).await);
    assert_eq!(list(&app, &ada, "").await, json!({ "items": [], "next": null }));
    fund(&app.bank, &one, 1_000).await;
    let moved = book(&app, &one, &two, (300, "between")).await;
    let paid = book(&app, &two, &bobs, (100, "rent")).await;
    let page = list(&app, &ada, "").await;
    assert_eq!(each(&page, "id")[..3], [paid.clone(), moved.clone(), moved.clone()]);
    assert_eq!(page["items"].as_array().unwrap().len(), 4);
    let line = &page["items"][0];
    assert_eq!((&line["account_id"], &line["direction"]), (&two["id"], &json!("debit")));
    assert_eq!(line["amount"], json!({ "amount_minor": 100, "currency": "GBP" }));
    assert_eq!(line["balance_after"], json!({ "amount_minor": 200, "currency": "GBP" }));
    let number = bobs["number"].as_str().unwrap();
    assert_eq!(line["counterparty"], format!("****{}", &number[number.len() - 4..]));
    assert_eq!(
        (&line["reference"], &line["code"], &line["sequence"]),
        (&json!("rent"), &json!("transfer"), &json!(2))
    );
    assert_eq!(
        (&line["booked_at"], &line["effective_on"]),
        (&json!("2026-03-02T09:00:02Z"), &json!("2026-03-02"))
    );
    assert_eq!(page["items"][3]["counterparty"], "the bank");
    let of_one = get(&app, &ada, &path_of(&one, "/transactions")).await.expect(200).json();
    let filtered = list(&app, &ada, &format!("?account_id={}", one["id"].as_str().unwrap())).await;
    assert_eq!(of_one, filtered);
    assert_eq!(each(&of_one, "sequence"), [json!(2), json!(1)]);
    assert_eq!(each(&list(&app, &bob, "").await, "id"), [paid]);
}

#[tokio::test]
async fn what_the_other_side_is_called_is_asked_once() {
    let app = bank_app().await;
    let (ada, bob) = (customer(&app).await, customer(&app).await);
    let (adas, bobs) = (account(&app, &ada).await, account(&app, &bob).await);
    let look = async || {
        let before = app.bank.db.statements();
        let page = list(&app, &ada, "").await;
        (each(&page, "counterparty"), app.bank.db.statements() - before)
    };
    let masked = |account: &Value| {
        let number = account["number"].as_str().unwrap();
        json!(format!("****{}", &number[number.len() - 4..]))
    };
    let (_, of_none) = look().await;
    fund(&app.bank, &adas, 1_000).await;
    book(&app, &adas, &bobs, (100, "rent")).await;
    let named = vec![masked(&bobs), json!("the bank")];
    assert_eq!(look().await, (named.clone(), of_none + 1));
    assert_eq!(look().await, (named, of_none));
    let other = account(&app, &bob).await;
    book(&app, &adas, &other, (100, "rent")).await;
    let named = vec![masked(&other), masked(&bobs), json!("the bank")];
    assert_eq!(look().await, (named.clone(), of_none + 1), "one that was not met before");
    assert_eq!(look().await, (named, of_none));
}

#[tokio::test]
async fn pages_of_the_usual_length_show_every_line_once_whatever_the_number() {
    for count in [49_i64, 50, 51, 52, 101] {
        let app = bank_app().await;
        let ada = customer(&app).await;
        let (one, two) = (account(&app, &ada).await, account(&app, &ada).await);
        let cash = chart::account_id(ChartCode::Cash, Currency::GBP);
        for minor in 1..=count {
            book_as(&app, (cash, account_id(&one)), minor, ("cash_deposit", "")).await;
        }
        book(&app, &one, &two, (1, "the newest")).await;
        for (accounts, path) in [(1, path_of(&one, "/transactions")), (2, LIST.to_owned())] {
            let expected: Vec<Value> = std::iter::repeat_n(json!(1), accounts)
                .chain((1..=count).rev().map(|minor| json!(minor)))
                .collect();
            let (mut shown, mut after) = (Vec::new(), String::new());
            loop {
                let page = get(&app, &ada, &format!("{path}{after}")).await.expect(200).json();
                shown.extend(each(&page, "amount").into_iter().map(|amount| amount["amount_minor"].clone()));
                let Some(next) = page["next"].as_str() else { break };
                assert_eq!(shown.len() % 50, 0, "a page that is not the last is full");
                after = format!("?after={next}");
            }
            assert_eq!(shown, expected, "{count} on {path}");
        }
    }
}

#[tokio::test]
async fn every_filter_narrows_the_list() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let (one, two) = (account(&app, &ada).await, account(&app, &ada).await);
    let cash = chart::account_id(ChartCode::Cash, Currency::GBP);
    book_as(&app, (cash, account_id(&one)), 10_000, ("cash_deposit", "Paid in")).await;
    app.bank.clock.advance(Duration::days(1));
    book(&app, &one, &two, (100, "50% off")).await;
    book(&app, &one, &two, (200, "500 off")).await;
    app.bank.clock.advance(Duration::days(1));
    book(&app, &one, &two, (300, "snake_case \\o/")).await;
    book(&app, &one, &two, (400, "snakeXcase")).await;
    book(&app, &one, &two, (500, "Ärger & Söhne")).await;
    let id = one["id"].as_str().unwrap();
    let auditor = person(&app.bank, Role::Auditor).await;
    for (query, expected) in [
        ("", vec![500, 400, 300, 200, 100, 10_000]),
        ("from=2026-03-03&", vec![500, 400, 300, 200, 100]),
        ("to=2026-03-03&", vec![200, 100, 10_000]),
        ("from=2026-03-03&to=2026-03-03&", vec![200, 100]),
        ("min_amount_minor=400&", vec![500, 400, 10_000]),
        ("max_amount_minor=200&", vec![200, 100]),
        ("direction=credit&", vec![10_000]),
        ("direction=debit&max_amount_minor=200&", vec![200, 100]),
        ("code=cash_deposit&", vec![10_000]),
        ("code=fee&", vec![]),
        ("text=PAID&", vec![10_000]),
        ("text=0%25&", vec![100]),
        ("text=e_c&", vec![300]),
        ("text=%5C&", vec![300]),
        ("text=%C3%84rger&", vec![500]),
        ("text=&max_amount_minor=100&", vec![100]),
        ("text=%27%20or%201=1&", vec![]),
    ] {
        let page = list(&app, &ada, &format!("?{query}account_id={id}")).await;
        assert_eq!(amounts(&page), expected, "{query}");
        // The journal's line is the debit side's: only a direction makes a difference.
        if !query.contains("direction") {
            let all = list(&app, &auditor, &format!("?{query}")).await;
            assert_eq!(amounts(&all), expected, "{query}");
        }
    }
}

fn amounts(page: &Value) -> Vec<i64> {
    each(page, "amount").iter().map(|amount| amount["amount_minor"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_query_that_cannot_be_read_says_where() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    for (query, pointer) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("after=!", "after"),
        ("after=MTI", "after"),
        ("account_id=12", "account_id"),
        ("from=yesterday", "from"),
        ("from=2026-03-03&to=2026-03-02", "to"),
        ("min_amount_minor=1.5", "min_amount_minor"),
        ("direction=up", "direction"),
        ("text=%00", "text"),
        ("text=a&text=b", "text"),
        ("color=red", "color"),
    ] {
        let refused = get(&app, &ada, &format!("{LIST}?{query}")).await.refused(422, "invalid_input").json();
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{query}");
    }
    let auditor = person(&app.bank, Role::Auditor).await;
    for cursor in ["!", "YWJj"] {
        let refused =
            get(&app, &auditor, &format!("{LIST}?after={cursor}")).await.refused(422, "invalid_input");
        assert_eq!(refused.json()["errors"][0]["pointer"], "after");
    }
}

#[tokio::test]
async fn pages_over_several_accounts_neither_skip_nor_repeat_while_new_lines_arrive() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(account(&app, &ada).await);
    }
    fund(&app.bank, &accounts[0], 1_000_000).await;
    let (mut from, mut minor) = (0, 1_000);
    for (step, to) in [1, 2, 0, 1, 0, 2, 1, 2, 0, 2].into_iter().enumerate() {
        book(&app, &accounts[from], &accounts[to], (minor, &format!("{step}"))).await;
        (from, minor) = (to, minor - 1);
    }
    let expected = lines(&list(&app, &ada, "?limit=200").await);
    assert_eq!(expected.len(), 21);
    let mut fresh = 0;
    for limit in [1, 7, 20, 21] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        for page_number in 0.. {
            let page = list(&app, &ada, &format!("?limit={limit}{after}")).await;
            seen.extend(lines(&page));
            // New lines, also on the account that had none.
            for account in accounts.iter().filter(|_| page_number == 0) {
                fund(&app.bank, account, 1).await;
            }
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let old: Vec<_> = seen.iter().filter(|line| expected.contains(line)).cloned().collect();
        assert_eq!(old, expected, "{limit}");
        assert_eq!(seen.len() - old.len(), fresh, "what arrived before the first page, at {limit}");
        fresh += accounts.len();
    }
}

fn lines(page: &Value) -> Vec<(Value, Value)> {
    each(page, "account_id").into_iter().zip(each(page, "sequence")).collect()
}

#[tokio::test]
async fn the_export_is_the_list() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let (one, two) = (account(&app, &ada).await, account(&app, &ada).await);
    fund(&app.bank, &one, 1_000_000).await;
    for step in 0..105 {
        book(&app, &one, &two, (step + 1, "=1+1, \"quoted\"")).await;
    }
    let answer = get(&app, &ada, &format!("{LIST}/export?min_amount_minor=2")).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"transactions.csv\"");
    let text = answer.text();
    let mut rows = text.split_terminator("\r\n");
    let header = "id,account_id,sequence,booked_at,effective_on,direction,amount,currency,balance_after,code,counterparty,reference";
    assert_eq!(rows.next(), Some(header));
    let rows: Vec<_> = rows.collect();
    let first = list(&app, &ada, "?limit=200&min_amount_minor=2").await;
    let second = format!("?limit=200&min_amount_minor=2&after={}", first["next"].as_str().unwrap());
    let second = list(&app, &ada, &second).await;
    let all =
        [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()].concat();
    assert_eq!((rows.len(), all.len()), (209, 209));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for (row, item) in rows.iter().zip(&all) {
        let start = [text(&item["id"]), text(&item["account_id"]), item["sequence"].to_string()].join(",");
        assert!(row.starts_with(&start), "{row}");
        let minor = item["amount"]["amount_minor"].as_i64().unwrap();
        let amount = format!(",{},{}.{:02},GBP,", text(&item["direction"]), minor / 100, minor % 100);
        assert!(row.contains(&amount), "{row} {amount}");
        assert!(row.ends_with(",\"'=1+1, \"\"quoted\"\"\"") || row.ends_with(",the bank,"), "{row}");
    }
    let scopeless = Caller { permissions: Permissions::NONE, ..ada };
    get(&app, &scopeless, &format!("{LIST}/export")).await.refused(403, "forbidden");
}

#[tokio::test]
async fn one_transaction_shows_only_the_lines_one_may_see() {
    let app = bank_app().await;
    let (ada, bob, eve) = (customer(&app).await, customer(&app).await, customer(&app).await);
    let (adas, bobs) = (account(&app, &ada).await, account(&app, &bob).await);
    fund(&app.bank, &adas, 1_000).await;
    let id = book(&app, &adas, &bobs, (300, "rent")).await;
    let path = format!("{LIST}/{}", id.as_str().unwrap());
    let auditor = person(&app.bank, Role::Auditor).await;
    for (caller, accounts) in
        [(&ada, vec![&adas["id"]]), (&bob, vec![&bobs["id"]]), (&auditor, vec![&adas["id"], &bobs["id"]])]
    {
        let shown = get(&app, caller, &path).await.expect(200).json();
        assert_eq!(
            (&shown["id"], &shown["kind"], &shown["reference"]),
            (&id, &json!("posted"), &json!("rent"))
        );
        let entries = json!({ "items": shown["entries"] });
        assert_eq!(each(&entries, "account_id").iter().collect::<Vec<_>>(), accounts);
    }
    get(&app, &eve, &path).await.refused(404, "not_found");
    get(&app, &ada, &format!("{LIST}/trf_00000000000000000000000001")).await.refused(404, "not_found");
    get(&app, &ada, &format!("{LIST}/12")).await.refused(404, "not_found");
    let scopeless = Caller { permissions: Permissions::NONE, ..ada };
    get(&app, &scopeless, &path).await.refused(403, "forbidden");
    assert_eq!(log_of(&app, &id).await, ["transaction.view"]);
}

#[tokio::test]
async fn a_strangers_account_has_no_lines_for_others() {
    let app = bank_app().await;
    let (ada, eve) = (customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    get(&app, &eve, &path_of(&adas, "/transactions")).await.refused(404, "not_found");
    let filtered = format!("{LIST}?account_id={}", adas["id"].as_str().unwrap());
    get(&app, &eve, &filtered).await.refused(404, "not_found");
    get(&app, &eve, &filtered.replace(LIST, &format!("{LIST}/export"))).await.refused(404, "not_found");
    app.get(LIST).send().await.refused(401, "unauthenticated");
    let viewer = json!({ "user_id": eve.user_id, "role": "attorney_view" });
    post(&app, &ada, &path_of(&adas, "/owners"), &viewer).await.expect(201);
    fund(&app.bank, &adas, 1_000).await;
    assert_eq!(list(&app, &eve, "").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn staff_read_one_account_or_a_line_of_every_transfer_and_leave_a_trace() {
    let app = bank_app().await;
    let (ada, bob) = (customer(&app).await, customer(&app).await);
    let (adas, bobs) = (account(&app, &ada).await, account(&app, &bob).await);
    fund(&app.bank, &adas, 1_000).await;
    let paid = book(&app, &adas, &bobs, (300, "rent")).await;
    let held = Action::Hold {
        debit: account_id(&adas),
        credit: account_id(&bobs),
        amount: Money::new(10, Currency::GBP),
        expires_at: None,
    };
    crate::people::pay(&app.bank, held).await;
    let support = person(&app.bank, Role::Support).await;
    let of_bob = get(&app, &support, &path_of(&bobs, "/transactions")).await.expect(200).json();
    assert_eq!(each(&of_bob, "id"), std::slice::from_ref(&paid));
    let page = list(&app, &support, "").await;
    assert_eq!(each(&page, "account_id"), [adas["id"].clone(), adas["id"].clone()]);
    assert_eq!(each(&page, "direction"), [json!("debit"), json!("credit")]);
    let number = bobs["number"].as_str().unwrap();
    assert_eq!(page["items"][0]["counterparty"], format!("****{}", &number[number.len() - 4..]));
    assert_eq!(page["items"][0]["balance_after"], json!({ "amount_minor": 700, "currency": "GBP" }));
    let credits = list(&app, &support, "?direction=credit").await;
    assert_eq!(each(&credits, "account_id"), [bobs["id"].clone(), adas["id"].clone()]);
    let first = list(&app, &support, "?limit=1").await;
    book(&app, &bobs, &adas, (1, "later")).await;
    let second = list(&app, &support, &format!("?limit=1&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((each(&first, "id"), each(&second, "direction")), (vec![paid], vec![json!("credit")]));
    assert_eq!(second["next"], Value::Null);
    let export = get(&app, &support, &format!("{LIST}/export")).await.expect(200).text();
    assert_eq!(export.lines().count(), 4);
    assert_eq!(log_of(&app, &bobs["id"]).await, ["account.open", "transaction.list"]);
    let everywhere = log_of(&app, &json!("*")).await;
    assert!(everywhere.iter().filter(|action| *action == "transaction.list").count() >= 4);
}

#[tokio::test]
async fn the_document_lists_the_filters() {
    let app = bank_app().await;
    let document = serde_json::to_value(&app.document).unwrap();
    for path in ["/api/v1/transactions", "/api/v1/transactions/export", "/api/v1/accounts/{id}/transactions"]
    {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let names: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        for name in ["from", "to", "min_amount_minor", "direction", "code", "text"] {
            assert!(names.contains(&name), "{path} {names:?}");
        }
    }
    let ada = customer(&app).await;
    signed(app.get(LIST), &ada).send().await.expect(200);
}
