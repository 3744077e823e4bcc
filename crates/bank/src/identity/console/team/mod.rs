//! The bank's staff: who they are, what they may do, and the keys of their machines.

mod keys;
mod member;
mod members;
mod roles;

use kernel::UserId;
use utoipa_axum::router::OpenApiRouter;

use crate::{Bank, Role};

pub use members::search;

/// Where the staff is.
const TEAM: &str = "/admin/team";

/// Lists the pages.
pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(members::routes())
        .merge(roles::routes())
        .merge(keys::routes())
        .merge(member::routes())
}

/// Returns where the page of a member of staff is.
pub fn address(id: UserId) -> String {
    format!("{TEAM}/{id}")
}

/// Shows a role as a choice of a form.
#[derive(Clone, Debug)]
struct RoleChoice {
    name: &'static str,
    label: String,
    says: &'static str,
    is_chosen: bool,
}

/// Lists the roles of staff; `is_chosen` says which are ticked.
fn role_choices(is_chosen: impl Fn(Role) -> bool) -> Vec<RoleChoice> {
    let staff = Role::ALL.into_iter().filter(|role| role.is_staff());
    let choice = |role: Role| RoleChoice {
        name: role.as_str(),
        label: spoken(role.as_str()),
        says: says(role),
        is_chosen: is_chosen(role),
    };
    staff.map(choice).collect()
}

/// Says in a few words what a role is for.
const fn says(role: Role) -> &'static str {
    match role {
        Role::Customer => "Owns accounts.",
        Role::Support => "Helps customers; moves no money.",
        Role::Compliance => "Judges who customers are and stops accounts.",
        Role::Operations => "Runs cash, corrections and the day.",
        Role::Auditor => "Sees everything, changes nothing.",
        Role::Admin => "Runs the bank's staff and machines; moves no money.",
    }
}

/// Writes a name of the program for people: `own_accounts` becomes `Own accounts`.
fn spoken(name: &str) -> String {
    match name {
        "api_keys" => return "API keys".to_owned(),
        "kyc" => return "Verification".to_owned(),
        _ => {}
    }
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
