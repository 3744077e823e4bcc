//! Times every page of the console: `cargo xtask pages` calls it with a full book's `DATABASE_URL` and the people's passwords.
//!
//! The pages are found as in the tests, by following links, and asked for by the window that is signed in: what is
//! measured is what its reader waits for, the loopback and the browser's own part included. Prints a table.
#![allow(clippy::print_stdout, reason = "a task speaks to the person at the terminal")]

use std::collections::BTreeMap;

use browser::{Browser, Driver, Script, walk, work};
use thirtyfour::By;

/// How often each page is asked for.
const TIMES: usize = 100;

/// Asks for a page many times, one after the other, and returns milliseconds and bytes.
const ASK: &str = "const [href, times, done] = arguments;
(async () => {
  const took = [];
  let bytes = 0;
  for (let round = 0; round < times; round++) {
    const begun = performance.now();
    const answer = await fetch(href);
    const text = await answer.text();
    took.push(performance.now() - begun);
    bytes = text.length;
    if (!answer.ok) return done([answer.status]);
  }
  took.sort((one, other) => one - other);
  done([200, took[times / 2], took[Math.ceil(times * 0.95) - 1], took[times - 1], bytes]);
})();";

#[tokio::main]
async fn main() {
    let [url, password] = std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("url and password");
    let driver = Driver::start();
    let mut rows = BTreeMap::new();
    for email in ["admin@bench.example", "operations@bench.example"] {
        let browser = driver.open(&url, Script::On).await;
        browser.open("/admin").await;
        browser.fill("email", email).await;
        browser.fill("password", &password).await;
        browser
            .driver
            .find(By::Css("button.primary"))
            .await
            .expect("a button")
            .click()
            .await
            .expect("a press");
        browser.see("nav[aria-label=Console]").await;
        if rows.is_empty() {
            work::prove_the_ledger(&browser).await;
        }
        for (kind, href) in walk::walk(&browser).await {
            if !walk::is_file(&kind) && !rows.contains_key(&kind) {
                rows.insert(kind, time(&browser, &href).await);
            }
        }
        browser.driver.quit().await.expect("closed");
    }
    println!("| Page | p50 ms | p95 ms | most ms | bytes |\n|---|---:|---:|---:|---:|");
    for (kind, [_, half, most, all, bytes]) in &rows {
        println!("| `{kind}` | {half:.1} | {most:.1} | {all:.1} | {bytes} |");
    }
    let slow: Vec<&String> = rows.iter().filter(|(_, row)| row[2] > 100.0).map(|(kind, _)| kind).collect();
    assert!(slow.is_empty(), "over 100 ms: {slow:?}");
}

async fn time(browser: &Browser, href: &str) -> [f64; 5] {
    let arguments = vec![href.into(), TIMES.into()];
    let answer = browser.driver.execute_async(ASK, arguments).await.expect("an answer");
    answer.convert().unwrap_or_else(|error| panic!("{href}: {error} {:?}", answer.json()))
}
