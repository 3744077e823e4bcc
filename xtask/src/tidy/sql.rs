//! SQL stands in stores, and in the subset that SQLite and PostgreSQL share.
//!
//! A guess from how a string begins; what it misses is left to the reader. Tests may ask the database
//! what they like, and migrations and the ledger's files named after one engine may speak its dialect.

use crate::tidy::{Offence, Tree};

/// What one of the engines does not understand, and what to write instead.
const DIALECT: [(&str, &str); 10] = [
    ("::", "`cast(x as type)`"),
    ("now()", "an instant bound from Rust"),
    ("current_timestamp", "an instant bound from Rust"),
    ("interval '", "an instant bound from Rust"),
    ("any($", "SeaORM's `is_in`"),
    ("any ($", "SeaORM's `is_in`"),
    ("distinct on", "`group by` or `row_number()`"),
    ("lateral", "a join or a second statement"),
    ("for update", "the query builder's `lock_exclusive()`"),
    (" ilike ", "a lower-cased search key"),
];

/// Looks at every string that reads like SQL.
pub(crate) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.sources.iter().filter(|source| source.path.starts_with("crates/")) {
        for string in source.strings.iter().filter(|string| !source.is_test(string.offset)) {
            let line = source.line(string.offset);
            let found = judge(&source.path, &normalize(&string.text));
            offences.extend(found.into_iter().map(|(rule, what)| Offence {
                rule,
                path: source.path.clone(),
                line,
                what,
            }));
        }
    }
    offences
}

fn judge(path: &str, sql: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if !is_statement(sql) {
        return found;
    }
    if !is_store(path) {
        found.push(("sql-place", "SQL belongs into the slice's store".to_owned()));
    }
    if !speaks_one_engine(path) {
        for (word, instead) in DIALECT.iter().filter(|(word, _)| sql.contains(word)) {
            let what = format!("`{}` is not common to both engines: {instead}", word.trim());
            found.push(("sql-dialect", what));
        }
    }
    found
}

/// Lower-cases, and makes one space of every run of blanks, line ends and their escapes.
fn normalize(text: &str) -> String {
    let text = text.replace("\\n", " ").replace('\\', " ").to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_statement(sql: &str) -> bool {
    let begins = |words: &str| sql.starts_with(words);
    (begins("select ") && (sql.contains(" from ") || sql.contains('(') || sql == "select 1"))
        || begins("insert into ")
        || begins("delete from ")
        || (begins("update ") && sql.contains(" set "))
        || (begins("with ") && sql.contains(" as ("))
}

fn is_store(path: &str) -> bool {
    path.ends_with("/store.rs")
        || path.contains("/store/")
        || path.starts_with("crates/ledger/")
        || path.starts_with("crates/database/")
}

fn speaks_one_engine(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_named =
        path.starts_with("crates/ledger/") && (name.contains("postgres") || name.contains("sqlite"));
    is_named || path.starts_with("crates/database/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    const STORE: &str = "crates/bank/src/wires/store.rs";
    const SERVICE: &str = "crates/bank/src/wires/service.rs";

    #[test]
    fn statements_outside_a_store_are_found() {
        let rows = [
            "select id from wires",
            "\\n  Select id\\n from wires",
            "insert into wires (id) values ($1)",
            "update wires set status = $1",
            "delete from wires where id = $1",
            "with newest as (select id from wires) select id from newest",
        ];
        for sql in rows {
            let text = format!("query(\"{sql}\")");
            assert_eq!(found(check, &[(SERVICE, &text)]), [format!("{SERVICE}:1 sql-place")], "{sql}");
            assert!(found(check, &[(STORE, &text)]).is_empty(), "{sql}");
        }
    }

    #[test]
    fn prose_is_not_sql() {
        for prose in
            ["select a currency", "update your address", "with care", "delete the user", "insert coin"]
        {
            assert!(found(check, &[(SERVICE, &format!("say(\"{prose}\")"))]).is_empty(), "{prose}");
        }
    }

    #[test]
    fn dialects_are_found_where_both_engines_run() {
        let rows = [
            "select x::text from wires",
            "select id from wires where at < now()",
            "select id from wires where at < $1 - interval '1 day'",
            "select id from wires where id = any($1)",
            "select distinct on (id) id from wires",
            "select id from wires, lateral (select 1) x",
            "select id from wires for update",
        ];
        for sql in rows {
            let text = format!("query(r#\"{sql}\"#)");
            assert_eq!(found(check, &[(STORE, &text)]), [format!("{STORE}:1 sql-dialect")], "{sql}");
            assert!(found(check, &[("crates/ledger/src/write_postgres.rs", &text)]).is_empty(), "{sql}");
            assert!(found(check, &[("crates/florin/tests/it/wires.rs", &text)]).is_empty(), "{sql}");
        }
    }
}
