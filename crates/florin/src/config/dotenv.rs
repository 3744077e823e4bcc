//! The file `.env`: one `NAME=value` a line.
//!
//! Empty lines and lines that begin with `#` say nothing; `export ` may stand in front. A value in single
//! quotes is taken as it stands; in double quotes `\n`, `\"` and `\\` are understood; bare, it ends at ` #`
//! and loses the blanks around it. Nothing is substituted.

use super::Fault;

/// Reads the file's text into pairs in their order; a line that is none is a fault by its number.
pub(crate) fn parse(text: &str) -> (Vec<(String, String)>, Vec<Fault>) {
    let mut pairs = Vec::new();
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match pair(line) {
            Ok(pair) => pairs.push(pair),
            Err(what) => faults.push(Fault::new(format!(".env line {}", index + 1), what)),
        }
    }
    (pairs, faults)
}

fn pair(line: &str) -> Result<(String, String), &'static str> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, rest) = line.split_once('=').ok_or("is not NAME=value")?;
    let name = name.trim();
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty() || !name.chars().all(letters) {
        return Err("is not NAME=value");
    }
    Ok((name.to_owned(), value(rest.trim())?))
}

fn value(text: &str) -> Result<String, &'static str> {
    if let Some(rest) = text.strip_prefix('\'') {
        let (inside, after) = rest.split_once('\'').ok_or("has no closing quote")?;
        return only_comment(after).map(|()| inside.to_owned());
    }
    if let Some(rest) = text.strip_prefix('"') {
        return double_quoted(rest);
    }
    let end = text.find(" #").unwrap_or(text.len());
    Ok(text[..end].trim_end().to_owned())
}

fn double_quoted(rest: &str) -> Result<String, &'static str> {
    let mut inside = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return only_comment(&rest[at + 1..]).map(|()| inside),
            '\\' => match letters.next() {
                Some((_, 'n')) => inside.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => inside.push(escaped),
                _ => return Err("has an escape other than \\n, \\\" and \\\\"),
            },
            other => inside.push(other),
        }
    }
    Err("has no closing quote")
}

fn only_comment(after: &str) -> Result<(), &'static str> {
    let after = after.trim();
    if after.is_empty() || after.starts_with('#') { Ok(()) } else { Err("goes on after its closing quote") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_bare_and_in_quotes() {
        for (line, expected) in [
            ("A=b", "b"),
            ("  A = b c  # why", "b c"),
            ("export A=b", "b"),
            ("A=", ""),
            ("A='b # \\n'", "b # \\n"),
            ("A=\"b\\n\\\"c\\\\\" # why", "b\n\"c\\"),
            ("A=postgres://u:p#w@h/d", "postgres://u:p#w@h/d"),
        ] {
            let (pairs, faults) = parse(line);
            assert_eq!(faults, [], "{line}");
            assert_eq!(pairs, [("A".to_owned(), expected.to_owned())], "{line}");
        }
    }

    #[test]
    fn a_line_that_is_no_pair_is_a_fault_by_its_number_and_not_by_its_text() {
        let (pairs, faults) = parse("# fine\n\nhunter2\nA='hunter2\nB=\"hunter2\" x\nC=\"\\q\"\nD=1");
        assert_eq!(pairs, [("D".to_owned(), "1".to_owned())]);
        let places: Vec<_> = faults.iter().map(|fault| fault.name.as_str()).collect();
        assert_eq!(places, [".env line 3", ".env line 4", ".env line 5", ".env line 6"]);
        assert!(!format!("{faults:?}").contains("hunter2"));
    }
}
