//! The little Markdown that descriptions use: paragraphs and `code`.

/// Holds a run of text, set as code or as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) is_code: bool,
}

/// Splits a description into paragraphs of spans.
pub(super) fn paragraphs(text: &str) -> Vec<Vec<Span>> {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts.map(spans).collect()
}

fn spans(paragraph: &str) -> Vec<Span> {
    let pieces = paragraph.split('`').enumerate();
    let spans = pieces.map(|(place, text)| Span { text: text.to_owned(), is_code: place % 2 == 1 });
    spans.filter(|span| !span.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_backticks_is_code_and_an_empty_line_ends_a_paragraph() {
        let paragraphs = paragraphs("Send `after`\nagain.\n\n`X` <b>\n");
        let flat: Vec<Vec<(&str, bool)>> = paragraphs
            .iter()
            .map(|spans| spans.iter().map(|span| (span.text.as_str(), span.is_code)).collect())
            .collect();
        assert_eq!(
            flat,
            [
                vec![("Send ", false), ("after", true), ("\nagain.", false)],
                vec![("X", true), (" <b>", false)],
            ]
        );
    }
}
