//! The pages of links to other banks: a customer's own, and staff's.

use bank::Role;
use bank::openbanking::service::{pull_for_events, remind, sweep};
use bank::openbanking::{ConnectionStatus, Purpose};
use chrono::Duration;
use truelayer::simulator::{Authorization, AuthorizationOutcome, Fault, FaultKind};
use url::Url;

use super::tokens::{count, id};
use super::{BASE, Stage};
use crate::harness::{Clerk, Person};

impl Stage {
    /// Links the mock bank by the pages, and returns the path of its page.
    async fn link_by_pages(&self, at: &Clerk) -> String {
        let door = self.app.submit(at, "/my/banks", &[("provider_id", "mock")]).await.expect(200).text();
        self.app.page(at, &self.walk_from(&door)).await.expect(303).header("location").to_owned()
    }

    /// Walks from the door of the bank that a page shows, and returns where the customer comes back to us.
    fn walk_from(&self, page: &str) -> String {
        let (_, rest) = page.split_once("class=\"button primary\" href=\"").expect("a way to the bank");
        let link = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let link: Url = link.parse().unwrap();
        let back = self.simulator.control().authorize(&Authorization::of(link)).unwrap().unwrap();
        format!("/my/banks/return?{}", back.query().unwrap())
    }

    /// Returns somebody new at their own pages.
    async fn at_home(&self) -> (Person, Clerk) {
        let ada = self.app.customer("Ada Lovelace").await;
        let at = self.app.at_home(&ada.email).await;
        (ada, at)
    }
}

fn texts(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
}

#[tokio::test]
async fn a_customer_links_a_bank_and_sees_what_is_there_page_by_page() {
    let stage = Stage::new().await;
    let (ada, at) = stage.at_home().await;
    let app = &stage.app;
    texts(&app.page(&at, "/my").await.expect(200).text(), &["No bank is linked yet"]);
    texts(&app.page(&at, "/my/banks/new").await.expect(200).text(), &["Mock Bank"]);
    texts(&app.page(&at, "/my/banks/new?q=nowhere").await.expect(200).text(), &["No bank of that name"]);
    let place = stage.link_by_pages(&at).await;
    texts(&app.page(&at, &place).await.expect(200).text(), &["Being read", "Linked", "90 days left"]);
    app.run_jobs().await;
    let page = app.page(&at, &place).await.expect(200).text();
    texts(&page, &["Current Account", "…0000", "Everyday Credit Card", "GBP"]);
    let (before, _) = page.split_once("\">Current Account</a>").unwrap();
    let (_, account) = before.rsplit_once('"').unwrap();
    let page = app.page(&at, account).await.expect(200).text();
    texts(&page, &["Corner Grocers", "HARBOUR LETTINGS", "BRIGHTSPARK ENERGY", "Older"]);
    let page = app.page(&at, &format!("{account}?from=2026-02-25&to=2026-02-25")).await.expect(200).text();
    texts(&page, &["SALARY", "value=\"2026-02-25\""]);
    app.page(&at, &format!("{account}?from=yesterday")).await.expect(422);
    let page = app.page(&at, "/my/insights").await.expect(200).text();
    texts(&page, &["March 2026", "Spent each month", "NORTHWIND TRADING LTD SALARY", "every month"]);
    let page = app.page(&at, "/my/insights?month=2026-02").await.expect(200).text();
    texts(&page, &["February 2026", "Bills and Utilities"]);
    assert_eq!(stage.connections(&ada).await.len(), 1);
}

#[tokio::test]
async fn a_browser_that_comes_back_to_the_api_is_led_to_the_customers_pages_and_a_program_is_not() {
    let stage = Stage::new().await;
    let back = format!("{BASE}/callback?state=s&code=c");
    let led = stage.app.get(&back).header("accept", "text/html,application/xhtml+xml").send().await;
    assert_eq!(led.expect(303).header("location"), "/my/banks/return?state=s&code=c");
    stage.app.get(&back).header("accept", "application/json").send().await.refused(401, "unauthenticated");
    let door = stage.app.get("/my/banks/return?state=s&code=c").send().await.expect(303);
    assert_eq!(door.header("location"), "/my/sign-in?next=%2Fmy%2Fbanks%2Freturn%3Fstate%3Ds%26code%3Dc");
}

#[tokio::test]
async fn whoever_says_no_at_the_bank_is_told_that_nothing_was_linked() {
    let stage = Stage::new().await;
    let (_, at) = stage.at_home().await;
    let app = &stage.app;
    let door = app.submit(&at, "/my/banks", &[("provider_id", "mock")]).await.expect(200).text();
    let (_, rest) = door.split_once("class=\"button primary\" href=\"").unwrap();
    let link: Url = rest.split('"').next().unwrap().replace("&#38;", "&").parse().unwrap();
    let refuses = Authorization { outcome: AuthorizationOutcome::Cancel, ..Authorization::of(link) };
    let back = stage.simulator.control().authorize(&refuses).unwrap().unwrap();
    let back = format!("/my/banks/return?{}", back.query().unwrap());
    assert_eq!(app.page(&at, &back).await.expect(303).header("location"), "/my");
    let used = app.page(&at, &back).await;
    assert_eq!(used.status, 422, "a way is gone once");
    app.submit(&at, "/my/banks", &[("provider_id", "nowhere")]).await.expect(422);
}

#[tokio::test]
async fn a_consent_that_is_over_is_renewed_in_place_from_its_page_and_nothing_is_doubled() {
    let stage = Stage::new().await;
    let (ada, at) = stage.at_home().await;
    let app = &stage.app;
    let place = stage.link_by_pages(&at).await;
    app.run_jobs().await;
    let before = app.rows("truelayer_transactions").await.lines().count();
    stage.advance(Duration::days(91)).await;
    sweep(&app.bank).await.unwrap();
    let at = app.at_home(&ada.email).await;
    let page = app.page(&at, &place).await.expect(200).text();
    texts(&page, &["Needs renewal", "Your consent has ended", "over"]);
    let renew = format!("{place}/renew");
    assert_eq!(app.submit(&at, &renew, &[]).await.status, 422, "nobody renews without saying so");
    let door = app.submit(&at, &renew, &[("consent", "yes")]).await.expect(200).text();
    let back = stage.walk_from(&door);
    assert_eq!(app.page(&at, &back).await.expect(303).header("location"), place);
    texts(&app.page(&at, &place).await.expect(200).text(), &["Linked", "90 days left"]);
    app.run_jobs().await;
    assert_eq!(stage.connections(&app.sign_in(ada.user_id, &ada.email).await).await.len(), 1);
    assert_eq!(app.rows("truelayer_accounts").await.lines().count(), 4, "no account twice");
    assert!(app.rows("truelayer_transactions").await.lines().count() >= before);
}

#[tokio::test]
async fn a_customer_reads_now_and_ends_a_link() {
    let stage = Stage::new().await;
    let (_, at) = stage.at_home().await;
    let app = &stage.app;
    let place = stage.link_by_pages(&at).await;
    let read = app.submit(&at, &format!("{place}/read"), &[]).await.expect(303);
    assert_eq!(read.header("location"), place);
    let end = app.submit(&at, &format!("{place}/end"), &[]).await.expect(303);
    assert_eq!(end.header("location"), "/my");
    texts(&app.page(&at, &place).await.expect(200).text(), &["Ended", "You have ended this link"]);
    assert_eq!(app.submit(&at, &format!("{place}/read"), &[]).await.status, 409);
    assert_eq!(count(&stage, "access_token is not null").await, 0);
}

#[tokio::test]
async fn what_a_bank_refuses_is_said_to_its_customer_and_to_staff() {
    for (code, status, told) in [
        ("provider_request_limit_exceeded", 429, "The bank answers no more questions today"),
        ("provider_too_many_requests", 429, "The bank asks us to wait"),
        ("endpoint_not_supported", 501, "The bank does not show these transactions"),
        ("account_temporarily_locked", 403, "The bank has locked the account"),
        ("provider_error", 503, "The bank could not be read the last time"),
        ("connector_timeout", 504, "The bank could not be read the last time"),
        ("internal_server_error", 500, "The bank could not be read the last time"),
    ] {
        let stage = Stage::new().await;
        let (_, at) = stage.at_home().await;
        let place = stage.link_by_pages(&at).await;
        let kind = FaultKind::Refuse { status, code: code.to_owned() };
        let path = "/transactions".to_owned();
        stage.simulator.control().add_fault(Fault { path, kind, count: 1 });
        let connection = place.rsplit('/').next().unwrap().parse().unwrap();
        // A locked account ends the reading; what was read before it stays.
        let _ = pull_for_events(&stage.app.bank, connection, Purpose::Event).await;
        let page = stage.app.page(&at, &place).await.expect(200).text();
        assert!(page.contains(told) || page.contains("Out of order"), "{code}: {page}");
        let clerk = stage.app.clerk_as(Role::Operations).await;
        let page = stage.app.page(&clerk, &format!("/admin/connections/{connection}")).await;
        texts(&page.expect(200).text(), &[code]);
    }
}

#[tokio::test]
async fn staff_sees_how_links_do_and_nothing_that_was_read() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let app = &stage.app;
    app.run_jobs().await;
    stage.advance(Duration::days(80)).await;
    sweep(&app.bank).await.unwrap();
    remind(&app.bank).await.unwrap();
    let clerk = app.clerk_as(Role::Admin).await;
    let page = app.page(&clerk, "/admin/connections").await.expect(200).text();
    texts(&page, &["Linked", "Ending soon", "Ada Lovelace", "Mock Bank", "seals new links"]);
    let place = format!("/admin/connections/{}", connection.as_str().unwrap());
    let seen = app.page(&clerk, &place).await.expect(200).text();
    texts(
        &seen,
        &["Ada Lovelace", "account transactions", "of 4", "Read again", "truelayer.token_exchanged"],
    );
    for page in [page, seen] {
        for canary in ["Corner Grocers", "HARBOUR", "SIMB", "10000000", "…0000", "tl1."] {
            assert!(!page.contains(canary), "{canary}");
        }
    }
    for (query, found) in
        [("status=ACTIVE", true), ("status=ERROR", false), ("bank=mock", true), ("bank=x", false)]
    {
        let page = app.page(&clerk, &format!("/admin/connections?{query}")).await.expect(200).text();
        assert_eq!(page.contains("Ada Lovelace"), found, "{query}");
    }
    let customer = app.page(&clerk, &format!("/admin/customers/{}", ada.user_id)).await.expect(200).text();
    texts(&customer, &["Links to other banks", "Mock Bank"]);
    let refused = app.submit(&clerk, &format!("{place}/read"), &[("reason", "")]).await;
    assert_eq!(refused.status, 422);
    app.submit(&clerk, &format!("{place}/read"), &[("reason", "the customer called")]).await.expect(303);
    assert!(app.rows("truelayer_audit_logs").await.contains("READING_REQUESTED"));
    let row =
        bank::openbanking::service::find(&app.bank, &app.caller_of(&ada), id(&connection)).await.unwrap();
    assert_eq!(row.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn a_test_webhook_goes_through_the_intake_and_an_event_is_replayed() {
    let stage = Stage::new().await;
    let (_, _) = stage.linked().await;
    let app = &stage.app;
    app.run_jobs().await;
    stage.advance(Duration::minutes(61)).await;
    let clerk = app.clerk_as(Role::Operations).await;
    texts(
        &app.page(&clerk, "/admin/connections/webhooks").await.expect(200).text(),
        &["Nothing was reported"],
    );
    let sent = app.submit(&clerk, "/admin/connections/webhooks/test", &[]).await.expect(303);
    let place = sent.header("location").to_owned();
    texts(&app.page(&clerk, &place).await.expect(200).text(), &["transaction.created", "Taken in", "Replay"]);
    let reads = || {
        let calls = stage.simulator.control().calls();
        calls.iter().filter(|call| call.path.ends_with("/data/v1/accounts")).count()
    };
    let before = reads();
    app.run_jobs().await;
    assert_eq!(reads(), before + 1);
    stage.advance(Duration::minutes(61)).await;
    let clerk = app.clerk_as(Role::Operations).await;
    let replay = app.submit(&clerk, &format!("{place}/replay"), &[("reason", "asked for by phone")]).await;
    assert_eq!(replay.expect(303).header("location"), place);
    app.run_jobs().await;
    assert_eq!(reads(), before + 2);
    let list = app.page(&clerk, "/admin/connections/webhooks?state=taken").await.expect(200).text();
    texts(&list, &["transaction.created"]);
    app.page(&clerk, "/admin/connections/webhooks/none").await.expect(404);
    assert!(app.rows("truelayer_audit_logs").await.contains("WEBHOOK_REPLAYED"));
}
