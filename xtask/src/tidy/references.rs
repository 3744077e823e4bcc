//! Which modules of its own crate a file names: `crate::…`, `self::…` and `super::…`, with `{…}` opened.

use crate::tidy::source::{Source, is_word};

/// One path, from the crate's root; the last part may be an item or `*`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) path: Vec<String>,
    pub(crate) offset: usize,
}

/// Returns the module that a file below `src` is: `wires/service/create.rs` is `wires::service::create`.
pub(crate) fn module_of(path_below_src: &str) -> Vec<String> {
    let path = path_below_src.trim_end_matches(".rs");
    let parts = path.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main"));
    parts.map(str::to_owned).collect()
}

/// Lists what `source`, which is `module`, names.
pub(crate) fn references(source: &Source, module: &[String]) -> Vec<Reference> {
    let code = source.code.as_bytes();
    let mut found = Vec::new();
    for word in ["crate", "super", "self"] {
        for offset in source.find(word) {
            // The inside of a longer path, a macro's `$crate`, or `pub(crate)` is no beginning.
            let follows = offset > 0 && matches!(code[offset - 1], b':' | b'$');
            let leads = code.get(offset + word.len()..offset + word.len() + 2) == Some(b"::");
            if follows || !leads {
                continue;
            }
            let mut base = module.to_vec();
            if source.is_test(offset) && !source.path.contains("/tests") {
                // The inline `mod tests` is one level deeper than its file.
                base.push("tests".to_owned());
            }
            Parser { code, found: &mut found, offset }.path(offset, base);
        }
    }
    found
}

struct Parser<'a> {
    code: &'a [u8],
    found: &'a mut Vec<Reference>,
    offset: usize,
}

impl Parser<'_> {
    /// Follows one path from `at`, branching at `{`; returns where it ends.
    fn path(&mut self, mut at: usize, mut path: Vec<String>) -> usize {
        loop {
            at = self.skip_blanks(at);
            if self.code.get(at) == Some(&b'{') {
                return self.group(at + 1, &path);
            }
            let end = self.end_of_name(at);
            let name = String::from_utf8_lossy(&self.code[at..end]).into_owned();
            match name.as_str() {
                "crate" => path.clear(),
                "super" => drop(path.pop()),
                "self" | "" => {}
                _ => path.push(name),
            }
            at = end;
            if !self.code[at..].starts_with(b"::") || self.code.get(at + 2) == Some(&b'<') {
                self.found.push(Reference { path, offset: self.offset });
                return at;
            }
            at += 2;
        }
    }

    /// Follows every path between braces; returns the offset behind the closing one.
    fn group(&mut self, mut at: usize, prefix: &[String]) -> usize {
        while at < self.code.len() {
            at = self.skip_blanks(at);
            match self.code.get(at) {
                Some(b'}') => return at + 1,
                Some(b',') => at += 1,
                Some(_) => {
                    at = self.path(at, prefix.to_vec());
                    // Passes over `as name`.
                    while at < self.code.len() && !matches!(self.code[at], b',' | b'}') {
                        at += 1;
                    }
                }
                None => return at,
            }
        }
        at
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.code.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    }

    fn end_of_name(&self, at: usize) -> usize {
        if self.code.get(at) == Some(&b'*') {
            return at + 1;
        }
        at + self.code[at..].iter().take_while(|byte| is_word(**byte)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path_below_src: &str, text: &str) -> Vec<String> {
        let source = Source::new(format!("crates/bank/src/{path_below_src}"), text.to_owned());
        let found = references(&source, &module_of(path_below_src));
        found.into_iter().map(|reference| reference.path.join("::")).collect()
    }

    #[test]
    fn groups_are_opened() {
        let text = "use crate::{Bank, web::{self, Problem as P}, transfers::service::*};";
        assert_eq!(paths("lib.rs", text), ["Bank", "web", "web::Problem", "transfers::service::*"]);
    }

    #[test]
    fn relative_paths_are_followed() {
        assert_eq!(paths("wires/service.rs", "super::store::find(tx)"), ["wires::store::find"]);
        assert_eq!(paths("wires/service/create.rs", "use super::super::store;"), ["wires::store"]);
        assert_eq!(paths("wires/mod.rs", "pub use self::model::Wire;"), ["wires::model::Wire"]);
        let tests = "#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::audit::service;\n}";
        assert_eq!(paths("wires/service.rs", tests), ["audit::service", "wires::service::*"]);
    }

    #[test]
    fn only_paths_count() {
        assert!(paths("wires/model.rs", "pub(crate) fn a(self) {} $crate::a(); // crate::b::c").is_empty());
    }
}
