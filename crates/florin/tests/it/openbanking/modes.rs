//! Every way in which the simulator can go wrong, and what the customer and staff see of it.

use bank::Role;
use bank::openbanking::Purpose;
use bank::openbanking::service::pull_for_events;
use bank::settings::WebhookScheme;
use chrono::Duration;
use kernel::Secret;
use serde_json::json;
use truelayer::simulator::{
    AddedTransaction, Authorization, AuthorizationOutcome, Modes, Registration, ReturnMode, WebhookMode,
};
use url::Url;

use super::tokens::{count, id};
use super::webhooks::{deliver_signed, event, logged};
use super::{BASE, Stage, WEBHOOK_SECRET};

impl Stage {
    /// Has the simulator report to this bank over HTTP, signed with the shared secret.
    async fn reported_to(&self) {
        let url = self.app.serve().await;
        self.simulator.control().register(Registration {
            account_events: format!("{url}{BASE}/webhook").parse().ok(),
            hmac_secret: Some(Secret::new(WEBHOOK_SECRET.to_owned())),
            ..Registration::default()
        });
    }

    async fn spend(&self) {
        let credentials_id = self.simulator.control().links()[0].credentials_id.clone();
        let added = AddedTransaction {
            credentials_id,
            account: "current".to_owned(),
            amount_minor: -700,
            description: "A NEW ROW".to_owned(),
            pending: false,
        };
        self.simulator.control().add_transaction(&added).await.unwrap();
    }
}

#[tokio::test]
async fn however_a_report_goes_wrong_the_row_comes_once_and_staff_sees_what_was_refused() {
    for (mode, is_reported, rejected) in [
        (WebhookMode::Duplicate, true, false),
        (WebhookMode::Reorder, true, false),
        (WebhookMode::Delay(60), true, false),
        (WebhookMode::Drop, false, false),
        (WebhookMode::StaleTimestamp, false, true),
        (WebhookMode::WrongSecret, false, true),
        (WebhookMode::TamperedBody, false, true),
        // A hash covers no path.
        (WebhookMode::WrongPath, true, false),
    ] {
        let stage = Stage::new().await;
        stage.settled().await;
        stage.reported_to().await;
        stage.simulator.control().set_modes(Modes { webhooks: vec![mode], ..Modes::default() });
        let (app, before) = (&stage.app, stage.reads());
        stage.spend().await;
        stage.advance(Duration::minutes(2)).await;
        app.run_jobs().await;
        assert_eq!(stage.reads() - before, usize::from(is_reported), "{mode:?}");
        assert_eq!(logged(app, "WEBHOOK_REJECTED").await > 0, rejected, "{mode:?}");
        let clerk = app.clerk_as(Role::Operations).await;
        let inbox = app.page(&clerk, "/admin/connections/webhooks").await.expect(200).text();
        assert_eq!(inbox.contains("transaction.created"), is_reported, "{mode:?}");
        // What was not reported comes with the schedule.
        stage.advance(Duration::hours(13)).await;
        bank::openbanking::service::pull_due(&app.bank).await.unwrap();
        app.run_jobs().await;
        let rows = app.rows("truelayer_transactions").await;
        assert_eq!(rows.matches("\"amount_minor\":700,").count(), 1, "{mode:?}");
    }
}

#[tokio::test]
async fn a_bank_that_sends_nobody_back_leaves_a_link_that_ends_by_itself() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let at = stage.app.at_home(&ada.email).await;
    for (mode, status) in [(ReturnMode::StateOnly, 422), (ReturnMode::Never, 0)] {
        stage.simulator.control().set_modes(Modes { returns: mode, ..Modes::default() });
        let begun = stage.begin(&ada).await;
        let link: Url = begun["auth_url"].as_str().unwrap().parse().unwrap();
        let walked = Authorization { outcome: AuthorizationOutcome::Allow, ..Authorization::of(link) };
        match stage.simulator.control().authorize(&walked).unwrap() {
            Some(back) => {
                let answer = stage.come_back(&ada, back.query().unwrap()).await;
                assert_eq!(answer.status, status, "{mode:?}");
            }
            None => assert_eq!(status, 0, "{mode:?}"),
        }
        let page = stage.app.page(&at, "/my").await.expect(200).text();
        assert!(page.contains("Not finished") || page.contains("Needs renewal"), "{mode:?}: {page}");
    }
    stage.advance(Duration::minutes(21)).await;
    bank::openbanking::service::sweep(&stage.app.bank).await.unwrap();
    assert_eq!(count(&stage, "status = 'EXPIRED' and end_reason = 'never_completed'").await, 2);
    let at = stage.app.at_home(&ada.email).await;
    let page = stage.app.page(&at, "/my").await.expect(200).text();
    assert!(page.contains("Needs renewal") && !page.contains("Not finished"), "{page}");
}

#[tokio::test]
async fn each_of_the_vendors_broken_users_is_told_what_is_the_matter_and_staff_the_code() {
    for (code, told) in [
        ("account_permanently_locked", "Out of order"),
        ("account_temporarily_locked", "Out of order"),
        ("internal_error", "Linked"),
        ("provider_error", "Linked"),
        ("user_input_required", "Needs renewal"),
        ("wrong_credentials", "Needs renewal"),
    ] {
        let stage = Stage::new().await;
        let ada = stage.app.customer("Ada Lovelace").await;
        let at = stage.app.at_home(&ada.email).await;
        let begun = stage.begin(&ada).await;
        let link: Url = begun["auth_url"].as_str().unwrap().parse().unwrap();
        let broken = Authorization {
            username: format!("error.{code}"),
            password: "error".to_owned(),
            ..Authorization::of(link)
        };
        let back = stage.simulator.control().authorize(&broken).unwrap().unwrap();
        let linked = stage.come_back(&ada, back.query().unwrap()).await.expect(200).json();
        let connection = linked["id"].as_str().unwrap();
        let _ = pull_for_events(&stage.app.bank, id(&json!(connection)), Purpose::Event).await;
        let page = stage.app.page(&at, &format!("/my/banks/{connection}")).await.expect(200).text();
        assert!(page.contains(told), "{code}: {page}");
        let clerk = stage.app.clerk_as(Role::Operations).await;
        let page = stage.app.page(&clerk, &format!("/admin/connections/{connection}")).await;
        assert!(page.expect(200).text().contains(code), "{code}");
    }
}

#[tokio::test]
async fn an_operator_who_goes_by_the_published_keys_believes_them_and_no_secret() {
    for (mode, is_reported) in [
        (None, true),
        (Some(WebhookMode::WrongSecret), false),
        (Some(WebhookMode::TamperedBody), false),
        (Some(WebhookMode::WrongPath), false),
        (Some(WebhookMode::StaleTimestamp), false),
    ] {
        let stage = Stage::with(|settings| settings.webhook_scheme = WebhookScheme::TlSignature).await;
        stage.settled().await;
        let url = stage.app.serve().await;
        // Without a secret the simulator signs with its own key.
        stage.simulator.control().register(Registration {
            account_events: format!("{url}{BASE}/webhook").parse().ok(),
            ..Registration::default()
        });
        let webhooks = mode.into_iter().collect();
        stage.simulator.control().set_modes(Modes { webhooks, ..Modes::default() });
        stage.spend().await;
        let events = stage.app.rows("truelayer_webhook_events").await;
        assert_eq!(events.contains("transaction.created"), is_reported, "{mode:?}");
        assert_eq!(logged(&stage.app, "WEBHOOK_REJECTED").await, usize::from(!is_reported), "{mode:?}");
        // The secret, where there is one, opens nothing.
        let body = event(&stage.app, "evt_1", ("transaction.created", "one"));
        deliver_signed(&stage.app, &body).await.refused(401, "unauthenticated");
    }
}
