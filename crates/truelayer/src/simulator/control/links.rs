//! Links: made without a browser, looked at, revoked, run out.

use kernel::Instant;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Control, ControlError};
use crate::simulator::auth::{self, LinkQuery, Outcome, Return};
use crate::simulator::consent::ConsentStatus;
use crate::simulator::mock_user::MockUser;
use crate::simulator::webhooks::{Delivery, Signing, account_event};
use crate::simulator::world::World;

/// Walks a user through the pages.
#[derive(Clone, Debug, Deserialize)]
pub struct Authorization {
    /// The link to follow: the program's own, or one that the service made.
    pub link: Url,
    /// The user's name at the bank.
    #[serde(default = "john")]
    pub username: String,
    /// The password.
    #[serde(default = "doe")]
    pub password: String,
    /// The bank, where the link offers several.
    #[serde(default)]
    pub provider_id: Option<String>,
    /// The accounts and cards (`current`, `savings`, `business`, `card`); none means all.
    #[serde(default)]
    pub accounts: Option<Vec<String>>,
    /// What the user decides.
    #[serde(default)]
    pub outcome: AuthorizationOutcome,
}

fn john() -> String {
    "john".to_owned()
}

fn doe() -> String {
    "doe".to_owned()
}

/// Says what a user decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationOutcome {
    /// To share.
    #[default]
    Allow,
    /// Not to.
    Cancel,
}

impl Authorization {
    /// Walks the usual user along a link, to consent to everything.
    pub fn of(link: Url) -> Self {
        Self {
            link,
            username: john(),
            password: doe(),
            provider_id: None,
            accounts: None,
            outcome: AuthorizationOutcome::Allow,
        }
    }
}

/// Describes a link between the program and somebody's accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkState {
    /// Its name.
    pub credentials_id: String,
    /// Its bank.
    pub provider_id: &'static str,
    /// The user's name at the bank.
    pub username: String,
    /// What `/me` says about the consent.
    pub consent_status: &'static str,
    /// When the consent ends.
    pub consent_expires_at: Instant,
}

impl Control {
    /// Walks a user through the pages, and returns where the browser would go: for a form, with its fields in the
    /// query. `None` when the user never comes back.
    ///
    /// # Errors
    /// [`ControlError::Link`], [`ControlError::Bank`], [`ControlError::SignIn`], in this order.
    pub fn authorize(&self, authorization: &Authorization) -> Result<Option<Url>, ControlError> {
        let id = self.visit(&authorization.link)?;
        let outcome = match authorization.outcome {
            AuthorizationOutcome::Cancel => Outcome::Cancelled,
            AuthorizationOutcome::Allow => {
                self.sign_in(&id, authorization)?;
                Outcome::Granted(authorization.accounts.clone())
            }
        };
        let returned = auth::complete(&self.shared, &id, outcome).ok_or(ControlError::NotFound)?;
        Ok(match returned {
            Return::To(url) => Some(url),
            Return::Form { mut action, fields } => {
                action.query_pairs_mut().extend_pairs(&fields);
                Some(action)
            }
            Return::Nowhere => None,
        })
    }

    fn visit(&self, link: &Url) -> Result<String, ControlError> {
        if let Some(id) = link.path().strip_prefix("/dialog/") {
            let is_open = self.shared.world().sessions.contains_key(id);
            return is_open.then(|| id.to_owned()).ok_or(ControlError::Link("this visit is over"));
        }
        let pairs = link.query().unwrap_or_default();
        let query = axum::extract::Query::<LinkQuery>::try_from_uri(
            &format!("/?{pairs}").parse().map_err(|_| ControlError::Link("unreadable"))?,
        );
        let query = query.map_err(|_| ControlError::Link("unreadable"))?;
        auth::open(&self.shared, &query).map_err(ControlError::Link)
    }

    fn sign_in(&self, id: &str, authorization: &Authorization) -> Result<(), ControlError> {
        let mut world = self.shared.world();
        let session = world.sessions.get_mut(id).ok_or(ControlError::NotFound)?;
        if let Some(wanted) = &authorization.provider_id {
            session.bank = session.banks.iter().copied().find(|bank| bank.id == wanted);
        }
        if session.bank.is_none() {
            return Err(ControlError::Bank);
        }
        let user = MockUser::sign_in(&authorization.username, &authorization.password);
        session.user = Some(user.ok_or(ControlError::SignIn)?);
        Ok(())
    }

    /// Lists the links.
    pub fn links(&self) -> Vec<LinkState> {
        let now = self.shared.now();
        let world = self.shared.world();
        let links = world.consents.credentials.values().map(|credential| LinkState {
            credentials_id: credential.id.clone(),
            provider_id: credential.bank.id,
            username: credential.user.username.clone(),
            consent_status: credential.status_name(now),
            consent_expires_at: credential.expires_at,
        });
        links.collect()
    }

    /// Takes a consent back as the user does at the bank, and tells the program.
    ///
    /// # Errors
    /// [`ControlError::NotFound`].
    pub async fn revoke(&self, credentials_id: &str) -> Result<(), ControlError> {
        {
            let now = self.shared.now();
            let mut world = self.shared.world();
            let credential =
                world.consents.credentials.get_mut(credentials_id).ok_or(ControlError::NotFound)?;
            credential.end(ConsentStatus::Revoked, now);
            self.queue_event(&mut world, "consent.revoked", credentials_id);
        }
        self.deliver_due().await;
        Ok(())
    }

    /// Lets a consent end now, silently, as time would.
    ///
    /// # Errors
    /// [`ControlError::NotFound`].
    pub fn expire(&self, credentials_id: &str) -> Result<(), ControlError> {
        let now = self.shared.now();
        let mut world = self.shared.world();
        let credential = world.consents.credentials.get_mut(credentials_id).ok_or(ControlError::NotFound)?;
        credential.expires_at = now;
        Ok(())
    }

    /// Tells the program something, true or not.
    pub async fn fire(&self, kind: &str, resource_id: &str) {
        self.queue_event(&mut self.shared.world(), kind, resource_id);
        self.deliver_due().await;
    }

    pub(super) fn queue_event(&self, world: &mut World, kind: &str, resource_id: &str) {
        let url = world.client.webhook.as_ref().and_then(|webhook| webhook.account_events.clone());
        let Some(url) = url else { return };
        let now = self.shared.now();
        let body = account_event(kind, resource_id, &self.shared.random, now);
        let delivery = Delivery::new(url, body, Signing::AsRegistered, now);
        let modes = world.modes.webhooks.clone();
        world.outbox.push_event(delivery, &modes);
    }
}
