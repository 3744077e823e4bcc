//! Asking a bank that needs longer than anybody waits.

use sea_orm::prelude::Uuid;
use serde::de::DeserializeOwned;
use truelayer::{Call, Endpoint, ErrorCode, Read, Remedy, TaskStatus};

use super::{Admission, Again, Got, Reader, count};
use crate::openbanking::OpenBankingError;
use crate::openbanking::service::{code, reach};
use crate::openbanking::store::calls;

impl Reader<'_> {
    /// Puts a question that was not answered in time, for the service to ask the bank in its own time; returns the
    /// service's name for it, and none where that cannot be had. It is a call like another.
    pub(in crate::openbanking::service) async fn ask_later(
        &self,
        subject_id: Uuid,
        read: Read<'_>,
    ) -> Result<Option<String>, OpenBankingError> {
        let (reach, settings) = reach(self.bank)?;
        let admission = self.admit((subject_id, read.endpoint), Again::AtOnce).await?;
        let Admission::Go(id) = admission else { return Ok(None) };
        let name = id.to_string();
        let call = Call { token: &self.token, user: self.user, correlation_id: Some(&name) };
        let report_to = settings.task_url();
        let put = reach.client().enqueue(read, report_to.as_ref(), &call).await;
        let outcome = put.as_ref().map_or_else(code, |_| "queued");
        count(read.endpoint, outcome);
        let tx = self.bank.db.begin().await?;
        calls::finish(&tx, id, outcome).await?;
        tx.commit().await?;
        Ok(put.ok().map(|task| task.task_id))
    }

    /// Looks for what came of a question that was put. No bank is asked, so it is no call.
    ///
    /// # Errors
    /// What renewing the token says.
    pub(in crate::openbanking::service) async fn look_for<T: DeserializeOwned>(
        &mut self,
        task_id: &str,
    ) -> Result<Got<T>, OpenBankingError> {
        let (reach, _) = reach(self.bank)?;
        loop {
            let call = Call { token: &self.token, user: None, correlation_id: None };
            let found = reach.client().results(task_id, &call).await;
            count(Endpoint::Results, found.as_ref().map_or_else(code, |_| "ok"));
            return Ok(match found {
                Ok(answer) => match answer.status {
                    TaskStatus::Succeeded => Got::Answer(answer),
                    TaskStatus::Queued | TaskStatus::Running => Got::NotNow,
                    TaskStatus::Failed => Got::Absent,
                },
                Err(error) if error.remedy() == Remedy::Refresh && !self.is_fresh => {
                    self.renew().await?;
                    continue;
                }
                Err(error) if error.code() == Some(ErrorCode::NotFound) => Got::Absent,
                Err(_) => Got::NotNow,
            });
        }
    }
}
