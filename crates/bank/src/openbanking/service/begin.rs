//! Sending a customer to their bank.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use database::Tx;
use kernel::{ConnectionId, Instant, OauthStateId, Secret, UserId};
use sea_orm::DbErr;
use serde_json::json;
use truelayer::{AuthLink, CodeVerifier, ResponseMode, Scopes};
use url::Url;

use super::changes::subject;
use super::{customer, reach};
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, OauthState, OpenBankingError, store, transition,
};
use crate::sealing::Place;
use crate::{Bank, Caller};

/// How long a customer may take at the bank.
pub(super) const PATIENCE: Duration = Duration::minutes(10);

/// Says what is to be linked.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// The connection to renew in place; a new one when absent.
    pub connection_id: Option<ConnectionId>,
    /// The bank, so that nobody has to choose.
    pub provider_id: Option<String>,
}

/// Holds where the customer goes now.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What will be linked.
    pub connection_id: ConnectionId,
    /// The bank's door; it can be used once, and carries the state that must come back.
    pub url: Secret<String>,
    /// Until when the customer must be back.
    pub expires_at: Instant,
}

/// Makes a link to a bank: for a new connection, or to renew one in place.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::Off`],
/// [`OpenBankingError::ProviderNotOffered`], [`OpenBankingError::NotFound`], [`OpenBankingError::TooLate`].
pub async fn begin(bank: &Bank, caller: &Caller, asked: Begin) -> Result<Begun, OpenBankingError> {
    let user = customer(caller)?;
    let (reach, settings) = reach(bank)?;
    if asked.provider_id.as_deref().is_some_and(|id| !is_name(id)) {
        return Err(OpenBankingError::ProviderNotOffered);
    }
    let nonce = URL_SAFE_NO_PAD.encode(bank.random.bytes::<16>());
    let way = Way::new(bank);
    let tx = bank.db.begin().await?;
    let connection = match asked.connection_id {
        Some(id) => renewable(&tx, id, user).await?,
        None => new_connection(bank, &tx, user).await?,
    };
    way.keep(bank, &tx, (caller, &connection)).await?;
    tx.commit().await?;
    let link = AuthLink {
        client_id: reach.client().client_id(),
        redirect_uri: &settings.redirect_uri,
        scopes: &Scopes::from_list(&connection.scopes),
        providers: &settings.providers,
        provider_id: connection.provider_id.as_deref().or(asked.provider_id.as_deref()),
        state: &way.state,
        nonce: &nonce,
        challenge: &way.verifier.challenge(),
        response_mode: ResponseMode::Query,
        user_email: None,
    };
    let url: Url = link.url(reach.client().environment());
    Ok(way.to(connection.id, url))
}

/// Holds what a customer carries to a bank and brings back.
pub(super) struct Way {
    pub(super) state: String,
    pub(super) verifier: CodeVerifier,
    expires_at: Instant,
}

impl Way {
    pub(super) fn new(bank: &Bank) -> Self {
        Self {
            state: URL_SAFE_NO_PAD.encode(bank.random.bytes::<32>()),
            verifier: CodeVerifier::generate(&bank.random),
            expires_at: bank.now() + PATIENCE,
        }
    }

    /// Remembers it, with its trace.
    pub(super) async fn keep(
        &self,
        bank: &Bank,
        tx: &Tx,
        (caller, connection): (&Caller, &Connection),
    ) -> Result<(), DbErr> {
        store::states::insert(tx, self.row(bank, connection)).await?;
        let is_renewal = connection.status != ConnectionStatus::Pending;
        let event = Event {
            after: Some(json!({ "is_renewal": is_renewal, "expires_at": self.expires_at })),
            ..Event::new("truelayer.auth_link_created", subject(connection.id))
        };
        audit::record(bank, tx, caller, event).await?;
        Ok(())
    }

    fn row(&self, bank: &Bank, connection: &Connection) -> OauthState {
        let now = bank.now();
        let id = OauthStateId::generate(now, &bank.random);
        let code_verifier = bank.keys.seal(&bank.random, place(id), self.verifier.expose().as_bytes());
        OauthState {
            id,
            state_hash: hash(&self.state),
            user_id: connection.user_id,
            connection_id: connection.id,
            code_verifier,
            expires_at: self.expires_at,
            created_at: now,
        }
    }

    /// Says where it leads.
    pub(super) fn to(self, connection_id: ConnectionId, url: Url) -> Begun {
        Begun { connection_id, url: Secret::new(url.into()), expires_at: self.expires_at }
    }
}

/// Says whether a text can name a bank; which ones there are is the service's to say.
fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    (1..=100).contains(&text.len()) && text.chars().all(fits)
}

async fn renewable(tx: &Tx, id: ConnectionId, user: UserId) -> Result<Connection, OpenBankingError> {
    let connection = store::find(tx, id, user).await?.ok_or(OpenBankingError::NotFound)?;
    transition(connection.status, ConnectionEvent::Linked)?;
    Ok(connection)
}

async fn new_connection(bank: &Bank, tx: &Tx, user_id: UserId) -> Result<Connection, OpenBankingError> {
    let id = ConnectionId::generate(bank.now(), &bank.random);
    let connection = Connection::pending((id, user_id), Scopes::all().to_string(), bank.now());
    store::insert(tx, connection.clone()).await?;
    Ok(connection)
}

/// Hashes a state: whoever reads the table cannot come back in a customer's place.
pub(super) fn hash(state: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, state.as_bytes()).as_ref().to_vec()
}

/// Says where a sealed verifier lives.
pub(super) fn place(id: OauthStateId) -> Place {
    Place { table: "truelayer_oauth_states", row: id.uuid(), column: "code_verifier" }
}
