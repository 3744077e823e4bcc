//! What every file must and must not have, whatever its language.

use std::collections::BTreeMap;

use crate::tidy::source::Source;
use crate::tidy::{Offence, Tree};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "types", "manager", "misc"];

/// The folder of one developer's machine; written in two parts so that this file does not contain it.
const MACHINE_PATH: &str = concat!("/wo", "rk/");

/// Looks at names, openings and leftovers.
pub(crate) fn check(tree: &Tree) -> Vec<Offence> {
    let sources = tree.sources.iter().flat_map(|source| {
        let leftovers = leftovers(&source.path, &source.text);
        leftovers.into_iter().chain(empty_name(&source.path)).chain(missing_opening(source))
    });
    let documents = tree.documents.iter().flat_map(|document| leftovers(&document.path, &document.text));
    sources.chain(documents).chain(decisions(tree)).collect()
}

fn leftovers(path: &str, text: &str) -> Vec<Offence> {
    let offence =
        |rule, line, what: &str| Offence { rule, path: path.to_owned(), line, what: what.to_owned() };
    let mut offences = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            offences.push(offence("conflict-marker", number, "a merge was left half done"));
        }
        if line.contains(MACHINE_PATH) {
            offences.push(offence("machine-path", number, "a path of one machine; make it relative"));
        }
    }
    offences
}

fn empty_name(path: &str) -> Option<Offence> {
    let is_ours = path.starts_with("crates/") || path.starts_with("xtask/");
    let name =
        path.split('/').map(|part| part.trim_end_matches(".rs")).find(|part| EMPTY_NAMES.contains(part))?;
    is_ours.then(|| Offence {
        rule: "empty-name",
        path: path.to_owned(),
        line: 1,
        what: format!("`{name}` names nothing; name the noun or the use case that is inside"),
    })
}

/// Crate roots and the `mod.rs` of slices say first what they are.
fn missing_opening(source: &Source) -> Option<Offence> {
    let is_crate_root = source.path.ends_with("/src/lib.rs") || source.path.ends_with("/src/main.rs");
    let is_door = is_crate_root || source.path.ends_with("/mod.rs");
    (is_door && !source.path.contains("/tests/") && !source.text.starts_with("//!")).then(|| Offence {
        rule: "opening",
        path: source.path.clone(),
        line: 1,
        what: "open with `//!`: what this is, its states, invariants and costs".to_owned(),
    })
}

/// Decision pages are `NNNN-title.md`, each number once.
fn decisions(tree: &Tree) -> Vec<Offence> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut offences = Vec::new();
    for document in &tree.documents {
        let Some(name) = document.path.strip_prefix("docs/decisions/") else { continue };
        let mut refuse = |what: String| {
            offences.push(Offence { rule: "decision-name", path: document.path.clone(), line: 1, what });
        };
        let Some(number) = decision_number(name) else {
            refuse("decisions are named `NNNN-lower-case-title.md`".to_owned());
            continue;
        };
        if let Some(other) = taken.insert(number, name) {
            refuse(format!("{other} has this number too"));
        }
    }
    offences
}

fn decision_number(name: &str) -> Option<&str> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_title =
        title.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (is_number && is_title && !title.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn leftovers_are_found_in_any_file() {
        let marker = format!("{} HEAD\n", "<".repeat(7));
        assert_eq!(found(check, &[("docs/api.md", &marker)]), ["docs/api.md:1 conflict-marker"]);
        let path = format!("\nsee {MACHINE_PATH}main");
        assert_eq!(found(check, &[("README.md", &path)]), ["README.md:2 machine-path"]);
    }

    #[test]
    fn modules_need_a_name_and_an_opening() {
        let (nameless, silent) = ("crates/bank/src/web/utils.rs", "crates/bank/src/web/mod.rs");
        assert_eq!(found(check, &[(nameless, "")]), [format!("{nameless}:1 empty-name")]);
        assert_eq!(found(check, &[(silent, "mod a;")]), [format!("{silent}:1 opening")]);
        assert!(found(check, &[("crates/bank/src/lib.rs", "//! The bank.")]).is_empty());
    }

    #[test]
    fn decisions_are_numbered_once() {
        let good = ("docs/decisions/0001-two-engines.md", "");
        assert!(found(check, &[good]).is_empty());
        let (misnamed, twice) = ("docs/decisions/1-Engines.md", "docs/decisions/0001-slices.md");
        assert_eq!(found(check, &[good, (misnamed, "")]), [format!("{misnamed}:1 decision-name")]);
        assert_eq!(found(check, &[good, (twice, "")]), [format!("{twice}:1 decision-name")]);
    }
}
