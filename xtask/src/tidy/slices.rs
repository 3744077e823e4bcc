//! Arrows inside the crate `bank`: between slices, and between the files of one slice.
//!
//! Data goes down once and comes up once. A slice names only slices on the layers below its own, and
//! of those only services and what their `mod.rs` re-exports. Inside a slice, `api`, `console` and
//! `jobs` name `service`, the service names `model` and `store`, the store names `model`, and the model
//! nothing of the slice.

use crate::tidy::references::{Reference, module_of, references};
use crate::tidy::source::Source;
use crate::tidy::{Offence, Tree};

/// The layers from the ground up; the modules of one layer never name one another.
const LAYERS: &[&[&str]] = &[
    &["jobs", "audit"],
    &["web"],
    // Stored answers are problems too.
    &["idempotency"],
    &["identity"],
    &["approvals", "challenges", "documents", "notices"],
    &["kyc"],
    &["accounts"],
    &["payees", "schedules"],
    &["transfers", "wires", "bills", "loans", "openbanking", "statements", "transactions", "oversight"],
    &["console", "imports"],
];

/// What every slice stands on; these know no slice.
const FOUNDATION: [&str; 8] =
    ["bank", "context", "guard", "mail", "permission", "reach", "sealing", "settings"];

/// What puts the slices together; it may name anything.
const COMPOSITION: [&str; 3] = ["router", "work", "lib"];

/// What every route and page needs: `api` and `console` name it even on the layers below it.
const HTTP: [&str; 2] = ["web", "idempotency"];
const HTTP_FILES: [&str; 2] = ["api", "console"];

/// The files that belong to their slice alone.
const PRIVATE: [&str; 5] = ["store", "model", "api", "console", "jobs"];

const HOME: &str = "crates/bank/src/";

/// A rule and how it was broken.
type Refusal = (&'static str, String);

/// Follows every path in the crate `bank`.
pub(crate) fn check(tree: &Tree) -> Vec<Offence> {
    let below_home = |source: &Source| source.path.strip_prefix(HOME).map(module_of);
    let files: Vec<(&Source, Vec<String>)> =
        tree.sources.iter().filter_map(|source| Some((source, below_home(source)?))).collect();
    let doors: Vec<&str> =
        files.iter().filter_map(|(_, module)| module.first().map(String::as_str)).collect();
    let mut offences = Vec::new();
    for (source, module) in &files {
        offences.extend(judge(source, module, &doors).into_iter().map(|(offset, (rule, what))| Offence {
            rule,
            path: source.path.clone(),
            line: source.line(offset),
            what,
        }));
    }
    offences
}

/// Judges one file; `doors` are the crate's top modules.
fn judge(source: &Source, module: &[String], doors: &[&str]) -> Vec<(usize, Refusal)> {
    let Some(slice) = module.first().map(String::as_str).filter(|slice| !COMPOSITION.contains(slice)) else {
        return Vec::new();
    };
    let Some(height) = height(slice) else {
        return vec![(0, ("slice-arrow", format!("`{slice}` is on no layer of xtask/src/tidy/slices.rs")))];
    };
    let is_http = module.get(1).is_some_and(|file| HTTP_FILES.contains(&file.as_str()));
    let refusal = |path: &[String]| match path.first().map(String::as_str) {
        Some(target) if target == slice => within(module, path),
        Some(target) if HTTP.contains(&target) && is_http => None,
        Some(target) if doors.contains(&target) => between(slice, height, path),
        _ => None,
    };
    let named = references(source, module);
    named.into_iter().filter_map(|Reference { path, offset }| Some((offset, refusal(&path)?))).collect()
}

/// Returns the layer of a module, the foundation's being 0.
fn height(module: &str) -> Option<usize> {
    if FOUNDATION.contains(&module) {
        return Some(0);
    }
    LAYERS.iter().position(|layer| layer.contains(&module)).map(|layer| layer + 1)
}

fn between(slice: &str, height_of_slice: usize, path: &[String]) -> Option<Refusal> {
    let target = path[0].as_str();
    let is_below = height(target).is_some_and(|target| target < height_of_slice);
    let are_foundation = FOUNDATION.contains(&slice) && FOUNDATION.contains(&target);
    if !is_below && !are_foundation {
        let what = format!("`{slice}` may not name `{target}`, which is not below it; enqueue a job instead");
        return Some(("slice-arrow", what));
    }
    let door = path.get(1).map_or("", String::as_str);
    let what =
        || format!("`{target}::{door}` is its own; call `{target}::service` or what `{target}` re-exports");
    PRIVATE.contains(&door).then(|| ("slice-private", what()))
}

fn within(module: &[String], path: &[String]) -> Option<Refusal> {
    let from = module.get(1)?.as_str();
    let to = path.get(1)?.as_str();
    let refused: &[&str] = match from {
        "model" => &["store", "service", "api", "console", "jobs"],
        "store" => &["service", "api", "console", "jobs"],
        "service" => &["api", "console", "jobs"],
        "api" => &["store", "console", "jobs"],
        "console" => &["store", "api", "jobs"],
        "jobs" => &["store", "api", "console"],
        _ => &[],
    };
    refused.contains(&to).then(|| ("file-arrow", format!("`{from}` may not name `{to}` of its slice")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    fn rules(path_below_src: &str, text: &str) -> Vec<String> {
        let doors =
            ["bank", "settings", "audit", "web", "identity", "accounts", "transfers", "wires", "router"];
        let doors: Vec<String> = doors.iter().map(|name| format!("{HOME}{name}.rs")).collect();
        let mut files: Vec<(&str, &str)> = doors.iter().map(|path| (path.as_str(), "")).collect();
        let path = format!("{HOME}{path_below_src}");
        files.push((&path, text));
        found(check, &files).iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect()
    }

    #[test]
    fn a_slice_names_only_services_below_it() {
        let rows: [(&str, &str, &[&str]); 11] = [
            ("audit/api.rs", "use crate::web::Problem;", &[]),
            ("audit/service.rs", "use crate::web::Problem;", &["slice-arrow"]),
            ("transfers/service.rs", "crate::accounts::service::load(tx)", &[]),
            ("transfers/service.rs", "use crate::accounts::{Account, AccountStatus};", &[]),
            ("transfers/service.rs", "use crate::Bank;", &[]),
            ("router.rs", "crate::transfers::api::routes()", &[]),
            ("transfers/service.rs", "crate::accounts::store::find(tx)", &["slice-private"]),
            ("transfers/service.rs", "use crate::{accounts::{model::Account}};", &["slice-private"]),
            ("accounts/service.rs", "crate::transfers::service::create(tx)", &["slice-arrow"]),
            ("wires/service.rs", "crate::transfers::service::create(tx)", &["slice-arrow"]),
            ("settings.rs", "use crate::identity::Role;", &["slice-arrow"]),
        ];
        for (path, text, expected) in rows {
            assert_eq!(rules(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn inside_a_slice_the_arrows_point_down_too() {
        let rows: [(&str, &str, &[&str]); 8] = [
            ("wires/api.rs", "use super::{model::Wire, service};", &[]),
            ("wires/service/create.rs", "use crate::wires::store;", &[]),
            ("wires/mod.rs", "pub use self::model::Wire;", &[]),
            ("wires/model.rs", "use super::store::find;", &["file-arrow"]),
            ("wires/store.rs", "super::service::create()", &["file-arrow"]),
            ("wires/service/create.rs", "use super::super::api::Request;", &["file-arrow"]),
            ("wires/api.rs", "use super::{service, store};", &["file-arrow"]),
            ("wires/console.rs", "use crate::wires::store;", &["file-arrow"]),
        ];
        for (path, text, expected) in rows {
            assert_eq!(rules(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn a_new_slice_needs_a_layer() {
        assert_eq!(rules("lottery/mod.rs", ""), ["slice-arrow"]);
    }
}
