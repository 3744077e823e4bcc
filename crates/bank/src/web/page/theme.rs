//! Light, dark, or as the system is: a cookie, set by a form.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Area, Sent};
use crate::Bank;
use crate::web::cookies::{self, Readable};

const COOKIE: &str = "florin_theme";

/// Names a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Dark letters on light ground.
    Light,
    /// Light letters on dark ground.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Returns the name in the cookie and in the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the cookie; an unknown theme is the system's.
    pub(super) fn of(bank: &Bank, headers: &HeaderMap) -> Self {
        let name = cookies::read(headers, &cookies::full_name(bank, COOKIE));
        Self::ALL.into_iter().find(|theme| Some(theme.as_str()) == name.as_deref()).unwrap_or_default()
    }
}

/// Lists the route of the switch.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(choose_theme))
}

/// Keeps the theme in a cookie for a year and goes back to the page.
#[utoipa::path(
    post, path = "/admin/theme", tag = "console", operation_id = "choose_theme",
    responses((status = 303, description = "Back to the page"))
)]
async fn choose_theme(State(bank): State<Bank>, sent: Sent) -> Response {
    let chosen = sent.text("theme");
    let theme = Theme::ALL.into_iter().find(|theme| theme.as_str() == chosen).unwrap_or_default();
    let back = Area::Staff.safe_next(sent.text("back"));
    let mut headers = HeaderMap::new();
    let life = (Duration::days(365), Readable::Never);
    cookies::set(&bank, &mut headers, (COOKIE, theme.as_str()), life);
    (headers, Redirect::to(back)).into_response()
}
