//! Counts tests from what the runners print.

use std::fmt;

/// Counts the tests that passed and failed, and whether the runner itself was content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u32,
    failed: u32,
    /// The runner failed without a failed test to show for it: the build broke, or it was stopped.
    broken: bool,
}

/// Whose words to count; nextest repeats those of libtest where a test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Libtest,
    Nextest,
}

impl Tally {
    /// Takes the counts from one line of a runner's output, if it has any.
    pub(crate) fn read(&mut self, speaker: Speaker, line: &str) {
        let plain = without_colors(line);
        let line = plain.trim();
        let counts = match speaker {
            Speaker::Libtest => line.strip_prefix("test result: ").and_then(libtest_counts),
            Speaker::Nextest => line.strip_prefix("Summary [").and_then(nextest_counts),
        };
        if let Some((passed, failed)) = counts {
            self.passed += passed;
            self.failed += failed;
        }
    }

    /// Notes how the runner ended.
    pub(crate) fn ended(&mut self, successfully: bool) {
        self.broken |= !successfully && self.failed == 0;
    }

    /// Adds two tallies.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            broken: self.broken || other.broken,
        }
    }

    /// Says whether something ran and nothing failed.
    pub(crate) fn is_good(&self) -> bool {
        self.passed > 0 && self.failed == 0 && !self.broken
    }

    /// Says whether nothing ran although nothing broke.
    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0 && !self.broken
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.broken {
            write!(out, "the run broke off: ")?;
        }
        // A run that broke off without a failed test still must not read as a success.
        write!(out, "{} passed, {} failed", self.passed, self.failed.max(u32::from(self.broken)))
    }
}

/// Reads `ok. 12 passed; 1 failed; 0 ignored; …`.
fn libtest_counts(text: &str) -> Option<(u32, u32)> {
    Some((number_before(text, " passed")?, number_before(text, " failed")?))
}

/// Reads ` 1.2s] 13/20 tests run: 11 passed (1 slow), 1 failed, 1 timed out, 0 skipped`.
fn nextest_counts(text: &str) -> Option<(u32, u32)> {
    let passed = number_before(text, " passed")?;
    let ran_and_planned = text.split(" test").next()?.rsplit([' ', ']']).next()?;
    let ran = ran_and_planned.split('/').next()?.parse::<u32>().ok()?;
    Some((passed, ran.saturating_sub(passed)))
}

fn number_before(text: &str, mark: &str) -> Option<u32> {
    let before = text.split(mark).next().filter(|before| before.len() < text.len())?;
    before.rsplit(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Drops the escape sequences that color a terminal's text.
fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(speaker: Speaker, line: &str) -> Tally {
        let mut tally = Tally::default();
        tally.read(speaker, line);
        tally
    }

    #[test]
    fn the_runners_summaries_are_counted() {
        let rows = [
            (Speaker::Libtest, "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured", 12, 0),
            (Speaker::Libtest, "test result: FAILED. 1 passed; 2 failed; 0 ignored", 1, 2),
            (Speaker::Libtest, "test transfers::a_summary_is_printed ... ok", 0, 0),
            (Speaker::Nextest, "     Summary [   0.511s] 12 tests run: 12 passed, 3 skipped", 12, 0),
            (Speaker::Nextest, "     Summary [   0.511s] 1 test run: 1 passed, 0 skipped", 1, 0),
            (
                Speaker::Nextest,
                "Summary [  70.511s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out",
                3,
                2,
            ),
            (Speaker::Nextest, "Summary [   0.511s] 4/9 tests run: 3 passed, 1 failed, 0 skipped", 3, 1),
            (
                Speaker::Nextest,
                "\u{1b}[1m  Summary\u{1b}[0m [   0.1s] \u{1b}[1m7\u{1b}[0m tests run: 7 passed",
                7,
                0,
            ),
            (Speaker::Nextest, "    test result: FAILED. 0 passed; 1 failed; 0 ignored", 0, 0),
        ];
        for (speaker, line, passed, failed) in rows {
            assert_eq!(tally(speaker, line), Tally { passed, failed, broken: false }, "{line}");
        }
    }

    #[test]
    fn a_run_is_good_only_if_something_ran_and_the_runner_was_content() {
        assert!(!Tally::default().is_good());
        let mut tally = tally(Speaker::Libtest, "test result: ok. 2 passed; 0 failed");
        assert!(tally.is_good());
        tally.ended(false);
        assert!(!tally.is_good());
        assert_eq!(tally.to_string(), "the run broke off: 2 passed, 1 failed");
    }
}
