//! Words that may not stand in code, or only in one place.

use crate::tidy::{Offence, Tree};

/// Bans words from the places where `applies` to the path.
struct Ban {
    rule: &'static str,
    words: &'static [&'static str],
    applies: fn(&str) -> bool,
    in_tests: InTests,
    instead: &'static str,
}

/// Says how a ban treats code that only tests compile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InTests {
    Same,
    Free,
    Only,
}

/// Where the simulator takes as long as a slow service.
const SLOWNESS: &str = "crates/truelayer/src/simulator/delay.rs";

const BANS: &[Ban] = &[
    Ban {
        rule: "routes",
        words: &[".route(", ".route_service(", ".nest_service(", ".fallback("],
        // The simulator's routes are another's API, described elsewhere; the benchmark's peer is nobody's.
        applies: |path| {
            let free = [
                "crates/bank/src/web/",
                "crates/truelayer/src/simulator/",
                "crates/florin/src/bench/naive.rs",
            ];
            path.starts_with("crates/") && !free.iter().any(|home| path.starts_with(home))
        },
        in_tests: InTests::Free,
        instead: "declare routes with `routes!` on an OpenApiRouter, so that the document lists them",
    },
    Ban {
        rule: "unsafe",
        words: &["unsafe"],
        applies: |_| true,
        in_tests: InTests::Same,
        instead: "there is no unsafe code in this house",
    },
    Ban {
        rule: "ignored-test",
        words: &["#[ignore"],
        applies: |_| true,
        in_tests: InTests::Same,
        instead: "mend the test or delete it",
    },
    Ban {
        rule: "unfinished",
        words: &["todo!", "unimplemented!"],
        applies: |_| true,
        in_tests: InTests::Same,
        instead: "finish it, or leave it out",
    },
    Ban {
        rule: "sleep",
        words: &["sleep(", "sleep_until("],
        applies: |path| {
            let homes = ["crates/florin/", "crates/kernel/", "crates/bank/src/jobs", "xtask/", SLOWNESS];
            !homes.iter().any(|home| path.starts_with(home))
        },
        in_tests: InTests::Free,
        instead: "wait for the event itself, or enqueue a job for later",
    },
    Ban {
        rule: "sleep",
        words: &["sleep(", "sleep_until("],
        // The battery lets a load run and a fault last, in one place.
        applies: |path| path != "crates/florin/tests/battery/limits.rs",
        in_tests: InTests::Only,
        instead: "a test moves the clock or waits for the event itself",
    },
    Ban {
        rule: "print",
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!"],
        applies: |path| {
            let homes = ["crates/florin/", "crates/browser/src/bin/", "xtask/"];
            !homes.iter().any(|home| path.starts_with(home))
        },
        in_tests: InTests::Free,
        instead: "log an event with `tracing`; only the command line speaks to the terminal",
    },
    Ban {
        rule: "float",
        words: &["f32", "f64"],
        applies: |path| {
            let money = ["crates/kernel/", "crates/ledger/", "crates/truelayer/", "crates/bank/"];
            money.iter().any(|home| path.starts_with(home)) && !path.starts_with("crates/bank/src/web/")
        },
        in_tests: InTests::Same,
        instead: "no floats near money: `Money`, basis points, or `Decimal` for rates",
    },
    Ban {
        rule: "waiting-model",
        words: &[".await", "async"],
        applies: is_model,
        in_tests: InTests::Same,
        instead: "a model decides and never waits; the effect belongs into the service",
    },
];

/// Looks for every banned word in every source.
pub(crate) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in &tree.sources {
        for ban in BANS.iter().filter(|ban| (ban.applies)(&source.path)) {
            let places = ban.words.iter().flat_map(|word| source.find(word).map(move |at| (*word, at)));
            offences.extend(places.filter(|(_, at)| ban.holds(source.is_test(*at))).map(|(word, at)| {
                Offence {
                    rule: ban.rule,
                    path: source.path.clone(),
                    line: source.line(at),
                    what: format!("`{word}`: {}", ban.instead),
                }
            }));
        }
    }
    offences
}

impl Ban {
    fn holds(&self, is_test: bool) -> bool {
        match self.in_tests {
            InTests::Same => true,
            InTests::Free => !is_test,
            InTests::Only => is_test,
        }
    }
}

fn is_model(path: &str) -> bool {
    path.starts_with("crates/bank/") && (path.ends_with("/model.rs") || path.contains("/model/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn banned_words_are_found_where_they_are_banned() {
        let rows = [
            ("crates/bank/src/wires/api.rs", "r.route(path, get(x));", "routes"),
            ("crates/florin/src/a.rs", "r.fallback(x);", "routes"),
            ("crates/truelayer/src/client/a.rs", "r.route(path, get(x));", "routes"),
            ("crates/kernel/src/a.rs", "unsafe { x() }", "unsafe"),
            ("crates/florin/tests/it/a.rs", "#[ignore]", "ignored-test"),
            ("crates/bank/src/lib.rs", "todo!()", "unfinished"),
            ("crates/ledger/src/a.rs", "tokio::time::sleep(second)", "sleep"),
            ("crates/florin/tests/it/a.rs", "std::thread::sleep(second)", "sleep"),
            ("crates/bank/src/lib.rs", "println!(\"x\")", "print"),
            ("crates/ledger/src/a.rs", "let rate: f64 = 1;", "float"),
            ("crates/truelayer/src/a.rs", "let amount: f64 = 1;", "float"),
            ("crates/truelayer/src/simulator/a.rs", "tokio::time::sleep(second)", "sleep"),
            ("crates/bank/src/wires/model.rs", "x.await", "waiting-model"),
        ];
        for (path, text, rule) in rows {
            assert_eq!(found(check, &[(path, text)]), [format!("{path}:1 {rule}")], "{text}");
        }
    }

    #[test]
    fn the_same_words_are_free_elsewhere() {
        let rows = [
            ("crates/bank/src/web/router.rs", "r.route(path, get(x)).fallback(y); let x: f64;"),
            ("crates/florin/src/a.rs", "println!(\"x\"); tokio::time::sleep(x)"),
            ("crates/truelayer/src/simulator/auth/mod.rs", "r.route(path, get(x));"),
            (SLOWNESS, "tokio::time::sleep(x)"),
            ("crates/bank/src/jobs/worker.rs", "tokio::time::sleep(x)"),
            (
                "crates/bank/src/lib.rs",
                "// unsafe todo! println!\nlet text = \"f64 .route(\"; forbid(unsafe_code)",
            ),
            ("crates/bank/src/lib.rs", "#[cfg(test)]\nmod tests { fn a() { println!() } }"),
            ("crates/bank/src/wires/service.rs", "x.await"),
        ];
        for (path, text) in rows {
            assert!(found(check, &[(path, text)]).is_empty(), "{text}");
        }
    }
}
