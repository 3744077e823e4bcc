//! Where values come from: the process's environment over the file `.env`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::{Fault, dotenv, variables};

/// Says where a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The process's environment.
    Environment,
    /// The file `.env`.
    File,
}

/// Holds the values that were found, and what could not be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    values: BTreeMap<String, (String, Origin)>,
    faults: Vec<Fault>,
}

impl Source {
    /// Reads the process's environment, and `.env` in the current folder for what it does not say.
    pub(crate) fn of_process() -> Self {
        let file = match std::fs::read_to_string(Path::new(".env")) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(_) => Err(Fault::new(".env", "cannot be read as text")),
        };
        Self::new(std::env::vars_os(), file)
    }

    fn new(environment: impl IntoIterator<Item = (OsString, OsString)>, file: Result<String, Fault>) -> Self {
        let mut source = Self::default();
        match file {
            Ok(text) => source.take_file(&text),
            Err(fault) => source.faults.push(fault),
        }
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
            match value.into_string() {
                Ok(text) => drop(source.values.insert(name.to_owned(), (text, Origin::Environment))),
                Err(_) => source.faults.push(Fault::new(name, "is not UTF-8 text")),
            }
        }
        source
    }

    fn take_file(&mut self, text: &str) {
        let (pairs, faults) = dotenv::parse(text);
        self.faults.extend(faults);
        for (name, value) in pairs {
            self.values.insert(name, (value, Origin::File));
        }
    }

    /// Takes values as if they stood in the environment.
    #[cfg(test)]
    pub(crate) fn of_pairs(pairs: &[(&str, &str)]) -> Self {
        Self::new(pairs.iter().map(|(name, value)| (name.into(), value.into())), Ok(String::new()))
    }

    /// Returns a variable's text; an empty one is as good as none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(text, _)| text.as_str()).filter(|text| !text.trim().is_empty())
    }

    /// Says whether any variable whose name begins so has a value.
    pub(crate) fn has_any(&self, prefix: &str) -> bool {
        self.values.keys().any(|name| name.starts_with(prefix) && self.get(name).is_some())
    }

    /// Says where a variable stands, even when it is empty.
    pub(crate) fn origin(&self, name: &str) -> Option<Origin> {
        self.values.get(name).map(|(_, origin)| *origin)
    }

    /// Lists variables that look like ours and are not in the table.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        // The tests' own variables are read by the tests, never by the program.
        let names = self.values.keys().map(String::as_str);
        names
            .filter(|name| is_ours_alone(name) && !name.starts_with("FLORIN_TEST_"))
            .filter(|name| variables().all(|variable| variable.name != *name))
    }

    /// Lists what could not be read.
    pub(crate) fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// Says whether no other program has variables that are called so.
fn is_ours_alone(name: &str) -> bool {
    name.starts_with("FLORIN_") || name.starts_with("TRUELAYER_")
}

/// Says whether a name concerns us, so that nothing else of the environment is kept in memory.
fn is_ours(name: &str) -> bool {
    is_ours_alone(name) || name == "REDIS_URL" || variables().any(|variable| variable.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_prevails_over_the_file() {
        let environment = [("FLORIN_ADDR".into(), "1".into()), ("HOME".into(), "/".into())];
        let source = Source::new(environment, Ok("FLORIN_ADDR=2\nFLORIN_LOG=3\nFLORIN_X=".to_owned()));
        assert_eq!(source.get("FLORIN_ADDR"), Some("1"));
        assert_eq!(source.origin("FLORIN_ADDR"), Some(Origin::Environment));
        assert_eq!(source.get("FLORIN_LOG"), Some("3"));
        assert_eq!(source.origin("FLORIN_LOG"), Some(Origin::File));
        assert_eq!(source.origin("HOME"), None);
        assert_eq!(source.unknown().collect::<Vec<_>>(), ["FLORIN_X"]);
    }

    #[test]
    fn an_empty_value_is_as_good_as_none() {
        let source = Source::of_pairs(&[("JWT_SECRET", " ")]);
        assert_eq!(source.get("JWT_SECRET"), None);
        assert_eq!(source.origin("JWT_SECRET"), Some(Origin::Environment));
    }
}
