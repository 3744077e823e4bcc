//! The operator's document names what exists.

#[test]
fn every_metric_and_variable_of_the_document_exists() {
    let document = include_str!("../../../../docs/operations.md");
    let example = include_str!("../../../../.env.example");
    let sources = sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
    let words = document.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let mut seen = 0;
    for word in words {
        let is_metric = ["florin_", "http_request", "process_"].iter().any(|start| word.starts_with(start));
        if is_metric {
            assert!(sources.contains(&format!("\"{word}\"")), "no code measures {word}");
        } else if word.starts_with("FLORIN_") {
            assert!(example.contains(&format!("\n#{word}=")), "{word} is no variable");
        } else {
            continue;
        }
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

/// Reads every Rust source below a folder into one text.
fn sources(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text += &std::fs::read_to_string(&path).expect("text");
        }
    }
    text
}
