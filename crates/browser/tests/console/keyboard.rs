//! The console without a mouse.

use bank::Role;
use bank::web::page::navigation::ENTRIES;
use browser::{Bank, Browser, Driver};
use thirtyfour::Key;

use crate::signed_in;

/// More stops than any page of these tests has.
const MOST_STOPS: usize = 80;

/// What has the focus: where it leads, and whether one sees it.
const FOCUS: &str = "const one = document.activeElement;
const style = getComputedStyle(one);
const after = getComputedStyle(one, '::after');
const shows = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
const box = one.getBoundingClientRect();
return {
  href: one.getAttribute('href'), tag: one.tagName, seen: shows(style) || shows(after),
  inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
};";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_navigation_opens_by_g_and_its_letter() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    for role in [Role::Admin, Role::Operations] {
        let browser = signed_in(&driver, &bank, role).await;
        let may = role.permissions();
        for entry in ENTRIES.iter().filter(|entry| entry.needs.is_none_or(|needs| may.contains(needs))).rev()
        {
            browser.key("g").await;
            browser.key(&entry.key.to_string()).await;
            browser.arrive(entry.href).await;
        }
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tab_reaches_every_entry_and_the_focus_is_always_seen() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Admin).await;
    browser.open("/admin").await;
    let stops = stops(&browser).await;
    let first = &stops[0];
    assert_eq!(first.as_deref(), Some("#content"), "the way past the navigation comes first");
    let may = Role::Admin.permissions();
    for entry in ENTRIES.iter().filter(|entry| entry.needs.is_none_or(|needs| may.contains(needs))) {
        assert!(stops.iter().any(|stop| stop.as_deref() == Some(entry.href)), "{} of {stops:?}", entry.href);
    }
    // Enter on an entry opens it.
    browser.open("/admin").await;
    for _ in 0..MOST_STOPS {
        browser.stroke(Key::Tab).await;
        if browser.ask(FOCUS).await["href"] == "/admin/customers" {
            break;
        }
    }
    browser.stroke(Key::Enter).await;
    browser.arrive("/admin/customers").await;
    // The skip link leads into the page.
    browser.stroke(Key::Tab).await;
    browser.stroke(Key::Enter).await;
    assert_eq!(browser.ask("return document.activeElement.id").await, "content");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_suspended_without_a_mouse() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Compliance).await;
    browser.open(&format!("/admin/customers/{}", bank.person(Role::Customer).user_id)).await;
    stops(&browser).await;
    browser.open(&browser.path().await).await;
    for _ in 0..MOST_STOPS {
        browser.stroke(Key::Tab).await;
        if browser.ask("return document.activeElement.textContent").await == "Suspend" {
            break;
        }
    }
    browser.stroke(Key::Enter).await;
    browser.stroke(Key::Tab).await;
    browser.key("Called in sick, and somebody else used the card").await;
    browser.stroke(Key::Tab).await;
    browser.stroke(Key::Enter).await;
    browser.read(".head .badge", "Suspended").await;
    browser.close().await;
}

/// Tabs once around the page; holds that each stop is on the screen and shows that it has the focus.
async fn stops(browser: &Browser) -> Vec<Option<String>> {
    let mut stops = Vec::new();
    for _ in 0..MOST_STOPS {
        browser.stroke(Key::Tab).await;
        let focus = browser.ask(FOCUS).await;
        if focus["tag"] == "BODY" {
            return stops;
        }
        assert_eq!(focus["seen"], true, "one does not see the focus: {focus}");
        assert_eq!(focus["inside"], true, "the focus is off the screen: {focus}");
        stops.push(focus["href"].as_str().map(str::to_owned));
    }
    panic!("the page has more than {MOST_STOPS} stops: {stops:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_judged_as_soon_as_it_is_left() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Operations).await;
    browser.open("/admin/cash-operations").await;
    browser.fill("amount", "ten pounds").await;
    assert!(!browser.has(".field .error").await, "nobody is corrected while they type");
    browser.stroke(Key::Tab).await;
    browser.read(".field .error", "An amount in digits").await;
    assert!(browser.barriers().await.is_empty(), "what is said at once can be read by all");
    browser.fill("amount", "10.00").await;
    browser.stroke(Key::Tab).await;
    assert_eq!(browser.texts(".field .error").await, Vec::<String>::new());
    assert!(!browser.has("[name=amount][aria-invalid]").await);
    browser.close().await;
}
