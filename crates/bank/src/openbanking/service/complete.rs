//! A customer's return from the bank.

use kernel::{Instant, Secret};
use serde_json::json;
use truelayer::data::Me;
use truelayer::{Call, Callback, CallbackFields, CodeExchange, CodeVerifier, Tokens};

use super::begin::{hash, place};
use super::changes::{end, replace, subject};
use super::pull::{FIRST, ask_for_pull};
use super::{customer, reach, to_the_end};
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, ConsentRules, EndReason, OauthState, OpenBankingError,
    Purpose, store, transition,
};
use crate::sealing::vault::{Column, Owner, VaultError};
use crate::{Bank, Caller};

/// Takes a return: exchanges its code, asks whose it is, and keeps the tokens.
///
/// What is begun here is finished even when the browser hangs up: the code works once.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::Off`],
/// [`OpenBankingError::ReturnNotUsable`], [`OpenBankingError::ConsentRefused`], what the service says,
/// [`OpenBankingError::AnotherBank`], [`OpenBankingError::Changed`].
pub async fn complete(
    bank: &Bank,
    caller: &Caller,
    fields: CallbackFields,
) -> Result<Connection, OpenBankingError> {
    customer(caller)?;
    reach(bank)?;
    let (state, code) = match fields.read() {
        Callback::Granted { code, state, .. } => (state, Some(code)),
        Callback::Refused { state, .. } | Callback::Abandoned { state } => (state, None),
        Callback::Unrecognized => return Err(OpenBankingError::ReturnNotUsable),
    };
    let taken = take(bank, caller, &state).await?;
    let Some(code) = code else {
        return Err(refused(bank, caller, &taken).await?);
    };
    let (bank, caller) = (bank.clone(), caller.clone());
    to_the_end(async move { finish(&bank, &caller, (taken, code)).await }).await
}

/// Uses the state up: whatever happens next, it opens nothing again.
async fn take(bank: &Bank, caller: &Caller, state: &str) -> Result<OauthState, OpenBankingError> {
    let user = customer(caller)?;
    let tx = bank.db.begin().await?;
    let taken = store::states::take(&tx, &hash(state), user).await?;
    tx.commit().await?;
    taken.filter(|taken| taken.expires_at > bank.now()).ok_or(OpenBankingError::ReturnNotUsable)
}

/// Ends a new connection to which the customer, or the bank, said no; a renewed one stays as it was.
async fn refused(
    bank: &Bank,
    caller: &Caller,
    taken: &OauthState,
) -> Result<OpenBankingError, OpenBankingError> {
    let tx = bank.db.begin().await?;
    let row = store::find(&tx, taken.connection_id, taken.user_id).await?;
    let row = row.ok_or(OpenBankingError::ReturnNotUsable)?;
    end(bank, &tx, caller, (row, EndReason::NeverCompleted)).await?;
    tx.commit().await?;
    Ok(OpenBankingError::ConsentRefused)
}

async fn finish(
    bank: &Bank,
    caller: &Caller,
    (taken, code): (OauthState, Secret<String>),
) -> Result<Connection, OpenBankingError> {
    let (reach, settings) = reach(bank)?;
    let verifier = bank.keys.open(place(taken.id), &taken.code_verifier).map_err(|_| VaultError)?;
    let verifier = String::from_utf8(verifier.expose().clone()).map_err(|_| VaultError)?;
    let verifier = CodeVerifier::from_stored(verifier).map_err(|_| VaultError)?;
    let exchange = CodeExchange { code: &code, redirect_uri: &settings.redirect_uri, verifier: &verifier };
    let tokens = reach.client().exchange_code(&exchange).await?;
    let received_at = bank.now();
    let call = Call { token: &tokens.access_token, user: caller.address, correlation_id: None };
    let me = reach.client().me(&call).await?;
    let me = me.first().cloned().ok_or(OpenBankingError::ConsentRefused)?;
    let granted = Granted { tokens, me, received_at };
    let kept = keep(bank, caller, &taken, &granted).await;
    if let Err(OpenBankingError::AnotherBank) = kept
        && let Err(error) = reach.client().delete(&granted.tokens.access_token).await
    {
        tracing::warn!(%error, "a consent that nobody wants could not be ended at the service");
    }
    kept
}

/// Holds what a return brought.
struct Granted {
    tokens: Tokens,
    me: Me,
    received_at: Instant,
}

/// Keeps the tokens on the connection that was begun, or on the one that this login at the bank has already.
async fn keep(
    bank: &Bank,
    caller: &Caller,
    taken: &OauthState,
    granted: &Granted,
) -> Result<Connection, OpenBankingError> {
    let tx = bank.db.begin().await?;
    let begun = store::find(&tx, taken.connection_id, taken.user_id).await?;
    let begun = begun.ok_or(OpenBankingError::ReturnNotUsable)?;
    let provider_id = granted.me.provider.provider_id.as_str();
    let known = store::find_same(&tx, taken.user_id, (provider_id, &granted.me.credentials_id)).await?;
    let row = match known {
        // Whoever meant another login has renewed this one all the same; its earlier tokens are dead.
        Some(known) if known.id != begun.id => {
            if begun.status == ConnectionStatus::Pending {
                store::states::delete_of(&tx, begun.id).await?;
                store::delete(&tx, begun.id).await?;
            }
            known
        }
        _ if begun.provider_id.as_deref().is_some_and(|known| known != provider_id) => {
            return Err(OpenBankingError::AnotherBank);
        }
        _ => begun,
    };
    let status = transition(row.status, ConnectionEvent::Linked)?;
    let event = Event::new("truelayer.token_exchanged", subject(row.id))
        .change(json!({ "status": row.status }), json!({ "status": status, "provider_id": provider_id }));
    let linked = Connection { status, end_reason: None, ..linked(bank, &row, granted)? };
    replace(bank, &tx, linked.clone()).await?;
    audit::record(bank, &tx, caller, event).await?;
    // At once, with this very token: some banks tell everything only in the first minutes.
    ask_for_pull(bank, &tx, linked.id, Purpose::Event).await?;
    tx.commit().await?;
    Ok(linked)
}

fn linked(bank: &Bank, row: &Connection, granted: &Granted) -> Result<Connection, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    let Granted { tokens, me, received_at } = granted;
    let owner = Owner { connection: row.id, user: row.user_id };
    let (key, data_key) = reach.vault().make_key(&bank.random, owner)?;
    let seal = |column, token: &str| key.seal(&bank.random, column, token);
    let refresh_token = tokens.refresh_token.as_ref().map(|token| seal(Column::Refresh, token.expose()));
    let life = chrono::Duration::from_std(tokens.expires_in).unwrap_or_else(|_| chrono::Duration::hours(1));
    let provider_says = me.consent_expires_at.as_ref().map(|timestamp| timestamp.at);
    let ends_at =
        ConsentRules::default().ends_at(country(&me.provider.provider_id), *received_at, provider_says);
    Ok(Connection {
        provider_id: Some(me.provider.provider_id.clone()),
        provider_name: me.provider.display_name.clone(),
        credentials_id: Some(me.credentials_id.clone()),
        scopes: tokens.scopes.as_ref().unwrap_or(&me.scopes).to_string(),
        data_key: Some(data_key),
        access_token: Some(seal(Column::Access, tokens.access_token.expose())),
        refresh_token,
        expires_at: Some(*received_at + life),
        consented_at: Some(*received_at),
        consent_expires_at: Some(ends_at),
        token_version: row.token_version + 1,
        refreshed_at: Some(*received_at),
        reminded_days: None,
        next_pull_at: Some(*received_at + FIRST),
        ..Connection::without_refresh(row.clone())
    })
}

/// Reads the country from a provider's name: `xs2a-redirect-…-de`; `ob-…` is the United Kingdom's standard.
pub(super) fn country(provider_id: &str) -> &str {
    if provider_id.starts_with("ob-") || provider_id == "mock" {
        return "uk";
    }
    provider_id.rsplit('-').next().filter(|part| part.len() == 2).unwrap_or_default()
}
