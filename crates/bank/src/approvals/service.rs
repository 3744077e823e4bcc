//! Asking for a second person, and deciding as one.

use database::Tx;
use kernel::{ApprovalId, Page, PageRequest, UserId};
use sea_orm::DbErr;
use serde_json::{Value, json};

use super::digest::digest;
use super::model::checker;
use super::{Approval, ApprovalError, ApprovalFilter, ApprovalState, Command, Effect, Executors, store};
use crate::audit::{self, Event, Reason, Subject};
use crate::{Bank, Caller, Permission, identity};

const REQUEST: &str = "approval.request";

/// Stores a command for a second person, in the caller's transaction. The slice has judged the maker.
///
/// # Errors
/// [`ApprovalError::NotAPerson`] when nobody stands behind the caller, storage.
pub async fn request(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    command: Command,
) -> Result<Approval, ApprovalError> {
    let maker_user_id = caller.user_id.ok_or(ApprovalError::NotAPerson)?;
    let now = bank.now();
    let mut approval = Approval {
        id: ApprovalId::generate(now, &bank.random),
        kind: command.kind.to_owned(),
        payload: command.payload,
        payload_hash: String::new(),
        summary: command.summary,
        subject_kind: command.subject.kind.to_owned(),
        subject_id: command.subject.id,
        reason: command.reason.into(),
        decide_permission: command.decide_permission.as_str().to_owned(),
        maker_kind: caller.actor.kind().as_str().to_owned(),
        maker_id: caller.actor.uuid().ok_or(ApprovalError::NotAPerson)?,
        maker_user_id,
        state: ApprovalState::Pending,
        checker_user_id: None,
        created_at: now,
        expires_at: Approval::expiry(now),
        decided_at: None,
        decision_reason: None,
        result: None,
    };
    approval.payload_hash = digest(&approval);
    store::insert(tx, approval.clone()).await?;
    let asked = json!({
        "kind": approval.kind,
        "payload_hash": approval.payload_hash,
        "subject": approval.subject_id,
        "maker": maker_user_id,
    });
    let event = Event { after: Some(asked), ..Event::new(REQUEST, subject(&approval)) };
    audit::record(bank, tx, caller, event.because(approval.reason.clone())).await?;
    Ok(approval)
}

/// Agrees to a command as the second person and carries it out.
///
/// # Errors
/// [`ApprovalError`], in the order of its variants.
pub async fn approve(
    bank: &Bank,
    executors: &Executors,
    caller: &Caller,
    id: ApprovalId,
    reason: Option<Reason>,
) -> Result<Approval, ApprovalError> {
    caller.require(Permission::DecideApprovals)?;
    let checker = checker(caller)?;
    let tx = bank.db.begin().await?;
    let approval = store::load_for_update(&tx, id).await?.ok_or(ApprovalError::NotFound)?;
    approval.require_pending(bank.now())?;
    let caller = &as_of_now(bank, &tx, caller, checker).await?;
    caller.require(Permission::DecideApprovals)?;
    caller.require(approval.decide_permission()?)?;
    if approval.maker_user_id == checker {
        return Err(ApprovalError::SelfApproval);
    }
    if !is_as_asked(&tx, &approval).await? {
        return alarm(bank, tx, caller, &approval).await;
    }
    let executor = executors.find(&approval.kind);
    let executor = executor.ok_or_else(|| ApprovalError::UnknownKind(approval.kind.clone()))?;
    let result = executor(bank, &tx, caller, &approval).await;
    let result = result.map_err(|problem| ApprovalError::Refused(Box::new(problem)))?;
    let decision =
        Decision { state: ApprovalState::Executed, checker: Some(checker), reason, result: Some(result) };
    let approval = decide(bank, &tx, caller, approval, decision).await?;
    tx.commit().await?;
    Ok(approval)
}

/// Refuses a command as the second person, or withdraws it as its maker.
///
/// # Errors
/// [`ApprovalError`], in the order of its variants, without those of the execution.
pub async fn reject(
    bank: &Bank,
    caller: &Caller,
    id: ApprovalId,
    reason: Reason,
) -> Result<Approval, ApprovalError> {
    caller.require(Permission::ReadApprovals)?;
    let checker = checker(caller)?;
    let tx = bank.db.begin().await?;
    let approval = store::load_for_update(&tx, id).await?.ok_or(ApprovalError::NotFound)?;
    approval.require_pending(bank.now())?;
    if approval.maker_user_id != checker {
        let caller = as_of_now(bank, &tx, caller, checker).await?;
        caller.require(Permission::DecideApprovals)?;
        caller.require(approval.decide_permission()?)?;
    }
    let state = ApprovalState::Rejected;
    let decision = Decision { state, checker: Some(checker), reason: Some(reason), result: None };
    let approval = decide(bank, &tx, caller, approval, decision).await?;
    tx.commit().await?;
    Ok(approval)
}

/// Takes away what the checker lost since the caller was last looked at, which may be a second ago.
async fn as_of_now(bank: &Bank, tx: &Tx, caller: &Caller, checker: UserId) -> Result<Caller, DbErr> {
    let held = identity::service::permissions_of(bank, tx, checker).await?;
    Ok(Caller { permissions: caller.permissions.intersection(held), ..caller.clone() })
}

/// Marks the commands that nobody decided in time; returns how many they were.
///
/// # Errors
/// Storage.
pub(crate) async fn expire(bank: &Bank, caller: &Caller) -> Result<usize, ApprovalError> {
    let tx = bank.db.begin().await?;
    let late = store::lock_expired(&tx, bank.now(), 200).await?;
    let found = late.len();
    for approval in late {
        let state = ApprovalState::Expired;
        let decision = Decision { state, checker: None, reason: None, result: None };
        decide(bank, &tx, caller, approval, decision).await?;
    }
    tx.commit().await?;
    Ok(found)
}

/// Lists commands that need or had a second person, newest first.
///
/// # Errors
/// [`ApprovalError::Forbidden`], storage.
pub async fn list(
    bank: &Bank,
    caller: &Caller,
    filter: ApprovalFilter,
    page: PageRequest,
) -> Result<Page<Approval>, ApprovalError> {
    caller.require(Permission::ReadApprovals)?;
    Ok(store::list(bank.db.read(), filter, bank.now(), page).await?)
}

/// Shows one command, and what it would do now while it waits. A look by staff leaves an audit row.
///
/// # Errors
/// [`ApprovalError::Forbidden`], [`ApprovalError::NotFound`], [`ApprovalError::Refused`] when the effect cannot be
/// told, storage.
pub async fn find(
    bank: &Bank,
    executors: &Executors,
    caller: &Caller,
    id: ApprovalId,
) -> Result<(Approval, Option<Effect>), ApprovalError> {
    caller.require(Permission::ReadApprovals)?;
    let approval = store::find(bank.db.latest(), id).await?.ok_or(ApprovalError::NotFound)?;
    let waits = approval.state_at(bank.now()) == ApprovalState::Pending;
    let effect = match executors.forecast(&approval.kind).filter(|_| waits) {
        Some(forecast) => Some(forecast(bank, &approval).await),
        None => None,
    };
    let effect = effect.transpose().map_err(|problem| ApprovalError::Refused(Box::new(problem)))?;
    audit::record_read(bank, caller, Event::new("approval.view", subject(&approval))).await?;
    Ok((approval, effect))
}

/// Counts the commands that wait for a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Asked for by others: the caller may be the second person.
    pub of_others: i64,
    /// Asked for by the caller.
    pub own: i64,
}

/// Counts what waits, by whether the caller asked for it.
///
/// # Errors
/// [`ApprovalError::Forbidden`], storage.
pub async fn count_waiting(bank: &Bank, caller: &Caller) -> Result<Waiting, ApprovalError> {
    caller.require(Permission::ReadApprovals)?;
    let makers = store::waiting_by_maker(bank.db.read(), bank.now()).await?;
    let all: i64 = makers.iter().map(|(_, count)| count).sum();
    let own = makers.iter().find(|(maker, _)| Some(*maker) == caller.user_id).map_or(0, |(_, count)| *count);
    Ok(Waiting { of_others: all - own, own })
}

struct Decision {
    state: ApprovalState,
    checker: Option<UserId>,
    reason: Option<Reason>,
    result: Option<Value>,
}

/// Writes a decision and its audit row, which names both people.
async fn decide(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    approval: Approval,
    decision: Decision,
) -> Result<Approval, ApprovalError> {
    let decided = Approval {
        state: decision.state,
        checker_user_id: decision.checker,
        decided_at: Some(bank.now()),
        decision_reason: decision.reason.map(String::from),
        result: decision.result,
        ..approval
    };
    store::update(tx, decided.clone()).await?;
    let action = match decided.state {
        ApprovalState::Executed => "approval.approve",
        ApprovalState::Expired => "approval.expire",
        _ if decided.checker_user_id == Some(decided.maker_user_id) => "approval.withdraw",
        _ => "approval.reject",
    };
    let before = json!({ "state": ApprovalState::Pending });
    let after = json!({
        "state": decided.state,
        "kind": decided.kind,
        "payload_hash": decided.payload_hash,
        "maker": decided.maker_user_id,
        "checker": decided.checker_user_id,
        "result": decided.result,
    });
    let event = Event { reason: decided.decision_reason.clone(), ..Event::new(action, subject(&decided)) };
    audit::record(bank, tx, caller, event.change(before, after)).await?;
    Ok(decided)
}

/// Says whether the row still says what was asked for: by its own digest, and by the one in the audit log.
async fn is_as_asked(tx: &Tx, approval: &Approval) -> Result<bool, ApprovalError> {
    let digest = digest(approval);
    let asked = audit::last(tx, REQUEST, &subject(approval)).await?;
    let logged = asked.and_then(|row| row.after_values).is_some_and(|asked| asked["payload_hash"] == digest);
    Ok(logged && digest == approval.payload_hash)
}

/// Leaves a trace of an altered command: somebody changed the database behind the bank's back.
async fn alarm<T>(bank: &Bank, tx: Tx, caller: &Caller, approval: &Approval) -> Result<T, ApprovalError> {
    tracing::error!(approval.id = %approval.id, "a stored command was altered after it was asked for");
    audit::record(bank, &tx, caller, Event::new("approval.altered", subject(approval))).await?;
    tx.commit().await?;
    Err(ApprovalError::Altered)
}

fn subject(approval: &Approval) -> Subject {
    Subject::new("approval", approval.id)
}
