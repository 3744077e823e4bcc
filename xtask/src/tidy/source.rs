//! One Rust file, taken apart: the code with comments and strings blanked, and the strings by themselves.
//!
//! A scanner of the language's words, not a parser: enough to match braces and to find names without
//! meeting them in prose.

/// A file's text in the forms that the checks need; all have the same offsets.
pub(crate) struct Source {
    /// Relative to the workspace, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with the insides of comments, strings and characters replaced by spaces.
    pub(crate) code: String,
    pub(crate) strings: Vec<Literal>,
    tests: Vec<(usize, usize)>,
}

/// One string literal: where it begins, and what stands between its quotes.
pub(crate) struct Literal {
    pub(crate) offset: usize,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Self {
        let (code, strings) = Scanner::new(&text).scan();
        let tests = if is_test_path(&path) { vec![(0, text.len())] } else { test_items(&code) };
        Self { path, text, code, strings, tests }
    }

    /// Returns the line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    /// Says whether the offset lies in code that only tests compile.
    pub(crate) fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|(from, to)| (*from..*to).contains(&offset))
    }

    /// Finds every place of `word` in the code, whole where it begins or ends with a letter.
    pub(crate) fn find<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let bytes = self.code.as_bytes();
        let joins = |left: Option<&u8>, right: Option<&u8>| {
            left.is_some_and(|byte| is_word(*byte)) && right.is_some_and(|byte| is_word(*byte))
        };
        self.code.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let end = at + word.len();
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            !joins(before, bytes.get(*at)) && !joins(bytes.get(end - 1), bytes.get(end))
        })
    }
}

/// Says whether a byte can stand in a name.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the offset of the brace that closes the one at `open`, or the end.
pub(crate) fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn is_test_path(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn test_items(code: &str) -> Vec<(usize, usize)> {
    let marks = ["#[cfg(test)]", "#[cfg(all(test,"].into_iter().flat_map(|mark| code.match_indices(mark));
    marks
        .map(|(from, _)| {
            let end = code[from..].find(['{', ';']).map_or(code.len(), |length| from + length);
            let to = if code[end..].starts_with('{') { closing_brace(code, end) } else { end };
            (from, to)
        })
        .collect()
}

struct Scanner<'a> {
    bytes: &'a [u8],
    text: &'a str,
    code: Vec<u8>,
    strings: Vec<Literal>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), text, code: text.as_bytes().to_vec(), strings: Vec::new() }
    }

    fn scan(mut self) -> (String, Vec<Literal>) {
        let mut at = 0;
        while at < self.bytes.len() {
            at = match self.bytes[at] {
                b'/' if self.at(at + 1) == b'/' => self.blank(at, self.find(at, "\n")),
                b'/' if self.at(at + 1) == b'*' => self.blank(at, self.end_of_comment(at)),
                b'"' => self.string(at),
                b'\'' => self.character(at),
                byte if is_word(byte) => self.word(at),
                _ => at + 1,
            };
        }
        (String::from_utf8_lossy(&self.code).into_owned(), self.strings)
    }

    fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn find(&self, from: usize, mark: &str) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.windows(mark.len())
            .position(|window| window == mark.as_bytes())
            .map_or(self.bytes.len(), |length| from + length)
    }

    /// Blanks the bytes up to `to`, keeping line ends, and returns `to`.
    fn blank(&mut self, from: usize, to: usize) -> usize {
        let to = to.min(self.code.len());
        for byte in &mut self.code[from.min(to)..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        to
    }

    fn end_of_comment(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = from;
        while at < self.bytes.len() {
            match (self.at(at), self.at(at + 1)) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') if depth == 1 => return at + 2,
                (b'*', b'/') => depth -= 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
        }
        at
    }

    fn string(&mut self, open: usize) -> usize {
        let mut close = open + 1;
        while close < self.bytes.len() && self.at(close) != b'"' {
            close += if self.at(close) == b'\\' { 2 } else { 1 };
        }
        self.literal(open, (open + 1, close)) + 1
    }

    /// Passes a name; `r"…"` and `r#"…"#` (also after b or c) are strings without escapes.
    fn word(&mut self, start: usize) -> usize {
        let length = self.bytes[start..].iter().take_while(|byte| is_word(**byte)).count();
        let end = start + length;
        if !matches!(&self.bytes[start..end], b"r" | b"br" | b"cr") {
            return end;
        }
        let hashes = self.bytes[end..].iter().take_while(|byte| **byte == b'#').count();
        if self.at(end + hashes) != b'"' {
            return end;
        }
        let open = end + hashes + 1;
        let mark = format!("\"{}", "#".repeat(hashes));
        self.literal(start, (open, self.find(open, &mark))) + mark.len()
    }

    fn literal(&mut self, offset: usize, (open, close): (usize, usize)) -> usize {
        let close = close.min(self.bytes.len());
        let text = self.text.get(open..close).unwrap_or_default().to_owned();
        self.strings.push(Literal { offset, text });
        self.blank(open, close)
    }

    /// Passes a character such as `'{'`, or the quote of a lifetime.
    fn character(&mut self, open: usize) -> usize {
        if self.at(open + 1) == b'\\' {
            return self.blank(open + 1, self.find(open + 3, "'")) + 1;
        }
        let width = self.text.get(open + 1..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let close = open + 1 + width;
        if self.at(close) == b'\'' { self.blank(open + 1, close) + 1 } else { open + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("crates/bank/src/lib.rs".to_owned(), text.to_owned())
    }

    #[test]
    fn comments_strings_and_characters_are_blanked() {
        let text = r##"a /* { /* } */ */ b("{\"}", r#"{"}"#, '{', '\'', b'}') // }
            fn f<'a>(x: &'a str) {}"##;
        let source = source(text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.code.matches(['{', '}']).count(), 2, "{}", source.code);
        let strings: Vec<&str> = source.strings.iter().map(|string| string.text.as_str()).collect();
        assert_eq!(strings, ["{\\\"}", "{\"}"]);
        assert!(source.code.contains("fn f<'a>(x: &'a str) {}"));
    }

    #[test]
    fn words_are_found_whole() {
        let source = source("let unsafely = unsafe_code; unsafe { x.route(a) }");
        assert_eq!(source.find("unsafe").count(), 1);
        assert_eq!(source.find(".route(").count(), 1);
    }

    #[test]
    fn tests_are_told_from_the_rest() {
        let source = source("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { {} }\n}\nfn c() {}");
        let is_test = |name: &str| source.is_test(source.find(name).next().expect("found"));
        assert!(!is_test("a"));
        assert!(is_test("b"));
        assert!(!is_test("c"));
    }
}
