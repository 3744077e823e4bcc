//! `cargo xtask tidy`: the rules of the house that a program can check.
//!
//! Each module below holds one kind of rule and explains it. A check reads the [`Tree`] and reports
//! [`Offence`]s; the [`ratchet`] says how many of each rule are tolerated, which should be none.

mod built;
mod crates;
mod documents;
mod queries;
mod ratchet;
mod references;
mod sizes;
mod slices;
mod source;
mod sql;
mod words;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use crate::workspace;
use source::Source;

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offence {
    pub(crate) rule: &'static str,
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.what)
    }
}

/// A text file that is not Rust: a manifest, a document, a page.
pub(crate) struct Document {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Everything that the checks read.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
    pub(crate) documents: Vec<Document>,
}

/// The checks, cheapest explanation first.
const CHECKS: &[fn(&Tree) -> Vec<Offence>] =
    &[documents::check, sizes::check, words::check, sql::check, crates::check, slices::check, queries::check];

/// Runs `cargo xtask tidy [--bless]`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let bless = match arguments {
        [] => false,
        [option] if option == "--bless" => true,
        _ => return Err(format!("unknown words: {}", arguments.join(" "))),
    };
    let root = workspace::root();
    let tree = Tree::read(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    let mut offences: Vec<Offence> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    offences.extend(built::check()?);
    ratchet::judge(&root.join("xtask/tidy.ratchet"), &offences, bless)?;
    println!("tidy: {} sources and {} other files keep the rules", tree.sources.len(), tree.documents.len());
    Ok(ExitCode::SUCCESS)
}

impl Tree {
    fn read(root: &Path) -> std::io::Result<Self> {
        let mut tree = Self::default();
        for path in workspace::files(root)? {
            // What is not text (a font, an archive) has no rules here.
            let Ok(text) = std::fs::read_to_string(root.join(&path)) else { continue };
            tree.add(path, text);
        }
        Ok(tree)
    }

    fn add(&mut self, path: String, text: String) {
        let is_rust = Path::new(&path).extension().is_some_and(|extension| extension == "rs");
        if is_rust {
            self.sources.push(Source::new(path, text));
        } else {
            self.documents.push(Document { path, text });
        }
    }

    /// Builds a tree from snippets, for the tests of the checks.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add((*path).to_owned(), (*text).to_owned());
        }
        tree
    }
}

/// Returns `path:line rule` of each offence of `check` over snippets, for the tests of the checks.
#[cfg(test)]
pub(crate) fn found(check: fn(&Tree) -> Vec<Offence>, files: &[(&str, &str)]) -> Vec<String> {
    let offences = check(&Tree::of(files));
    offences.iter().map(|offence| format!("{}:{} {}", offence.path, offence.line, offence.rule)).collect()
}
