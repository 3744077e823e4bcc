//! Who asks for a page, as identity found out.

use std::sync::Arc;

use chrono::Duration;

use crate::Caller;

/// Says who asks for a page, and what their forms must send back.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The token of the session, or of the door while nobody is signed in.
    pub form_token: String,
    /// Who is signed in.
    pub member: Option<Arc<Member>>,
}

/// Describes a member of staff who is signed in.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who asks, for the services.
    pub caller: Caller,
    /// First and last names.
    pub name: String,
    /// Preferred language, BCP 47.
    pub locale: Option<String>,
    /// After how much idleness the session ends.
    pub idle: Duration,
    /// Whether a second factor must be enrolled before anything else.
    pub must_enroll: bool,
}
