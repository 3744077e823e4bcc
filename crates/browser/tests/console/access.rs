//! Every page for everybody: judged by axe-core in both themes and at both ends of the widths.

use std::collections::BTreeSet;

use bank::Role;
use browser::{Bank, Browser, Driver, Theme, View, walk, work};

use crate::signed_in;

/// Kinds of pages that no link leads to, each for its reason.
const UNLINKED: [&str; 5] = [
    "/admin/palette",          // the list below the search box
    "/admin/session",          // keeps a session alive, and shows nothing
    "/admin/sign-in",          // the door, judged by itself
    "/admin/sign-in/code",     // its second step
    "/admin/me/second-factor", // for who has none yet
];

const LOOKS: [(Theme, View); 4] = [
    (Theme::Light, View::Wide),
    (Theme::Dark, View::Wide),
    (Theme::Light, View::Phone),
    (Theme::Dark, View::Phone),
];

/// A page on a phone scrolls down, never sideways; what is wide scrolls inside of itself.
const OVERHANG: &str = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_barrier_in_any_theme_or_width() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let mut seen = BTreeSet::new();
    let mut barriers = Vec::new();
    // Between them they see everything.
    for role in [Role::Admin, Role::Operations, Role::Compliance] {
        let browser = signed_in(&driver, &bank, role).await;
        if role == Role::Admin {
            // So that there is a proof to look at, and the job that ran it.
            work::prove_the_ledger(&browser).await;
        }
        for (kind, href) in walk::walk(&browser).await {
            if walk::is_file(&kind) || !seen.insert(kind.clone()) {
                continue;
            }
            barriers.extend(judge(&browser, &href).await);
        }
        browser.close().await;
    }
    assert!(barriers.is_empty(), "{} barriers:\n{}", barriers.len(), barriers.join("\n"));
    let unseen: Vec<String> =
        walk::kinds().into_iter().filter(|kind| !seen.contains(kind) && !walk::is_file(kind)).collect();
    let unlinked: Vec<&String> = unseen.iter().filter(|kind| !UNLINKED.contains(&kind.as_str())).collect();
    assert!(unlinked.is_empty(), "no link leads to {unlinked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_the_menus_and_a_refusal_have_no_barrier_either() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = driver.open(&bank.url, browser::Script::On).await;
    let mut barriers = judge(&browser, "/admin/sign-in").await;
    browser.sign_in(&bank, bank.person(Role::Support)).await;
    for (theme, view) in LOOKS {
        browser.show_as(theme, view).await;
        browser.open("/admin").await;
        browser.key("/").await;
        browser.key("home").await;
        browser.read("#palette", "Home").await;
        barriers.extend(browser.barriers_as_shown().await);
        browser.see("button.who").await.click().await.unwrap();
        browser.see("#oneself:popover-open").await;
        barriers.extend(browser.barriers_as_shown().await);
        if view == View::Phone {
            browser.see("button.menu").await.click().await.unwrap();
            browser.see(".side:popover-open").await;
            barriers.extend(browser.barriers_as_shown().await);
        }
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    barriers.extend(judge(&browser, "/admin/customers/usr_00000000000000000000000001").await);
    browser.complaints().await;
    assert!(barriers.is_empty(), "{} barriers:\n{}", barriers.len(), barriers.join("\n"));
    browser.close().await;
}

/// Judges one page in every look.
pub(crate) async fn judge(browser: &Browser, href: &str) -> Vec<String> {
    let mut barriers = Vec::new();
    for (theme, view) in LOOKS {
        browser.show_as(theme, view).await;
        browser.open(href).await;
        let overhang = browser.ask(OVERHANG).await;
        if overhang != 0 {
            barriers.push(format!("{href} {view:?}: {overhang} pixels too wide"));
        }
        let found = browser.barriers().await;
        barriers.extend(found.into_iter().map(|barrier| format!("{href} {theme:?} {view:?}: {barrier}")));
    }
    barriers
}
