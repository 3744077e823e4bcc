//! Movements on accounts, money that arrives, and the program's registration.

use kernel::Secret;
use serde::Deserialize;
use url::Url;

use super::{Control, ControlError};
use crate::signature::PublicKey;
use crate::simulator::book::{Pending, Row, Sort};
use crate::simulator::payments;
use crate::simulator::registration::{HmacForm, WebhookScheme, WebhookTarget};

/// Describes a movement to be added.
#[derive(Clone, Debug, Deserialize)]
pub struct AddedTransaction {
    /// The link.
    pub credentials_id: String,
    /// The account or card: `current`, `savings`, `business`, `card`.
    #[serde(default = "current")]
    pub account: String,
    /// How much; below zero leaves the user.
    pub amount_minor: i64,
    /// The bank's text.
    pub description: String,
    /// Whether it is only announced; it is booked by settling, or after two days.
    #[serde(default)]
    pub pending: bool,
}

fn current() -> String {
    "current".to_owned()
}

/// Describes money that arrives without a payment.
#[derive(Clone, Debug, Deserialize)]
pub struct UnmatchedMoney {
    /// The program's account at the service.
    pub merchant_account_id: String,
    /// How much.
    pub amount_minor: i64,
    /// `GBP` or `EUR`.
    pub currency: String,
    /// What the payer wrote.
    pub reference: String,
}

/// Registers the program anew; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Registration {
    /// Where users may be sent back to.
    pub redirect_uris: Option<Vec<Url>>,
    /// Where changes of accounts go.
    pub account_events: Option<Url>,
    /// Where events of payments go.
    pub payment_events: Option<Url>,
    /// The shared secret of changes of accounts; without one they are signed with `Tl-Signature`.
    pub hmac_secret: Option<Secret<String>>,
    /// What the hash covers.
    pub hmac_form: HmacForm,
    /// A key that may sign payments: its name and its public half in PEM.
    pub signing_key: Option<(String, String)>,
}

impl Control {
    /// Adds a movement to an account, and tells the program.
    ///
    /// # Errors
    /// [`ControlError::NotFound`].
    pub async fn add_transaction(&self, added: &AddedTransaction) -> Result<(), ControlError> {
        {
            let now = self.shared.now();
            let mut world = self.shared.world();
            let credential = world.consents.credentials.get(&added.credentials_id).cloned();
            let credential = credential.ok_or(ControlError::NotFound)?;
            let row = Row {
                at: now,
                sequence: 0,
                minor: added.amount_minor,
                description: added.description.clone(),
                merchant: None,
                sort: Sort::Added,
            };
            let book = world.book(credential.bank, &credential.user, now);
            let is_there = if added.pending {
                book.add_pending(&added.account, Pending::booking(row, 2, 100))
            } else {
                book.add(&added.account, row)
            };
            if !is_there {
                return Err(ControlError::NotFound);
            }
            let id = world.shown_id(&credential, &added.account);
            self.queue_event(&mut world, "transaction.created", &id);
        }
        self.deliver_due().await;
        Ok(())
    }

    /// Books what is announced on an account, with `percent` / 100 of each amount; returns how many rows.
    ///
    /// # Errors
    /// [`ControlError::NotFound`].
    pub async fn settle(
        &self,
        credentials_id: &str,
        account: &str,
        percent: i64,
    ) -> Result<usize, ControlError> {
        let settled = {
            let now = self.shared.now();
            let mut world = self.shared.world();
            let credential = world.consents.credentials.get(credentials_id).cloned();
            let credential = credential.ok_or(ControlError::NotFound)?;
            let book = world.book(credential.bank, &credential.user, now);
            book.find(account).ok_or(ControlError::NotFound)?;
            let settled = book.settle(account, percent, now);
            let id = world.shown_id(&credential, account);
            self.queue_event(&mut world, "transaction.created", &id);
            settled
        };
        self.deliver_due().await;
        Ok(settled)
    }

    /// Registers the program anew.
    pub fn register(&self, registration: Registration) {
        let mut world = self.shared.world();
        if let Some(redirect_uris) = registration.redirect_uris {
            world.client.redirect_uris = redirect_uris;
        }
        if registration.account_events.is_some() || registration.payment_events.is_some() {
            let scheme = registration.hmac_secret.map_or(WebhookScheme::TlSignature, |secret| {
                let secret = Secret::new(secret.expose().as_bytes().to_vec());
                WebhookScheme::Hmac { secret, form: registration.hmac_form }
            });
            let (account_events, payment_events) = (registration.account_events, registration.payment_events);
            world.client.webhook = Some(WebhookTarget { account_events, payment_events, scheme });
        }
        let key = registration.signing_key.and_then(|(id, pem)| Some((id, PublicKey::from_pem(&pem).ok()?)));
        world.client.signing_keys.extend(key);
    }

    /// Sends money back that had arrived, and tells the program.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], then [`ControlError::State`] for a payment that is not settled.
    pub async fn reverse_payment(&self, payment_id: &str, reason: &'static str) -> Result<(), ControlError> {
        payments::reverse(&self.shared, payment_id, reason)?;
        self.deliver_due().await;
        Ok(())
    }

    /// Lets a user authorize a payment as on the bank's page: `test_executed`, `test_authorisation_failed`,
    /// `test_execution_rejected`; returns where the browser would go.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::SignIn`], [`ControlError::State`].
    pub async fn authorize_payment(&self, payment_id: &str, username: &str) -> Result<Url, ControlError> {
        let url = payments::authorize(&self.shared, payment_id, username)?;
        self.deliver_due().await;
        Ok(url)
    }

    /// Lets money arrive that no payment announced, and tells the program.
    pub async fn receive_unmatched(&self, money: &UnmatchedMoney) {
        payments::receive(&self.shared, money);
        self.deliver_due().await;
    }
}
