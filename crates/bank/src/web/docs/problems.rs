//! The list of problem codes, which a test holds against the sources.

/// Describes one code.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) code: &'static str,
    pub(super) status: &'static str,
    pub(super) meaning: &'static str,
}

/// Lists every code, in alphabetical order.
pub(super) fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = include_str!("problems.txt").lines().filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.code);
    entries
}

/// Reads `code status what it means`.
fn entry(line: &'static str) -> Option<Entry> {
    let (code, rest) = line.split_once(' ')?;
    let (status, meaning) = rest.split_once(' ')?;
    Some(Entry { code, status, meaning })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::entries;

    /// What makes a problem from a code, which is the first literal after it.
    const MAKERS: [&str; 8] = [
        "Problem::new(",
        "Problem::conflict(",
        "Problem::refused(",
        "Self::new(",
        "Self::conflict(",
        "Self::refused(",
        "conflict(",
        "refused(",
    ];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    fn codes(text: &str, found: &mut BTreeSet<String>) {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for maker in MAKERS {
            for (start, _) in text.match_indices(maker) {
                let after = &text[start + maker.len()..];
                let statement = after.split(';').next().unwrap_or_default();
                let literal = statement.split('"').nth(1).unwrap_or_default();
                let is_code =
                    literal.contains('_') && literal.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                if is_code {
                    found.insert(literal.to_owned());
                }
            }
        }
    }

    #[test]
    fn every_code_in_the_sources_is_explained() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut used = BTreeSet::new();
        for file in files {
            codes(&std::fs::read_to_string(file).expect("a source"), &mut used);
        }
        let explained: BTreeSet<String> = entries().iter().map(|entry| entry.code.to_owned()).collect();
        let missing: Vec<_> = used.difference(&explained).collect();
        assert!(missing.is_empty(), "add to web/docs/problems.txt: {missing:?}");
        assert!(used.len() > 10, "the sources were read");
    }

    #[test]
    fn every_line_is_a_code_a_status_and_a_sentence() {
        for entry in entries() {
            let status: u16 = entry.status.parse().expect(entry.code);
            assert!((400..600).contains(&status), "{}", entry.code);
            assert!(entry.meaning.ends_with('.'), "{}", entry.code);
        }
        let codes: BTreeSet<_> = entries().iter().map(|entry| entry.code).collect();
        assert_eq!(codes.len(), entries().len(), "each stands once");
    }
}
