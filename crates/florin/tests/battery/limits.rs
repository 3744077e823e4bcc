//! How far a harness goes: short or long, from which seed, for how long at most.

use std::future::Future;
use std::io::Write as _;
use std::time::Duration;

use kernel::Random;

/// Runs a harness to its end, or fails it when the time is over; skips it loudly outside the battery.
pub fn run(limit: Duration, harness: impl Future<Output = ()>) {
    if std::env::var_os("FLORIN_BATTERY").is_none() {
        say("skipped: a harness of the battery; `cargo xtask battery` runs it");
        return;
    }
    let limit = if is_long() { limit * 10 } else { limit };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async { tokio::time::timeout(limit, harness).await });
    // What a harness left running must not hold its end up.
    runtime.shutdown_background();
    assert!(ended.is_ok(), "the harness took longer than {limit:?}");
}

/// Says whether this is the long form, as before a release.
pub fn is_long() -> bool {
    std::env::var("FLORIN_BATTERY").is_ok_and(|form| form == "long")
}

/// Chooses a number of repetitions by the form.
pub fn count(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Draws from the seed in `FLORIN_BATTERY_SEED`, else from a fresh one; prints it either way.
pub fn seeded() -> Random {
    let given = std::env::var("FLORIN_BATTERY_SEED").ok();
    let given = given.and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok());
    let seed = given.unwrap_or_else(|| u64::from_be_bytes(Random::system().bytes()));
    println!("FLORIN_BATTERY_SEED={seed:#018x}");
    Random::seeded(seed)
}

/// Draws a time between two.
pub fn between(random: &Random, least: Duration, most: Duration) -> Duration {
    let span = u64::try_from(most.saturating_sub(least).as_micros()).expect("a short time");
    least + Duration::from_micros(random.below(span.max(1)))
}

/// Lets time pass where time itself is the subject: how long a load runs, how long a fault lasts.
#[expect(clippy::disallowed_methods, reason = "a fault lasts a while; there is no event to wait for")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Says whether a program is installed: where it is not, CI fails, and anybody else is told so.
pub fn has(program: &str, package: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return true;
    }
    lacks(&format!("`{program}` is missing (Debian's package {package})"))
}

/// Tells what this machine lacks; in CI that is a failure. Always false, for the caller to return.
pub fn lacks(what: &str) -> bool {
    assert!(std::env::var_os("CI").is_none(), "{what}");
    say(&format!("NOT RUN: {what}"));
    false
}

/// Speaks past the test runner, which keeps the output of what passes to itself.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "battery: {text}");
}
