//! Cursors: the texts of pages, alone and as the lists of a running bank take them.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use axum::http::Method;
use fuzz::World;
use kernel::{AccountId, Cursor, TransferId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = str::from_utf8(input)
        && let Ok(cursor) = text.parse::<Cursor>()
    {
        assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor.clone()));
        key::<i64>(&cursor);
        key::<AccountId>(&cursor);
        key::<TransferId>(&cursor);
    }
    // As a key that a list may have made, in the form that the wire has.
    let made = Cursor::new(String::from_utf8_lossy(input)).to_string();
    let account = World::get().accounts[0];
    for list in ["transactions", "accounts", "accounts/ACCOUNT/holds", "accounts/ACCOUNT/transactions"] {
        let path = list.replace("ACCOUNT", &account.to_string());
        let status = World::get().ask(Method::GET, &format!("/api/v1/{path}?after={made}"), &[]);
        assert!(matches!(status, 200 | 422), "{path}: {status}");
    }
});

fn key<K: FromStr + Display + Debug>(cursor: &Cursor) {
    if let Ok(key) = cursor.key::<K>() {
        assert!(Cursor::new(&key).key::<K>().is_ok(), "{key:?}");
    }
}
