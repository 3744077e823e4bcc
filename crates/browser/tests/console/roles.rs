//! Everybody sees what they may, and nothing else.

use bank::web::page::navigation::ENTRIES;
use bank::{Permission, Role};
use browser::{Bank, Driver, walk};

use crate::signed_in;

/// What stands on a customer's page for whom.
const ACTIONS: [(&str, Permission); 5] = [
    ("form#suspend", Permission::SuspendUsers),
    ("form#end-sessions", Permission::EndSessions),
    ("form#reset-second-factor", Permission::ResetSecondFactor),
    ("form#kyc-level", Permission::SetKycLevel),
    ("form[action$='/notes']", Permission::WriteNotes),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_navigation_and_the_actions_are_those_of_the_role() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let customer = format!("/admin/customers/{}", bank.person(Role::Customer).user_id);
    for role in Role::ALL.into_iter().filter(|role| role.is_staff()) {
        let browser = signed_in(&driver, &bank, role).await;
        let may = |permission| role.permissions().contains(permission);
        for entry in ENTRIES {
            let link = format!(".side a[href='{}']", entry.href);
            assert_eq!(browser.has(&link).await, entry.needs.is_none_or(may), "{role}: {}", entry.label);
        }
        browser.open(&customer).await;
        for (css, permission) in ACTIONS {
            let is_possible = css != "form#reset-second-factor";
            assert_eq!(browser.has(css).await, may(permission) && is_possible, "{role}: {css}");
        }
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_role_is_shown_opens_and_what_it_is_not_shown_is_refused() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    for role in Role::ALL.into_iter().filter(|role| role.is_staff()) {
        let browser = signed_in(&driver, &bank, role).await;
        let places = walk::walk(&browser).await;
        assert!(places.len() > 3, "{role} sees {places:?}");
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{role} was led to a refusal");
        for entry in ENTRIES {
            let Some(needs) = entry.needs.filter(|needs| !role.permissions().contains(*needs)) else {
                continue;
            };
            browser.open(entry.href).await;
            browser.read(".refusal .status", "403").await;
            let refused = browser.complaints().await;
            assert!(refused.iter().all(|line| line.contains("403")), "{role}, {needs:?}: {refused:?}");
        }
        browser.close().await;
    }
}
