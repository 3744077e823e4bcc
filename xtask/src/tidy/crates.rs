//! Arrows between crates: a crate names only those below it.

use crate::tidy::{Offence, Tree};

/// Each crate of the house, and the crates of the house that it may name.
const ARROWS: [(&str, &[&str]); 12] = [
    ("kernel", &[]),
    ("database", &["kernel"]),
    ("ledger", &["kernel", "database"]),
    ("amortization", &["kernel"]),
    ("iso20022", &["kernel"]),
    ("screening", &["kernel"]),
    ("truelayer", &["kernel"]),
    ("bank", &["kernel", "database", "ledger", "amortization", "iso20022", "screening", "truelayer"]),
    (
        "florin",
        &["kernel", "database", "ledger", "amortization", "iso20022", "screening", "truelayer", "bank"],
    ),
    // Drives the built program from outside; nothing names it.
    ("browser", &["kernel", "database", "bank"]),
    ("xtask", &[]),
    // Outside the workspace.
    ("fuzz", &["kernel", "database", "ledger", "bank"]),
];

/// The schema has one home.
const DATABASE_ONLY: &str = "sea-orm-migration";

/// Reads the dependencies of every manifest.
pub(crate) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for document in &tree.documents {
        let Some(name) = crate_of(&document.path) else { continue };
        let refusals = match ARROWS.iter().find(|(known, _)| *known == name) {
            Some((_, allowed)) => judge(name, allowed, &document.text),
            None => vec![(1, format!("`{name}` has no place in xtask/src/tidy/crates.rs"))],
        };
        offences.extend(refusals.into_iter().map(|(line, what)| Offence {
            rule: "crate-arrow",
            path: document.path.clone(),
            line,
            what,
        }));
    }
    offences
}

fn judge(name: &str, allowed: &[&str], manifest: &str) -> Vec<(usize, String)> {
    let mut refusals = Vec::new();
    for (dependency, line) in dependencies(manifest) {
        let is_ours = ARROWS.iter().any(|(known, _)| *known == dependency);
        if is_ours && !allowed.contains(&dependency) {
            refusals.push((line, format!("`{name}` may not name `{dependency}`: arrows point downward")));
        }
        if dependency == DATABASE_ONLY && name != "database" {
            refusals.push((line, format!("`{DATABASE_ONLY}` is for the crate `database` only")));
        }
    }
    refusals
}

fn crate_of(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/Cargo.toml")?;
    match folder.split_once('/') {
        Some(("crates", name)) => Some(name),
        None => Some(folder),
        Some(_) => None,
    }
}

/// Lists `(name, line)` of each dependency, of every kind and for every target.
fn dependencies(manifest: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut is_list = false;
    for (line, number) in manifest.lines().map(str::trim).zip(1..) {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            is_list = header.ends_with("dependencies");
            let table = header.rsplit_once("dependencies.").map(|(_, name)| name);
            found.extend(table.map(|name| (name, number)));
        } else if is_list && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty());
            found.extend(name.map(|name| (name.trim_matches('"'), number)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    const LEDGER: &str = "crates/ledger/Cargo.toml";

    #[test]
    fn arrows_point_downward() {
        let downward = "[dependencies]\nkernel = { workspace = true }\ntokio.workspace = true\n";
        assert!(found(check, &[(LEDGER, downward)]).is_empty());
        for upward in
            ["[dependencies]\nbank = { path = \"../bank\" }\n", "[dev-dependencies]\nbank.workspace = true\n"]
        {
            assert_eq!(found(check, &[(LEDGER, upward)]), [format!("{LEDGER}:2 crate-arrow")]);
        }
        let table = "[dependencies.bank]\nworkspace = true\n";
        assert_eq!(found(check, &[(LEDGER, table)]), [format!("{LEDGER}:1 crate-arrow")]);
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert_eq!(
            found(check, &[("crates/money/Cargo.toml", "")]),
            ["crates/money/Cargo.toml:1 crate-arrow"]
        );
    }

    #[test]
    fn migrations_stay_in_the_database() {
        let text = "[dependencies]\nsea-orm-migration = { workspace = true }\n";
        assert_eq!(found(check, &[(LEDGER, text)]), [format!("{LEDGER}:2 crate-arrow")]);
        assert!(found(check, &[("crates/database/Cargo.toml", text)]).is_empty());
    }
}
