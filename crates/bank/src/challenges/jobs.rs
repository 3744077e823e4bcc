//! Background work of challenges: mailing codes, and clearing away.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::ChallengeId;
use serde::Deserialize;
use serde_json::Value;

use super::service;
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

const SWEEP: &str = "challenges.sweep";

#[derive(Deserialize)]
struct SendCode {
    challenge_id: ChallengeId,
}

/// Names the handlers and the schedule.
pub fn register(registry: &mut Registry) {
    registry.job(service::SEND_CODE, send_code);
    registry.job(SWEEP, sweep);
    registry.every("challenges.sweep", 86_400, SWEEP);
}

fn send_code(bank: Bank, payload: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let SendCode { challenge_id } = serde_json::from_value(payload)?;
        service::send_code(&bank, challenge_id).await.map_err(JobFailure::retry)
    }
    .boxed()
}

fn sweep(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move { Ok(service::sweep(&bank).await?) }.boxed()
}
