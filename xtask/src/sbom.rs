//! The bill of materials: every crate that is linked into the program, with version, licence and checksum, as CycloneDX
//! 1.5 JSON. From `cargo tree` (what is linked, and its licences) and Cargo.lock (checksums, who needs whom).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::ExitCode;

use crate::workspace::{cargo, root, target_directory};

/// The program whose parts are listed, and the machine it is for.
const PROGRAM: &str = "florin";
const MACHINE: &str = "x86_64-unknown-linux-gnu";

/// A crate, by name and version.
type Crate = (String, String);

/// What Cargo.lock knows of one crate.
#[derive(Debug, Default, PartialEq, Eq)]
struct Locked {
    checksum: Option<String>,
    needs: Vec<String>,
}

/// Runs `cargo xtask sbom`: writes `target/florin.cdx.json`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if let Some(word) = arguments.first() {
        return Err(format!("unknown word `{word}`"));
    }
    let lock =
        std::fs::read_to_string(root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    let listed = linked()?;
    let bill = bill(&read_tree(&listed), &read_lock(&lock));
    let folder = target_directory();
    let path = folder.join("florin.cdx.json");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    std::fs::write(&path, bill).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{} crates in {}", read_tree(&listed).len() - 1, path.display());
    Ok(ExitCode::SUCCESS)
}

/// Asks cargo what is linked: not what builds, tests or other machines need.
fn linked() -> Result<String, String> {
    let output = cargo()
        .args([
            "tree",
            "-p",
            PROGRAM,
            "--edges",
            "normal,no-proc-macro",
            "--target",
            MACHINE,
            "--locked",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}|{l}"])
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads `name v1.2.3 (…)|MIT OR Apache-2.0` lines.
fn read_tree(text: &str) -> BTreeMap<Crate, String> {
    let entry = |line: &str| {
        let (package, license) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        // Cargo marks what it has listed before.
        let license = license.trim_end_matches("(*)").trim().replace('/', " OR ");
        Some(((name.to_owned(), version.to_owned()), license))
    };
    text.lines().filter_map(entry).collect()
}

fn read_lock(text: &str) -> BTreeMap<Crate, Locked> {
    let mut crates = BTreeMap::new();
    for block in text.split("[[package]]").skip(1) {
        let value = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
            line.map(|line| line.trim_end_matches('"').to_owned())
        };
        let (Some(name), Some(version)) = (value("name"), value("version")) else { continue };
        let needs = block.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
        let locked = Locked { checksum: value("checksum"), needs: needs.map(str::to_owned).collect() };
        crates.insert((name, version), locked);
    }
    crates
}

fn bill(linked: &BTreeMap<Crate, String>, locked: &BTreeMap<Crate, Locked>) -> String {
    let is_program = |(name, _): &&Crate| name == PROGRAM;
    let program = linked.keys().find(is_program).cloned().unwrap_or_default();
    let parts: Vec<String> = linked
        .iter()
        .filter(|(part, _)| !is_program(part))
        .map(|(part, license)| component(part, "library", license, locked.get(part)))
        .collect();
    let arrows: Vec<String> = linked.keys().map(|part| arrow(part, linked, locked)).collect();
    format!(
        "{{\n\"bomFormat\": \"CycloneDX\",\n\"specVersion\": \"1.5\",\n\"version\": 1,\n\"metadata\": {{\"component\": {}}},\n\
         \"components\": [\n{}\n],\n\"dependencies\": [\n{}\n]\n}}\n",
        component(&program, "application", linked.get(&program).map_or("", String::as_str), None),
        parts.join(",\n"),
        arrows.join(",\n"),
    )
}

fn component(part: &Crate, kind: &str, license: &str, locked: Option<&Locked>) -> String {
    let (name, version) = part;
    let mut text = format!(
        "{{\"type\": {}, \"bom-ref\": {}, \"name\": {}, \"version\": {}",
        json(kind),
        json(&address(part)),
        json(name),
        json(version)
    );
    if !license.is_empty() {
        let _ = write!(text, ", \"licenses\": [{{\"expression\": {}}}]", json(license));
    }
    // What has no checksum is our own and comes from no registry.
    if let Some(checksum) = locked.and_then(|locked| locked.checksum.as_ref()) {
        let hash = format!("{{\"alg\": \"SHA-256\", \"content\": {}}}", json(checksum));
        let _ = write!(text, ", \"purl\": {}, \"hashes\": [{hash}]", json(&address(part)));
    }
    text.push('}');
    text
}

fn arrow(part: &Crate, linked: &BTreeMap<Crate, String>, locked: &BTreeMap<Crate, Locked>) -> String {
    let needs = locked.get(part).map(|locked| locked.needs.as_slice()).unwrap_or_default();
    // The lock gives a version only where there are several.
    let is_named =
        |(name, version): &&Crate, need: &String| *need == *name || *need == format!("{name} {version}");
    let needs: BTreeSet<String> = needs
        .iter()
        .filter_map(|need| linked.keys().find(|part| is_named(part, need)))
        .map(address)
        .collect();
    let needs: Vec<String> = needs.iter().map(|need| json(need)).collect();
    format!("{{\"ref\": {}, \"dependsOn\": [{}]}}", json(&address(part)), needs.join(", "))
}

/// Names a crate as package URLs do.
fn address((name, version): &Crate) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn json(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str =
        "florin v0.1.0 (/somewhere)|Apache-2.0\ncsv v1.4.0|Unlicense/MIT\ncsv v1.4.0|Unlicense/MIT (*)\n";
    const LOCK: &str = "[[package]]\nname = \"csv\"\nversion = \"1.4.0\"\nchecksum = \"ab\"\n\n[[package]]\nname = \
                        \"florin\"\nversion = \"0.1.0\"\ndependencies = [\n \"csv\",\n \"insta\",\n]\n";

    #[test]
    fn what_is_linked_is_listed_once_with_licence_and_checksum() {
        let tree = read_tree(TREE);
        let csv = ("csv".to_owned(), "1.4.0".to_owned());
        assert_eq!((tree.len(), tree[&csv].as_str()), (2, "Unlicense OR MIT"));
        let bill = bill(&tree, &read_lock(LOCK));
        assert!(
            bill.contains(
                r#""purl": "pkg:cargo/csv@1.4.0", "hashes": [{"alg": "SHA-256", "content": "ab"}]"#
            ),
            "{bill}"
        );
        assert!(
            bill.contains(r#"{"ref": "pkg:cargo/florin@0.1.0", "dependsOn": ["pkg:cargo/csv@1.4.0"]}"#),
            "{bill}"
        );
        assert_eq!(bill.matches("\"type\": \"library\"").count(), 1, "{bill}");
        assert!(!bill.contains("insta") && !bill.contains("/somewhere"), "{bill}");
    }
}
