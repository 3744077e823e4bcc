//! Sizes: no file over 400 lines, no function over 70. Aim for 150 and 25.

use crate::tidy::source::{Source, closing_brace};
use crate::tidy::{Offence, Tree};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// Measures every file and every function.
pub(crate) fn check(tree: &Tree) -> Vec<Offence> {
    tree.sources.iter().flat_map(|source| file(source).into_iter().chain(functions(source))).collect()
}

fn file(source: &Source) -> Option<Offence> {
    let lines = source.text.lines().count();
    (lines > FILE_LINES).then(|| Offence {
        rule: "file-size",
        path: source.path.clone(),
        line: lines,
        what: format!("{lines} lines; split it by use case (limit {FILE_LINES})"),
    })
}

fn functions(source: &Source) -> Vec<Offence> {
    let bodies = source.find("fn").filter_map(|at| Some((at, body(&source.code, at)?)));
    bodies
        .filter_map(|(at, open)| {
            let first = source.line(at);
            let lines = 1 + source.line(closing_brace(&source.code, open)) - first;
            (lines > FUNCTION_LINES).then(|| Offence {
                rule: "function-size",
                path: source.path.clone(),
                line: first,
                what: format!("a function of {lines} lines (limit {FUNCTION_LINES})"),
            })
        })
        .collect()
}

/// Returns the offset of the brace that opens the body of the function at `at`, if it has a name and a body.
fn body(code: &str, at: usize) -> Option<usize> {
    let rest = &code[at + "fn".len()..];
    let is_named = rest.trim_start().starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if !is_named {
        return None;
    }
    let mut depth = 0_i32;
    for (offset, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at + "fn".len() + offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    const PATH: &str = "crates/a/src/lib.rs";

    fn function(lines: usize) -> String {
        format!("fn long(pair: [u8; 2])\n{{\n{}}}\n", "    step();\n".repeat(lines - 3))
    }

    #[test]
    fn long_files_and_functions_are_found() {
        assert!(found(check, &[(PATH, &function(70))]).is_empty());
        assert_eq!(found(check, &[(PATH, &function(71))]), ["crates/a/src/lib.rs:1 function-size"]);
        assert!(found(check, &[(PATH, &"// a line\n".repeat(400))]).is_empty());
        assert_eq!(
            found(check, &[(PATH, &"// a line\n".repeat(401))]),
            ["crates/a/src/lib.rs:401 file-size"]
        );
    }

    #[test]
    fn braces_in_strings_do_not_count() {
        let text = format!("fn short() {{ say(\"{{\"); }}\n{}", "const A: fn() = short;\n".repeat(90));
        assert!(found(check, &[(PATH, &text)]).is_empty());
    }
}
