//! What a customer brings back from the bank.

use kernel::Secret;
use serde::Deserialize;
use truelayer::CallbackFields;
use utoipa::IntoParams;

/// Reads a return; what else the service adds is ignored.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReturnQuery {
    /// What the link carried.
    state: Option<String>,
    /// What the bank granted.
    code: Option<String>,
    /// What it gives access to.
    scope: Option<String>,
    /// Why it granted nothing.
    error: Option<String>,
}

impl From<ReturnQuery> for CallbackFields {
    fn from(query: ReturnQuery) -> Self {
        let ReturnQuery { state, code, scope, error } = query;
        Self { state, code: code.map(Secret::new), scope, error, error_description: None }
    }
}
