//! The body of a payment, through the whole bank: its layers, the slice, the ledger, the database.
#![no_main]

use axum::http::Method;
use fuzz::World;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    // The seeds name the accounts by letters, because their ids are made with the bank.
    let text = String::from_utf8_lossy(body);
    let [one, other] = World::get().accounts.map(|id| id.to_string());
    let named = text.replace("ONE", &one).replace("OTHER", &other);
    let body = if named == text { body } else { named.as_bytes() };
    let status = World::get().ask(Method::POST, "/api/v1/transfers", body);
    assert!((200..500).contains(&status), "{status}: {}", String::from_utf8_lossy(body));
    World::get().still_balances();
});
