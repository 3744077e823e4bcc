//! The text of `.env.example`.

use std::fmt::Write as _;

use super::{GROUPS, Variable};

/// Writes every variable with its meaning, commented out, with its default where it has one.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# Every variable of Florin. This file is printed by `florin config example`; copy it to .env and\n\
         # uncomment what you change. The environment prevails over .env; an empty value is as good as none.\n",
    );
    for group in GROUPS {
        let _ = write!(text, "\n# ---- {} ----\n", group.heading);
        for variable in group.variables {
            text.push('\n');
            describe(&mut text, variable);
        }
    }
    text
}

fn describe(text: &mut String, variable: &Variable) {
    for line in wrap(variable.doc, 98) {
        let _ = writeln!(text, "# {line}");
    }
    if variable.required {
        text.push_str("# Required in production.\n");
    }
    let _ = writeln!(text, "#{}={}", variable.name, variable.default.unwrap_or_default());
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("never empty");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + 1 + word.len() <= width {
            let _ = write!(last, " {word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
