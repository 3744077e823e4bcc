//! Becoming a user: by registering, by an invitation, or made by the program.

use database::Tx;
use kernel::{CountryCode, Secret, UserId};
use serde_json::{Value, json};

use super::mailing::{self, Order, Template};
use super::session::sha256;
use crate::audit::{self, Event, Subject};
use crate::identity::model::{
    Email, FullName, IdentityError, Locale, Purpose, User, UserKind, UserStatus, Visitor, judge_password,
    parse_roles, user::own_words,
};
use crate::identity::store::{credentials, users};
use crate::sealing::Place;
use crate::{Bank, Caller, Role};

/// Holds what somebody types in to register.
#[derive(Debug)]
pub struct Registration {
    /// The address.
    pub email: Email,
    /// First and last names.
    pub full_name: FullName,
    /// The password.
    pub password: Secret<String>,
    /// Country of residence.
    pub country: Option<CountryCode>,
    /// Preferred language.
    pub locale: Option<Locale>,
    /// Makes a member of staff.
    pub invitation_token: Option<Secret<String>>,
}

/// Describes a user that the program makes: an administrator, sample data.
#[derive(Debug)]
pub struct NewUser {
    /// The address.
    pub email: Email,
    /// First and last names.
    pub full_name: FullName,
    /// The password's hash, of [`crate::guard::PasswordPool::hash`].
    pub password_hash: String,
    /// Country of residence.
    pub country: Option<CountryCode>,
    /// Preferred language.
    pub locale: Option<Locale>,
    /// `[Customer]`, or any of staff's.
    pub roles: Vec<Role>,
    /// The seed of a second factor, confirmed at once.
    pub totp_seed: Option<Secret<Vec<u8>>>,
    /// Whether the user may sign in at once.
    pub status: UserStatus,
}

/// Registers somebody. The answer and the time are the same for an address that is known; its owner is told
/// by mail.
///
/// # Errors
/// [`IdentityError::Password`], [`IdentityError::TokenUnfit`] for an invitation that is not for this address,
/// [`IdentityError::Overloaded`].
pub async fn register(
    bank: &Bank,
    visitor: &Visitor,
    registration: Registration,
) -> Result<(), IdentityError> {
    let Registration { email, full_name, password, country, locale, invitation_token } = registration;
    let mut words = own_words(email.as_str(), full_name.as_str());
    words.push(&bank.settings.bank_name);
    judge_password(&password, &words, false)?;
    let password_hash = bank.guard.passwords().hash(&password).await?;
    let mut new = NewUser {
        email,
        full_name,
        password_hash,
        country,
        locale,
        roles: vec![Role::Customer],
        totp_seed: None,
        status: UserStatus::PendingVerification,
    };
    let caller = visitor.as_caller();
    let tx = bank.db.begin().await?;
    if let Some(token) = invitation_token {
        new.roles = accept(bank, &tx, &new.email, &token).await?;
        new.status = UserStatus::Active;
        create(bank, &tx, &caller, new).await?;
        return Ok(tx.commit().await?);
    }
    let email_key = new.email.key();
    match create(bank, &tx, &caller, new).await {
        Ok(user_id) => {
            mailing::ask(bank, &tx, Order::User { template: Template::VerifyEmail, user_id }).await?;
        }
        Err(IdentityError::EmailTaken) => remind(bank, &tx, &email_key).await?,
        Err(error) => return Err(error),
    }
    Ok(tx.commit().await?)
}

/// Tells the owner of a known address what happened.
async fn remind(bank: &Bank, tx: &Tx, email_key: &str) -> Result<(), IdentityError> {
    let Some(user) = users::find_by_email(tx, email_key).await? else {
        return Ok(());
    };
    match user.status {
        UserStatus::PendingVerification => mailing::ask_bounded(bank, tx, Template::VerifyEmail, &user).await,
        UserStatus::Active => mailing::ask_bounded(bank, tx, Template::AlreadyRegistered, &user).await,
        UserStatus::Suspended => Ok(()),
    }
}

/// Uses an invitation up and returns the roles that it grants.
async fn accept(
    bank: &Bank,
    tx: &Tx,
    email: &Email,
    token: &Secret<String>,
) -> Result<Vec<Role>, IdentityError> {
    let now = bank.now();
    let invitation = credentials::load_invitation_by_token(tx, &sha256(token.expose())).await?;
    let invitation = invitation.filter(|invitation| {
        invitation.accepted_at.is_none() && invitation.expires_at > now && invitation.email_key == email.key()
    });
    let mut invitation = invitation.ok_or(IdentityError::TokenUnfit)?;
    let roles = parse_roles(&invitation.roles);
    invitation.accepted_at = Some(now);
    credentials::update_invitation(tx, invitation).await?;
    Ok(roles)
}

/// Makes a user in the caller's transaction.
///
/// # Errors
/// [`IdentityError::RolesUnfit`] for none, or a customer's role beside staff's; [`IdentityError::EmailTaken`].
pub async fn create(bank: &Bank, tx: &Tx, caller: &Caller, new: NewUser) -> Result<UserId, IdentityError> {
    let now = bank.now();
    let kind = kind_of(&new.roles)?;
    let id = UserId::generate(now, &bank.random);
    let place = Place { table: "users", row: id.uuid(), column: "totp_seed" };
    let totp_seed = new.totp_seed.map(|seed| bank.keys.seal(&bank.random, place, seed.expose()));
    let user = User {
        id,
        kind,
        email_key: new.email.key(),
        search_key: search_key(&new.email, &new.full_name),
        email: new.email.as_str().to_owned(),
        full_name: new.full_name.as_str().to_owned(),
        country: new.country.map(|country| country.to_string()),
        locale: new.locale.map(|locale| locale.as_str().to_owned()),
        status: new.status,
        verified_at: (new.status == UserStatus::Active).then_some(now),
        password_hash: new.password_hash,
        password_changed_at: now,
        totp_confirmed_at: totp_seed.as_ref().map(|_| now),
        totp_seed,
        totp_last_step: None,
        stamp: 0,
        step_up_threshold_minor: None,
        created_at: now,
        updated_at: now,
    };
    if !users::insert_unless_known(tx, user).await? {
        return Err(IdentityError::EmailTaken);
    }
    users::replace_roles(tx, id, &new.roles).await?;
    let event = Event::new("user.register", Subject::new("user", id));
    let event = event.change(Value::Null, json!({ "roles": new.roles, "status": new.status }));
    audit::record(bank, tx, caller, event).await?;
    Ok(id)
}

/// Returns which side of the counter a set of roles is on.
pub(super) fn kind_of(roles: &[Role]) -> Result<UserKind, IdentityError> {
    if roles == [Role::Customer] {
        return Ok(UserKind::Customer);
    }
    let all_staff = !roles.is_empty() && roles.iter().all(|role| role.is_staff());
    all_staff.then_some(UserKind::Staff).ok_or(IdentityError::RolesUnfit)
}

/// Joins what the search looks through, in lower case.
pub(super) fn search_key(email: &Email, full_name: &FullName) -> String {
    format!("{} {}", full_name.as_str(), email.as_str()).to_lowercase()
}

/// Verifies an address by the mailed token, which works once.
///
/// # Errors
/// [`IdentityError::TokenUnfit`].
pub async fn verify_email(
    bank: &Bank,
    visitor: &Visitor,
    token: &Secret<String>,
) -> Result<(), IdentityError> {
    let now = bank.now();
    let tx = bank.db.begin().await?;
    let row = credentials::find_mail_token(&tx, &sha256(token.expose())).await?;
    let row = row
        .filter(|row| row.purpose == Purpose::VerifyEmail && row.used_at.is_none() && row.expires_at > now);
    let row = row.ok_or(IdentityError::TokenUnfit)?;
    let user = users::load_for_update(&tx, row.user_id).await?.ok_or(IdentityError::TokenUnfit)?;
    let used = credentials::use_mail_tokens(&tx, user.id, Purpose::VerifyEmail, now).await?;
    if used == 0 || user.status != UserStatus::PendingVerification {
        return Err(IdentityError::TokenUnfit);
    }
    let event = Event::new("user.verify_email", Subject::new("user", user.id));
    let event = event.change(json!({ "status": user.status }), json!({ "status": UserStatus::Active }));
    audit::record(bank, &tx, &visitor.as_caller(), event).await?;
    let (status, verified_at) = (UserStatus::Active, Some(now));
    users::update(&tx, User { status, verified_at, updated_at: now, ..user }).await?;
    Ok(tx.commit().await?)
}
