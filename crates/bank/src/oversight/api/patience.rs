//! Work that may take longer than a request may.

use std::time::Duration;

use crate::web::Problem;

/// How long a caller waits for an answer; the work goes on after that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Says whether work ended while its caller waited.
pub(super) enum Waited<T> {
    /// It did.
    Done(T),
    /// It goes on, and keeps what it finds.
    GoesOn,
}

/// Runs work that is finished even when its caller has gone.
pub(super) async fn wait_for<T: Send + 'static, E: Send + 'static>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<Waited<T>, Problem>
where
    Problem: From<E>,
{
    match tokio::time::timeout(PATIENCE, tokio::spawn(work)).await {
        Ok(Ok(outcome)) => Ok(Waited::Done(outcome?)),
        Ok(Err(error)) => Err(Problem::internal(&error)),
        Err(_) => Ok(Waited::GoesOn),
    }
}
