//! Who may do what: every permission, and the roles that hold it.

use askama::Template;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{says, spoken};
use crate::web::Problem;
use crate::web::page::{Look, Staff};
use crate::{Bank, Permission, Role};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(roles_page))
}

#[derive(Template)]
#[template(path = "identity/pages/roles.html")]
struct RolesPage<'a> {
    look: &'a Look,
    title: &'static str,
    roles: Vec<Heading>,
    groups: Vec<Group>,
}

/// Heads the column of a role.
struct Heading {
    label: String,
    says: &'static str,
}

/// Holds the permissions on one noun.
struct Group {
    label: String,
    rows: Vec<Row>,
}

struct Row {
    permission: Permission,
    /// Whether each role holds it, in the order of the headings, with the role's name for a narrow screen.
    held: Vec<(String, bool)>,
}

/// Shows which role holds which permission.
#[utoipa::path(
    get, path = "/admin/team/roles", tag = "team", operation_id = "roles_page", responses((status = 200))
)]
async fn roles_page(staff: Staff) -> Result<Response, Problem> {
    staff.caller.require(Permission::ReadUsers)?;
    let columns: Vec<Role> = Role::ALL.into_iter().filter(|role| role.is_staff()).collect();
    let held_by_staff =
        |permission: Permission| columns.iter().any(|role| role.permissions().contains(permission));
    let mut groups: Vec<Group> = Vec::new();
    for permission in Permission::ALL.iter().copied().filter(|permission| held_by_staff(*permission)) {
        let noun = permission.as_str().split(':').next().unwrap_or_default();
        let held =
            columns.iter().map(|role| (spoken(role.as_str()), role.permissions().contains(permission)));
        let row = Row { permission, held: held.collect() };
        let label = spoken(noun);
        match groups.last_mut().filter(|group| group.label == label) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { label, rows: vec![row] }),
        }
    }
    let roles = columns.iter().map(|role| Heading { label: spoken(role.as_str()), says: says(*role) });
    staff.show(&RolesPage { look: &staff.look, title: "Roles", roles: roles.collect(), groups })
}
