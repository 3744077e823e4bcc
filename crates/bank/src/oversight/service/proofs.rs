//! Proofs as background work: asked for by somebody, one of a sort at a time, with progress for whoever watches.

use std::convert::Infallible;
use std::time::Duration;

use kernel::{Actor, RequestId};
use ledger::verify::Progress;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch::{self, Receiver};
use tokio::time::{MissedTickBehavior, interval};

use super::{audit, ledger as books};
use crate::jobs::{self, Job, JobFailure, JobProgress, NewJob};
use crate::oversight::{LedgerRefusal, Proved};
use crate::{Bank, Caller, Permission};

/// How often the progress is written.
const BEAT: Duration = Duration::from_millis(500);
/// A proof that failed so often fails for another reason than a moment's.
const MOST_ATTEMPTS: i32 = 3;

/// Names who asked: the audit row of the proof is theirs.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    actor_kind: String,
    actor_id: Option<uuid::Uuid>,
    request_id: RequestId,
}

/// Asks for a proof; one that waits or runs already is returned instead.
///
/// # Errors
/// Forbidden, storage.
pub async fn request(bank: &Bank, caller: &Caller, what: Proved) -> Result<Job, LedgerRefusal> {
    caller.require(what.verify_permission())?;
    let asked = Asked {
        actor_kind: caller.actor.kind().as_str().to_owned(),
        actor_id: caller.actor.uuid(),
        request_id: caller.request_id,
    };
    let job = NewJob::new(what.job(), json!(asked));
    let job = NewJob { dedupe_key: Some(what.key()), most_attempts: MOST_ATTEMPTS, ..job };
    let tx = bank.db.begin().await?;
    let job = jobs::enqueue_once(bank, &tx, job).await?;
    tx.commit().await?;
    Ok(job)
}

/// Finds the proof that waits or runs.
///
/// # Errors
/// Forbidden, storage.
pub async fn find_running(bank: &Bank, caller: &Caller, what: Proved) -> Result<Option<Job>, LedgerRefusal> {
    caller.require(what.read_permission())?;
    Ok(jobs::find_by_key(bank.db.latest(), &what.key()).await?)
}

/// Does the work, and writes how far it is beside it.
pub(crate) async fn work(bank: Bank, what: Proved, payload: Value) -> Result<(), JobFailure> {
    let asked: Asked = serde_json::from_value(payload)?;
    let actor = Actor::from_parts(&asked.actor_kind, asked.actor_id).unwrap_or(Actor::System);
    let caller = Caller { actor, ..Caller::system(asked.request_id) };
    let (tell, told) = watch::channel(None);
    let mut progress = |progress| {
        tell.send_replace(Some(progress));
    };
    let proof = async {
        match what {
            Proved::Ledger => books::prove(&bank, &caller, &mut progress).await.map(drop),
            Proved::AuditLog => audit::prove(&bank, &caller, &mut progress).await.map(drop),
        }
    };
    tokio::select! {
        proved = proof => Ok(proved?),
        never = write_progress(&bank, what, told) => match never {},
    }
}

async fn write_progress(bank: &Bank, what: Proved, mut told: Receiver<Option<Progress>>) -> Infallible {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        if !told.has_changed().unwrap_or(false) {
            continue;
        }
        let Some(Progress { stage, done, total }) = *told.borrow_and_update() else { continue };
        let progress = JobProgress { stage: stage.as_str().to_owned(), done, total };
        if let Err(error) = jobs::note_progress(bank, &what.key(), &progress).await {
            tracing::warn!(error = %error, "how far a proof is could not be written");
        }
    }
}

impl Proved {
    /// Returns the kind of the job.
    pub(crate) const fn job(self) -> &'static str {
        match self {
            Self::Ledger => "ledger.verify",
            Self::AuditLog => "audit.verify",
        }
    }

    fn key(self) -> String {
        format!("proof:{}", self.job())
    }

    const fn verify_permission(self) -> Permission {
        match self {
            Self::Ledger => Permission::VerifyLedger,
            Self::AuditLog => Permission::VerifyAudit,
        }
    }

    const fn read_permission(self) -> Permission {
        match self {
            Self::Ledger => Permission::ReadLedger,
            Self::AuditLog => Permission::ReadAudit,
        }
    }
}
