//! Crates that must never be built into Florin, asked of `cargo tree` and Cargo.lock.
//!
//! The same bans as in deny.toml, for machines without cargo-deny. The lock also lists what optional
//! features would bring (ring, through SeaORM); only what some feature of ours builds counts.

use std::collections::BTreeSet;

use crate::tidy::Offence;
use crate::workspace::{cargo, root};

/// Crates that may not be built, and why.
const NEVER_BUILT: [(&str, &str); 4] = [
    ("ring", "one cryptography provider: aws-lc-rs"),
    ("openssl", "one cryptography provider: aws-lc-rs"),
    ("openssl-sys", "one cryptography provider: aws-lc-rs"),
    ("native-tls", "TLS is rustls on aws-lc-rs"),
];

/// Crates that may not even be locked.
const NEVER_LOCKED: [(&str, &str); 1] =
    [("truelayer-rust", "an unrelated squat on the name; ours is crates/truelayer")];

/// Crates that may be there once only.
const ONE_VERSION: [&str; 2] = ["reqwest", "rustls"];

/// Reads the lock and everything that any feature of ours would build on this platform.
pub(crate) fn check() -> Result<Vec<Offence>, String> {
    let path = root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let output = cargo()
        .args(["tree", "--workspace", "--all-features", "--locked", "--prefix", "none", "--format", "{p}"])
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(judge(&lock, &String::from_utf8_lossy(&output.stdout)))
}

fn judge(lock: &str, built: &str) -> Vec<Offence> {
    let built: BTreeSet<(&str, &str)> = built.lines().filter_map(name_and_version).collect();
    let is_locked = |name: &str| lock.lines().any(|line| line == format!("name = \"{name}\""));
    let is_built = |name: &str| built.iter().any(|(known, _)| *known == name);
    let mut whats = Vec::new();
    for (name, why) in NEVER_LOCKED.iter().filter(|(name, _)| is_locked(name)) {
        whats.push(format!("`{name}` is locked: {why}"));
    }
    for (name, why) in NEVER_BUILT.iter().filter(|(name, _)| is_built(name)) {
        whats.push(format!("`{name}` is built (cargo tree --all-features -i {name}): {why}"));
    }
    for name in ONE_VERSION {
        let copies = built.iter().filter(|(known, _)| *known == name);
        let versions: Vec<&str> = copies.map(|(_, version)| *version).collect();
        if versions.len() > 1 {
            whats.push(format!("`{name}` is built as {}: keep one", versions.join(" and ")));
        }
    }
    let offence = |what| Offence { rule: "banned-crate", path: "Cargo.lock".to_owned(), line: 1, what };
    whats.into_iter().map(offence).collect()
}

/// Reads a line such as `tokio v1.54.1 (*)`.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    Some((words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_crates_and_second_versions_are_found() {
        let whats =
            |lock, built| judge(lock, built).into_iter().map(|offence| offence.what).collect::<Vec<_>>();
        assert!(whats("name = \"ring\"\n", "reqwest v0.13.5\nreqwest v0.13.5 (*)\n").is_empty());
        assert!(whats("", "ring v0.17.14\n")[0].starts_with("`ring` is built"));
        assert!(whats("name = \"truelayer-rust\"\n", "")[0].starts_with("`truelayer-rust` is locked"));
        assert!(whats("", "reqwest v0.12.1\nreqwest v0.13.5\n")[0].contains("v0.12.1 and v0.13.5: keep one"));
    }
}
