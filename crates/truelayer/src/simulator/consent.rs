//! Consents and their tokens: issued, refreshed, ended. Pure; the lock around it is the caller's.

use std::collections::BTreeMap;

use chrono::Duration;
use kernel::{Instant, Random};

use super::mock_user::MockUser;
use super::modes::{Modes, RefreshMode};
use super::provider::FakeBank;
use super::token::{self, Claims};
use crate::scope::{Scope, Scopes};

/// Says what has become of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConsentStatus {
    Authorised,
    Revoked,
    Deleted,
    /// Ended silently by a newer one at the same bank.
    Replaced,
}

/// Holds a link between a program and a user's accounts.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub(super) id: String,
    pub(super) bank: &'static FakeBank,
    pub(super) user: MockUser,
    pub(super) scopes: Scopes,
    /// The accounts and cards that the user chose, by their names in the book; none means all.
    pub(super) chosen: Option<Vec<String>>,
    pub(super) status: ConsentStatus,
    pub(super) status_at: Instant,
    pub(super) created_at: Instant,
    pub(super) expires_at: Instant,
    /// When the user last proved who they are.
    pub(super) authenticated_at: Instant,
    /// The only access token that works.
    access: Option<String>,
    /// Set when a spent refresh token was shown in the strict mode.
    is_compromised: bool,
}

impl Credential {
    pub(super) fn new(
        id: String,
        bank: &'static FakeBank,
        user: MockUser,
        scopes: Scopes,
        now: Instant,
    ) -> Self {
        Self {
            id,
            bank,
            user,
            scopes,
            chosen: None,
            status: ConsentStatus::Authorised,
            status_at: now,
            created_at: now,
            expires_at: now + Duration::days(bank.consent_days),
            authenticated_at: now,
            access: None,
            is_compromised: false,
        }
    }

    /// Begins the consent anew, under the same name.
    pub(super) fn renew(&mut self, now: Instant, authenticated: bool) {
        self.status = ConsentStatus::Authorised;
        self.status_at = now;
        self.created_at = now;
        self.expires_at = now + Duration::days(self.bank.consent_days);
        self.is_compromised = false;
        if authenticated {
            self.authenticated_at = now;
        }
    }

    pub(super) fn end(&mut self, status: ConsentStatus, now: Instant) {
        self.status = status;
        self.status_at = now;
    }

    /// Says whether the consent stands.
    pub(super) fn is_authorised(&self, now: Instant) -> bool {
        self.status == ConsentStatus::Authorised && now < self.expires_at
    }

    /// Returns what `/me` says about it.
    pub(super) fn status_name(&self, now: Instant) -> &'static str {
        match self.status {
            ConsentStatus::Authorised if now < self.expires_at => "Authorised",
            ConsentStatus::Authorised => "Expired",
            ConsentStatus::Revoked => "Revoked",
            ConsentStatus::Deleted => "Deleted",
            ConsentStatus::Replaced => "TerminatedByTpp",
        }
    }
}

/// Holds an access token that was issued once.
#[derive(Clone, Debug)]
struct Access {
    credentials_id: String,
    expires_at: Instant,
}

/// Holds a refresh token that was issued once.
#[derive(Clone, Debug)]
struct Refresh {
    credentials_id: String,
    spent: Option<(Instant, String)>,
}

/// Holds every link and every token.
#[derive(Debug, Default)]
pub(super) struct Consents {
    pub(super) credentials: BTreeMap<String, Credential>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
}

/// What is issued.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) expires_in_seconds: i64,
    pub(super) scope: String,
}

/// Says why an access token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// Nobody issued it, or a later one replaced it.
    Dead,
    /// Its time was over at this instant.
    Expired(Instant),
}

/// What issuing needs from outside.
pub(super) struct Mint<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) random: &'a Random,
    pub(super) modes: &'a Modes,
    pub(super) now: Instant,
}

impl Consents {
    /// Finds the link that an access token opens.
    pub(super) fn open(&self, token: &str, now: Instant) -> Result<&Credential, TokenFault> {
        let access = self.access.get(token).ok_or(TokenFault::Dead)?;
        let credential = self.credentials.get(&access.credentials_id).ok_or(TokenFault::Dead)?;
        if credential.access.as_deref() != Some(token) {
            return Err(TokenFault::Dead);
        }
        if now >= access.expires_at { Err(TokenFault::Expired(access.expires_at)) } else { Ok(credential) }
    }

    /// Finds the link that a refresh token belongs to, spent or not.
    pub(super) fn find_by_refresh(&self, token: &str) -> Option<&Credential> {
        self.credentials.get(&self.refresh.get(token)?.credentials_id)
    }

    /// Issues the first pair of a link, or a fresh one after a renewal; earlier refresh tokens die.
    pub(super) fn issue(&mut self, credentials_id: &str, mint: &Mint<'_>) -> Option<Issued> {
        let successor = token::refresh(mint.random);
        let former = self.refresh.values_mut().filter(|refresh| refresh.credentials_id == credentials_id);
        for refresh in former.filter(|refresh| refresh.spent.is_none()) {
            refresh.spent = Some((mint.now, successor.clone()));
        }
        let offline = self.credentials.get(credentials_id)?.scopes.contains(Scope::OfflineAccess);
        let refresh_token = offline.then_some(successor);
        if let Some(token) = &refresh_token {
            self.remember_refresh(token, credentials_id);
        }
        self.issue_access(credentials_id, refresh_token, mint)
    }

    /// Refreshes; `None` is `invalid_grant`.
    pub(super) fn refresh(&mut self, token: &str, mint: &Mint<'_>) -> Option<Issued> {
        let Refresh { credentials_id, spent } = self.refresh.get(token)?.clone();
        let credential = self.credentials.get_mut(&credentials_id)?;
        if !credential.is_authorised(mint.now) || credential.is_compromised {
            return None;
        }
        let answer = match (mint.modes.refresh, spent) {
            (RefreshMode::RotateGrace { seconds }, Some((at, successor)))
                if mint.now - at <= Duration::seconds(seconds) =>
            {
                Some(successor)
            }
            (RefreshMode::RotateStrict, Some(_)) => {
                credential.is_compromised = true;
                return None;
            }
            (_, Some(_)) => return None,
            (RefreshMode::Static, None) => Some(token.to_owned()),
            (RefreshMode::Omit, None) => None,
            (RefreshMode::Rotate | RefreshMode::RotateGrace { .. } | RefreshMode::RotateStrict, None) => {
                let successor = token::refresh(mint.random);
                self.remember_refresh(&successor, &credentials_id);
                self.refresh.get_mut(token)?.spent = Some((mint.now, successor.clone()));
                Some(successor)
            }
        };
        self.issue_access(&credentials_id, answer, mint)
    }

    fn remember_refresh(&mut self, token: &str, credentials_id: &str) {
        let refresh = Refresh { credentials_id: credentials_id.to_owned(), spent: None };
        self.refresh.insert(token.to_owned(), refresh);
    }

    fn issue_access(
        &mut self,
        credentials_id: &str,
        refresh_token: Option<String>,
        mint: &Mint<'_>,
    ) -> Option<Issued> {
        let credential = self.credentials.get_mut(credentials_id)?;
        let scope = credential.scopes.to_string();
        let life = Duration::seconds(mint.modes.expires_in_seconds);
        let claims = Claims {
            issuer: mint.issuer,
            audience: "data_api",
            client_id: mint.client_id,
            subject: credentials_id,
            connector_id: Some(credential.bank.id),
            scope: &scope,
            issued_at: mint.now,
            life,
        };
        let access_token = token::access(&claims, mint.random);
        credential.access = Some(access_token.clone());
        let access = Access { credentials_id: credentials_id.to_owned(), expires_at: mint.now + life };
        self.access.insert(access_token.clone(), access);
        Some(Issued { access_token, refresh_token, expires_in_seconds: life.num_seconds(), scope })
    }
}
