//! Signing in and out.

use bank::Role;
use browser::{Bank, Driver, Script};

#[tokio::test(flavor = "multi_thread")]
async fn staff_signs_in_with_two_factors_and_out_again() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = driver.open(&bank.url, Script::On).await;
    let person = bank.person(Role::Support).clone();

    // Whoever asks for a page meets the door first, and the page afterwards.
    browser.open("/admin/customers?status=active").await;
    browser.fill("email", &person.email).await;
    browser.fill("password", "not the password").await;
    browser.press("Sign in").await;
    browser.read("[role=alert]", "sign-in failed").await;
    assert_eq!(browser.see("[name=email]").await.value().await.unwrap().unwrap(), person.email);
    browser.fill("password", &person.password).await;
    browser.press("Sign in").await;
    browser.fill("code", "000000").await;
    browser.press("Continue").await;
    browser.read("[role=alert]", "sign-in failed").await;
    // Refusals are answers of 401 and 422, and the browser's log says so.
    let refused = browser.complaints().await;
    assert!(refused.iter().all(|line| line.contains("status of 4")), "{refused:?}");

    browser.fill("code", &bank.next_code(&person)).await;
    browser.press("Continue").await;
    browser.arrive("/admin/customers").await;
    assert!(browser.driver.current_url().await.unwrap().query() == Some("status=active"));

    browser.see("button.who").await.click().await.unwrap();
    browser.press("Sign out").await;
    browser.see("[name=email]").await;
    browser.open("/admin/customers").await;
    browser.see("[name=email]").await;
    assert!(browser.path().await.starts_with("/admin/sign-in"));
    browser.close().await;
}
