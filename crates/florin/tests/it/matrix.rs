//! The authorization matrix: every route of the document, asked by everybody, about A's object and about none.
//!
//! The routes, the console's pages among them, come from the router itself (`split_for_parts`), what is expected from
//! `matrix/table.txt`. A route
//! without a row fails, and so does a row without a route. Bodies are right, and objects that a request uses up
//! are made anew for each, so that only the sender can be the reason of a 401, 403 or 404.

mod fields;
mod keys;
mod plans;
mod requests;
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::harness::{Answer, App};
use table::{Row, is_beside_the_api, is_page, path_of, rows};
use world::{Which, Who, World};

/// The tags whose routes are asked together, each group in a test of its own.
const ENTRY: &[&str] = &["auth"];
const ONESELF: &[&str] = &["me", "api-keys", "challenges"];
const USERS: &[&str] = &["users", "kyc"];
const ACCOUNTS: &[&str] = &["accounts"];
const MONEY: &[&str] = &["transfers", "transactions"];
const SECOND_PERSON: &[&str] = &["approvals"];
const LINKS: &[&str] = &["open-banking"];
const OVERSIGHT: &[&str] = &["audit", "jobs", "ledger", "sandbox"];
const PAGES: &[&str] = &["console", "door", "oneself", "customers", "team"];
const PAGES_OF_MONEY: &[&str] = &["account-pages", "transaction-pages", "cash-pages", "approval-pages"];
const PAGES_OF_LINKS: &[&str] = &["connections"];
const OWN_PAGES: &[&str] = &["own"];
const ASKED: &[&[&str]] = &[
    ENTRY,
    ONESELF,
    USERS,
    ACCOUNTS,
    MONEY,
    LINKS,
    SECOND_PERSON,
    OVERSIGHT,
    PAGES,
    PAGES_OF_MONEY,
    PAGES_OF_LINKS,
    OWN_PAGES,
];

/// Fields that are nobody's to send where they are not asked for.
const FORBIDDEN_FIELDS: [&str; 5] = ["role", "balance", "status", "owner", "kyc_level"];

#[tokio::test]
async fn every_route_has_a_row_and_every_row_a_route() {
    let app = App::new().await;
    let operations = operations(&app);
    let rows = rows();
    let written: BTreeSet<&str> = rows.iter().map(|row| row.route).collect();
    assert_eq!(written.len(), rows.len(), "a route has two rows");
    let without_row: Vec<_> = operations.keys().filter(|route| !written.contains(route.as_str())).collect();
    assert!(without_row.is_empty(), "write rows into matrix/table.txt: {without_row:?}");
    let undocumented =
        |row: &&Row| !is_beside_the_api(path_of(row.route)) && !operations.contains_key(row.route);
    let without_route: Vec<_> = rows.iter().filter(undocumented).map(|row| row.route).collect();
    assert!(without_route.is_empty(), "rows without a route: {without_route:?}");
    for row in &rows {
        let names_object = row.route.contains('{') && !row.route.contains("{month}");
        assert!(!names_object || row.missing.is_some(), "what is there without the object? {}", row.route);
    }
    let asked: BTreeSet<&str> = ASKED.iter().flat_map(|tags| tags.iter().copied()).collect();
    let unasked: Vec<_> = operations.values().filter(|tag| !asked.contains(tag.as_str())).collect();
    assert!(unasked.is_empty(), "no test asks the routes of {unasked:?}");
}

#[tokio::test]
async fn whoever_comes_in_is_judged_by_what_is_shown() {
    judge(ENTRY).await;
}

#[tokio::test]
async fn what_is_ones_own_is_nobody_elses() {
    judge(ONESELF).await;
}

#[tokio::test]
async fn users_are_managed_by_the_staff_whose_work_it_is() {
    judge(USERS).await;
}

#[tokio::test]
async fn accounts_are_seen_by_their_owners_and_by_staff() {
    judge_those(ACCOUNTS, |route| route.starts_with("GET ")).await;
}

#[tokio::test]
async fn accounts_are_changed_by_their_holders_and_the_staff_whose_work_they_are() {
    judge_those(ACCOUNTS, |route| !route.starts_with("GET ")).await;
}

#[tokio::test]
async fn money_is_moved_by_those_who_may_pay_and_seen_by_those_who_may_view() {
    judge(MONEY).await;
}

#[tokio::test]
async fn accounts_at_other_banks_are_their_customers_alone() {
    judge(LINKS).await;
}

#[tokio::test]
async fn what_needs_a_second_person_is_decided_by_staff_who_may() {
    judge(SECOND_PERSON).await;
}

#[tokio::test]
async fn the_bank_is_watched_by_those_who_may() {
    judge(OVERSIGHT).await;
}

#[tokio::test]
async fn pages_are_for_staff_and_forms_for_those_whose_work_they_are() {
    judge(PAGES).await;
}

#[tokio::test]
async fn pages_about_money_are_for_staff_and_its_forms_for_those_whose_work_they_are() {
    judge(PAGES_OF_MONEY).await;
}

#[tokio::test]
async fn pages_about_links_are_for_the_staff_whose_work_they_are() {
    judge(PAGES_OF_LINKS).await;
}

#[tokio::test]
async fn customers_own_pages_are_theirs_alone() {
    judge(OWN_PAGES).await;
}

#[tokio::test]
async fn what_stands_beside_the_api_is_open_to_everybody() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for row in rows().into_iter().filter(|row| is_beside_the_api(path_of(row.route))) {
        check(&world, &row, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Asks every route with one of these tags as everybody, and compares with the table.
async fn judge(tags: &[&str]) {
    judge_those(tags, |_| true).await;
}

async fn judge_those(tags: &[&str], chosen: fn(&str) -> bool) {
    let world = World::new().await;
    let operations = operations(&world.app);
    let judged = |row: &Row| operations.get(row.route).is_some_and(|tag| tags.contains(&tag.as_str()));
    let mut wrong = Vec::new();
    for row in rows().into_iter().filter(|row| chosen(row.route) && judged(row)) {
        check(&world, &row, &mut wrong).await;
        if is_page(path_of(row.route)) {
            refuses_forged_forms(&world, &row, &mut wrong).await;
        } else {
            refuses_forbidden_fields(&world, &row, &mut wrong).await;
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

async fn check(world: &World, row: &Row, wrong: &mut Vec<String>) {
    let own = column(world, row.route, Which::Owned).await;
    compare(row.route, "A's", (&row.own, &own), wrong);
    let Some(expected) = &row.missing else { return };
    let missing = column(world, row.route, Which::Missing).await;
    compare(row.route, "missing", (expected, &missing), wrong);
    for (who, (own, missing)) in Who::ALL.iter().zip(own.iter().zip(&missing)) {
        if letter(own) == '4' && told(own) != told(missing) {
            wrong.push(format!(
                "{}: {who:?} can tell A's object from one that is not there:\n  {:?}\n  {:?}",
                row.route,
                told(own),
                told(missing)
            ));
        }
    }
}

async fn column(world: &World, route: &'static str, which: Which) -> Vec<Answer> {
    let mut answers = Vec::new();
    for who in Who::ALL {
        answers.push(world.ask(route, who, which).await);
    }
    answers
}

fn compare(route: &str, which: &str, (expected, found): (&[char], &[Answer]), wrong: &mut Vec<String>) {
    for ((who, expected), answer) in Who::ALL.iter().zip(expected).zip(found) {
        let found = letter(answer);
        if found != *expected {
            let body: String = String::from_utf8_lossy(&answer.bytes).chars().take(300).collect();
            let status = answer.status;
            wrong.push(format!(
                "{route} ({which}) by {who:?}: {expected} expected, {found} found: {status} {body}"
            ));
        }
    }
}

/// Puts an answer into one letter. A request that was not understood says nothing about who sent it: `?`.
fn letter(answer: &Answer) -> char {
    let door = answer.header("location").split('?').next().unwrap_or_default();
    if matches!(door, "/admin/sign-in" | "/my/sign-in") {
        return '1';
    }
    // A page tells a person what is wrong with a field, not a program which code it is.
    if answer.status == 422 && answer.text().contains(r#"class="error""#) {
        return '?';
    }
    let (status, code) = judgement(answer);
    match status {
        401 => '1',
        403 if code == "challenge_required" => '?',
        403 => '3',
        404 => '4',
        422 if code == "invalid_input" => '?',
        200 | 201 | 202 | 204 | 303 | 409 | 422 => '+',
        _ => '?',
    }
}

/// Returns status and code; of a batch those of its first item, which is judged for itself.
fn judgement(answer: &Answer) -> (u64, String) {
    let body: Value = serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null);
    let code = |problem: &Value| problem["code"].as_str().unwrap_or_default().to_owned();
    match body["items"][0]["status"].as_u64() {
        Some(status) => (status, code(&body["items"][0]["problem"])),
        None => (u64::from(answer.status.as_u16()), code(&body)),
    }
}

/// Returns what an answer tells its reader, without what names the request. Of a page that is its status: it
/// repeats the address that was asked for.
fn told(answer: &Answer) -> (u16, String, Value) {
    let mut body: Value = serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null);
    forget_request(&mut body);
    (answer.status.as_u16(), answer.header("content-type").to_owned(), body)
}

fn forget_request(body: &mut Value) {
    match body {
        Value::Object(members) => {
            members.remove("request_id");
            members.values_mut().for_each(forget_request);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_request),
        _ => {}
    }
}

/// Sends fields that decide about people and money where the route does not ask for them.
async fn refuses_forbidden_fields(world: &World, row: &Row, wrong: &mut Vec<String>) {
    let allowed = Who::ALL.into_iter().zip(&row.own).find(|(_, letter)| **letter == '+');
    let Some((who, _)) = allowed else { return };
    // The form is the service's, which may add to it; what is not known of it is not read.
    if row.route == "POST /integrations/truelayer/webhook/tasks" {
        return;
    }
    // One request serves for all: none of them gets as far as to use anything up.
    let ask = requests::of(world, row.route, who, Which::Owned).await;
    for field in FORBIDDEN_FIELDS {
        let mut ask = ask.clone();
        let Some(body) = &mut ask.body else { return };
        if body.get(field).is_some() {
            continue;
        }
        body[field] = json!("admin");
        let answer = world.send(row.route, who, ask).await;
        if judgement(&answer) != (422, "invalid_input".to_owned()) {
            wrong.push(format!("{}: takes a field {field}: {}", row.route, answer.status));
        }
    }
}

/// Sends each form of the console without its token, and with the one of another session.
async fn refuses_forged_forms(world: &World, row: &Row, wrong: &mut Vec<String>) {
    if row.route.starts_with("GET ") {
        return;
    }
    for who in Who::ALL.into_iter().filter(|who| who.is_at_home(path_of(row.route))) {
        for token in [None, Some(world.clerk(another(who)).token.as_str())] {
            let ask = requests::of(world, row.route, who, Which::Owned).await;
            let answer = world.submit(row.route, who, (ask, token)).await;
            if answer.status != 403 {
                wrong.push(format!("{}: takes a forged form from {who:?}: {}", row.route, answer.status));
            }
        }
    }
}

fn another(who: Who) -> Who {
    match who {
        Who::Support => Who::Admin,
        Who::Owner => Who::Stranger,
        _ if who.is_staff() => Who::Support,
        _ => Who::Owner,
    }
}

/// Lists the routes of both documents, the API's without `/api/v1`, with their tags.
fn operations(app: &App) -> BTreeMap<String, String> {
    let documents = [&app.document, &bank::router::console_document()].map(serde_json::to_value);
    let documents = documents.map(|document| document.expect("a document is JSON"));
    let (mut found, mut names) = (BTreeMap::new(), BTreeSet::new());
    let items = documents.iter().flat_map(|document| document["paths"].as_object().expect("paths"));
    for (path, item) in items {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        for (method, operation) in item.as_object().expect("operations") {
            let tag = operation["tags"][0].as_str().unwrap_or_else(|| panic!("{method} {path} has no tag"));
            let name = operation["operationId"].as_str().expect("a name").to_owned();
            assert!(names.insert(name), "{method} {path} has the operation id of another route");
            found.insert(format!("{} {path}", method.to_uppercase()), tag.to_owned());
        }
    }
    found
}
