//! Tolerated offences: `xtask/tidy.ratchet` has a line `rule count` for each rule that is not yet kept
//! everywhere. The counts only go down: more fails, and so does fewer until the file says so.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::tidy::Offence;

type Counts = BTreeMap<String, usize>;

const HEADER: &str =
    "# Offences tolerated, by rule; `cargo xtask tidy --bless` lowers them. Never raise one.\n";

/// Compares the offences with the file, and lowers the file's counts where asked to.
pub(crate) fn judge(file: &Path, offences: &[Offence], bless: bool) -> Result<(), String> {
    let tolerated = parse(&std::fs::read_to_string(file).unwrap_or_default())?;
    let found = count(offences);
    let excess = excess(&tolerated, &found, offences);
    if !excess.is_empty() {
        return Err(excess);
    }
    let is_slack = |rule: &str, count: usize| found.get(rule).copied().unwrap_or(0) < count;
    let slack: Vec<&str> = tolerated
        .iter()
        .filter(|(rule, count)| is_slack(rule, **count))
        .map(|(rule, _)| rule.as_str())
        .collect();
    if slack.is_empty() {
        return Ok(());
    }
    if bless {
        return std::fs::write(file, render(&found)).map_err(|error| format!("{}: {error}", file.display()));
    }
    Err(format!(
        "better than {} says for {}: lower the ratchet with --bless",
        file.display(),
        slack.join(", ")
    ))
}

fn count(offences: &[Offence]) -> Counts {
    let mut counts = Counts::new();
    for offence in offences {
        *counts.entry(offence.rule.to_owned()).or_default() += 1;
    }
    counts
}

/// Lists every offence of each rule that is broken more often than tolerated.
fn excess(tolerated: &Counts, found: &Counts, offences: &[Offence]) -> String {
    let mut text = String::new();
    for (rule, count) in found {
        let limit = tolerated.get(rule).copied().unwrap_or(0);
        if *count <= limit {
            continue;
        }
        let _ = write!(text, "\nrule `{rule}` is broken {count} times (tolerated: {limit})");
        for offence in offences.iter().filter(|offence| offence.rule == rule) {
            let _ = write!(text, "\n  {offence}");
        }
    }
    text
}

fn parse(text: &str) -> Result<Counts, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let parts =
                line.split_once(' ').and_then(|(rule, count)| Some((rule, count.trim().parse().ok()?)));
            let (rule, count) =
                parts.ok_or_else(|| format!("the ratchet's line `{line}` is no `rule count`"))?;
            Ok((rule.to_owned(), count))
        })
        .collect()
}

fn render(counts: &Counts) -> String {
    let lines = counts.iter().map(|(rule, count)| format!("{rule} {count}\n"));
    std::iter::once(HEADER.to_owned()).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offence() -> Offence {
        Offence { rule: "size", path: "a.rs".to_owned(), line: 3, what: "too long".to_owned() }
    }

    #[test]
    fn the_ratchet_only_goes_down() {
        let file = std::env::temp_dir().join(format!("florin-ratchet-{}", std::process::id()));
        std::fs::write(&file, "# why\nsize 2\n").expect("written");
        let three = [offence(), offence(), offence()];
        let refusal = judge(&file, &three, true).expect_err("more than tolerated");
        assert!(refusal.contains("a.rs:3: [size] too long"), "{refusal}");
        assert_eq!(judge(&file, &three[..2], false), Ok(()));
        assert!(judge(&file, &three[..1], false).expect_err("fewer").contains("--bless"));
        assert_eq!(judge(&file, &three[..1], true), Ok(()));
        assert!(judge(&file, &three[..2], false).is_err(), "the lower count holds now");
        std::fs::remove_file(&file).expect("removed");
    }

    #[test]
    fn a_line_that_is_no_count_is_refused() {
        assert!(parse("size many").is_err());
    }
}
