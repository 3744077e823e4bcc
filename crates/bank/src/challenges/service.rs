//! Making, answering and spending challenges.

use chrono::Duration;
use database::Tx;
use kernel::{ChallengeId, Money, Secret, UserId};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::model::{Challenge, ChallengeError, LIFE, Method, Required, Subject, TRIES};
use super::store;
use crate::audit::{self, Event};
use crate::identity::service as people;
use crate::jobs::{self, NewJob};
use crate::sealing::Place;
use crate::{Bank, Caller};

/// The kind of job that mails a code.
pub(crate) const SEND_CODE: &str = "challenges.send_code";
/// How long spent and expired challenges are kept, for questions.
const KEPT: Duration = Duration::days(90);

/// Spends an answered challenge for exactly this, or makes one that must be answered first.
///
/// A challenge is spent in the caller's transaction and comes back when that is rolled back. On
/// [`ChallengeError::Required`] the transaction holds the new challenge: commit it, and nothing else.
///
/// # Errors
/// [`ChallengeError::NeedsPerson`], [`ChallengeError::Required`], [`ChallengeError::Storage`].
pub async fn require(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    subject: Subject,
    presented: Option<ChallengeId>,
) -> Result<(), ChallengeError> {
    let user_id = caller.user_id.filter(|_| caller.session_id.is_some());
    let user_id = user_id.ok_or(ChallengeError::NeedsPerson)?;
    let now = bank.now();
    let found = match presented {
        Some(id) => store::load_for_update(tx, id).await?,
        None => None,
    };
    match found.filter(|challenge| challenge.confirms(user_id, &subject, now)) {
        Some(challenge) => Ok(store::update(tx, Challenge { used_at: Some(now), ..challenge }).await?),
        None => Err(make(bank, tx, caller, user_id, &subject).await?),
    }
}

async fn make(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    user_id: UserId,
    subject: &Subject,
) -> Result<ChallengeError, ChallengeError> {
    let now = bank.now();
    let enrolled = people::has_second_factor(tx, user_id).await?;
    let method = if enrolled { Method::Totp } else { Method::Mail };
    let challenge = Challenge {
        id: ChallengeId::generate(now, &bank.random),
        user_id,
        purpose: subject.purpose().to_owned(),
        subject_hash: subject.hash(),
        amount_minor: subject.amount().map(Money::minor),
        currency: subject.amount().map(Money::currency),
        payee: subject.payee().map(str::to_owned),
        method,
        sealed_code: None,
        attempts: 0,
        created_at: now,
        expires_at: now + LIFE,
        answered_at: None,
        used_at: None,
    };
    store::insert(tx, challenge.clone()).await?;
    if method == Method::Mail {
        let payload = json!({ "challenge_id": challenge.id });
        jobs::enqueue(bank, tx, NewJob::new(SEND_CODE, payload)).await?;
    }
    let about = audit::Subject::new("challenge", challenge.id);
    audit::record(bank, tx, caller, Event::new("challenge.create", about)).await?;
    Ok(ChallengeError::Required(Box::new(Required {
        challenge_id: challenge.id,
        method,
        amount: subject.amount(),
        payee: challenge.payee,
        expires_at: challenge.expires_at,
    })))
}

/// Answers a challenge with a code. A try is counted before the code is looked at, and wrong ones also count
/// against the account, so that many challenges at once give no more tries.
///
/// # Errors
/// [`ChallengeError::NeedsPerson`], [`ChallengeError::NotFound`] for another user's, an answered or an expired
/// one, [`ChallengeError::Identity`] when the account is locked, [`ChallengeError::WrongCode`].
pub async fn answer(
    bank: &Bank,
    caller: &Caller,
    id: ChallengeId,
    code: &Secret<String>,
) -> Result<(), ChallengeError> {
    let user_id = caller.user_id.filter(|_| caller.session_id.is_some());
    let user_id = user_id.ok_or(ChallengeError::NeedsPerson)?;
    people::admit(bank, caller).await?;
    let now = bank.now();
    let tx = bank.db.begin().await?;
    let challenge = store::load_for_update(&tx, id).await?;
    let challenge = challenge.filter(|challenge| challenge.is_open(user_id, now));
    let mut challenge = challenge.ok_or(ChallengeError::NotFound)?;
    challenge.attempts += 1;
    let right = match challenge.method {
        Method::Totp => people::take_code_of(bank, &tx, user_id, code).await?,
        Method::Mail => is_mailed_code(bank, &challenge, code),
    };
    let tries_left = TRIES - challenge.attempts;
    challenge.answered_at = right.then_some(now);
    store::update(&tx, challenge).await?;
    if right {
        let event = Event::new("challenge.answer", audit::Subject::new("challenge", id));
        audit::record(bank, &tx, caller, event).await?;
    }
    tx.commit().await?;
    if right {
        return Ok(());
    }
    people::note_failure(bank, caller).await?;
    Err(ChallengeError::WrongCode { tries_left })
}

fn is_mailed_code(bank: &Bank, challenge: &Challenge, shown: &Secret<String>) -> bool {
    let known =
        challenge.sealed_code.as_deref().and_then(|sealed| bank.keys.open(place(challenge.id), sealed).ok());
    known.is_some_and(|known| known == Secret::new(shown.expose().trim().as_bytes().to_vec()))
}

/// Makes the code of a challenge, once, and mails it with what it confirms; harmless when it runs twice.
///
/// # Errors
/// [`people::MailingError`]; the job tries again.
pub async fn send_code(bank: &Bank, id: ChallengeId) -> Result<(), people::MailingError> {
    let tx = bank.db.begin().await?;
    let challenge = store::load_for_update(&tx, id).await?;
    let Some(challenge) = challenge.filter(|challenge| challenge.is_open(challenge.user_id, bank.now()))
    else {
        return Ok(());
    };
    let opened = challenge.sealed_code.as_deref().and_then(|sealed| bank.keys.open(place(id), sealed).ok());
    let code = match opened {
        Some(code) => code,
        None => Secret::new(format!("{:06}", bank.random.below(1_000_000)).into_bytes()),
    };
    let sealed_code = Some(bank.keys.seal(&bank.random, place(id), code.expose()));
    let (user_id, text) =
        (challenge.user_id, text(bank, &challenge, &String::from_utf8_lossy(code.expose())));
    store::update(&tx, Challenge { sealed_code, ..challenge }).await?;
    tx.commit().await?;
    let subject = format!("{}: confirm your payment", bank.settings.bank_name);
    people::mail_user(bank, user_id, subject, text).await
}

fn text(bank: &Bank, challenge: &Challenge, code: &str) -> String {
    let amount = challenge.amount().map(|amount| format!("Amount: {amount}\n")).unwrap_or_default();
    let payee = challenge.payee.as_ref().map(|payee| format!("To: {payee}\n")).unwrap_or_default();
    format!(
        "Somebody asked {} to do this in your name:\n\n{amount}{payee}\nIf it was you, confirm it within ten \
         minutes with this code:\n\n{code}\n\nThe code is good for nothing else. If it was not you, tell \
         nobody the code and call us.\n",
        bank.settings.bank_name
    )
}

/// Returns above which amount (minor units of the base currency) this user's payments need a challenge.
///
/// # Errors
/// `DbErr` of the read.
pub async fn threshold_minor(
    bank: &Bank,
    connection: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<i64, DbErr> {
    people::step_up_threshold_minor(bank, connection, user_id).await
}

/// Forgets challenges that ended long ago.
///
/// # Errors
/// `DbErr`; the next run goes on.
pub async fn sweep(bank: &Bank) -> Result<(), DbErr> {
    let tx = bank.db.begin().await?;
    store::delete_older(&tx, bank.now() - KEPT).await?;
    tx.commit().await
}

fn place(id: ChallengeId) -> Place {
    Place { table: "challenges", row: id.uuid(), column: "sealed_code" }
}
