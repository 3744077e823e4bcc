//! The list of staff, and inviting somebody.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Instant, PageRequest, UserId};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{RoleChoice, TEAM, address, role_choices, spoken};
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::identity::UserFilter;
use crate::identity::console::customer::status_badge;
use crate::identity::model::{Invitation, User, UserKind, UserStatus, parse_roles};
use crate::identity::service::{self, Invite};
use crate::web::Problem;
use crate::web::page::{Badge, Forms, Hit, Listing, Look, Sent, Staff};
use crate::{Bank, Permission, Role};

/// How many members of staff the search shows.
const HITS: u16 = 6;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(team_page)).routes(routes!(invite))
}

#[derive(Template)]
#[template(path = "identity/pages/team.html")]
struct TeamPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    listing: Listing,
    rows: Vec<Row>,
    /// Who was invited and has not come yet; none to whoever may not invite.
    invited: Option<Vec<Invited>>,
    choices: Vec<RoleChoice>,
}

struct Row {
    user: User,
    roles: String,
    badge: Badge,
    href: String,
}

/// Shows an invitation that nobody has taken up.
struct Invited {
    email: String,
    roles: String,
    expires_at: Instant,
}

impl From<(User, Vec<Role>)> for Row {
    fn from((user, roles): (User, Vec<Role>)) -> Self {
        Self { roles: words(&roles), badge: status_badge(user.status), href: address(user.id), user }
    }
}

impl From<Invitation> for Invited {
    fn from(invitation: Invitation) -> Self {
        let roles = words(&parse_roles(&invitation.roles));
        Self { email: invitation.email, roles, expires_at: invitation.expires_at }
    }
}

/// Lists roles for people: `Support, Compliance`.
pub(super) fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| spoken(role.as_str())).collect::<Vec<_>>().join(", ")
}

/// Lists staff, newest first, by name, address, id and status, and who was invited.
#[utoipa::path(
    get, path = "/admin/team", tag = "team", operation_id = "team_page", responses((status = 200))
)]
async fn team_page(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    show(&bank, &staff, listing, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, listing: Listing, forms: &Forms) -> Result<Response, Problem> {
    let page = listing.page_of::<UserId>()?;
    let text = Some(listing.text("q").to_owned()).filter(|text| !text.is_empty());
    let status = listing.chosen::<UserStatus>("status")?;
    let filter = UserFilter { kind: Some(UserKind::Staff), status, text, ids: Vec::new() };
    let page = service::list_users(bank, &staff.caller, filter, page).await?;
    let invited = if staff.look.may(Permission::InviteUsers) {
        let open = service::list_invitations(bank, &staff.caller).await?;
        Some(open.into_iter().map(Invited::from).collect())
    } else {
        None
    };
    let page = TeamPage {
        look: &staff.look,
        title: "Team",
        forms,
        listing: listing.followed_by(page.next.as_ref()),
        rows: page.items.into_iter().map(Row::from).collect(),
        invited,
        choices: role_choices(|role| forms.is_chosen("invite", "roles", role.as_str(), "")),
    };
    staff.show_with(forms, &page)
}

/// Invites a member of staff, once however often the form is sent; the token goes by mail.
#[utoipa::path(
    post, path = "/admin/team/invitations", tag = "team", operation_id = "console_invite_member",
    responses((status = 303))
)]
async fn invite(
    State(bank): State<Bank>,
    staff: Staff,
    key: IdempotencyKey,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome = send(&bank, &staff, &key, &sent).await;
    match sent.judged("invite", outcome)? {
        Ok(()) => {
            Ok(staff
                .done(TEAM, "Invited. The mail is on its way, and the invitation is good for seven days."))
        }
        Err(forms) => show(&bank, &staff, Listing::at_path(TEAM), &forms).await,
    }
}

async fn send(bank: &Bank, staff: &Staff, key: &IdempotencyKey, sent: &Sent) -> Result<(), Problem> {
    let invite = Invite { email: sent.parsed("email")?, roles: roles(sent)?, reason: sent.parsed("reason")? };
    let answer = match idempotency::begin(bank, &staff.caller, key).await? {
        Begun::Replay(answer) => answer,
        Begun::Fresh(attempt) => {
            let outcome = service::invite(bank, attempt.tx(), &staff.caller, invite).await;
            let outcome = outcome.map(|made| (StatusCode::CREATED, json!({ "id": made.id })));
            attempt.finish(outcome.map_err(Problem::from)).await?
        }
    };
    idempotency::told(answer).await.map(drop)
}

/// Reads the roles that are ticked.
pub(super) fn roles(sent: &Sent) -> Result<Vec<Role>, Problem> {
    let roles: Result<Vec<Role>, _> = sent.all("roles").map(str::parse).collect();
    let roles = roles.map_err(|_| Problem::invalid_field("/roles", "no such role"))?;
    if roles.is_empty() {
        return Err(Problem::invalid_field("/roles", "choose at least one role"));
    }
    Ok(roles)
}

/// Finds a few members of staff by a text.
pub fn search<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    text: &'a str,
) -> BoxFuture<'a, Result<Vec<Hit>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadUsers) {
            return Ok(Vec::new());
        }
        let filter =
            UserFilter { kind: Some(UserKind::Staff), text: Some(text.to_owned()), ..UserFilter::default() };
        let page = PageRequest { limit: HITS, after: None };
        let found = service::list_users(bank, &staff.caller, filter, page).await?;
        let hit = |(user, roles): (User, Vec<Role>)| Hit {
            group: "Team",
            href: address(user.id),
            title: user.full_name,
            detail: words(&roles),
        };
        Ok(found.items.into_iter().map(hit).collect())
    }
    .boxed()
}
