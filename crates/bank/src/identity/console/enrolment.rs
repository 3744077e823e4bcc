//! Enrolling an authenticator, which production asks of all staff before anything else.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::oneself::RecoveryCodesPage;
use crate::Bank;
use crate::identity::service;
use crate::web::Problem;
use crate::web::page::{Forms, Look, Sent, Staff};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(enrolment_page, begin_enrolment)).routes(routes!(confirm_enrolment))
}

#[derive(Template)]
#[template(path = "identity/pages/enrolment.html")]
struct EnrolmentPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    seed: Option<Seed>,
}

/// Holds what an authenticator takes, typed or scanned.
struct Seed {
    secret: String,
    url: String,
}

impl Seed {
    fn picture(&self) -> Picture {
        Picture::of(&self.url)
    }
}

/// Holds a QR code as one path of an SVG.
struct Picture {
    size: i32,
    path: String,
}

impl Picture {
    /// Draws a text with the quiet margin of four modules that readers need; an over-long one is left blank.
    fn of(text: &str) -> Self {
        const MARGIN: i32 = 4;
        let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
            return Self { size: 1, path: String::new() };
        };
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
        Self { size: code.size() + 2 * MARGIN, path }
    }
}

/// Asks for the password before an authenticator is enrolled.
#[utoipa::path(
    get, path = "/admin/me/second-factor", tag = "oneself", operation_id = "enrolment_page",
    responses((status = 200))
)]
async fn enrolment_page(staff: Staff) -> Result<Response, Problem> {
    show(&staff, None, &Forms::default())
}

fn show(staff: &Staff, seed: Option<Seed>, forms: &Forms) -> Result<Response, Problem> {
    let page = EnrolmentPage { look: &staff.look, title: "Second factor", forms, seed };
    staff.show_with(forms, &page)
}

/// Shows a fresh seed, which counts once a code has confirmed it.
#[utoipa::path(
    post, path = "/admin/me/second-factor", tag = "oneself", operation_id = "console_enroll",
    responses((status = 200))
)]
async fn begin_enrolment(State(bank): State<Bank>, staff: Staff, sent: Sent) -> Result<Response, Problem> {
    let outcome = service::enrol_second_factor(&bank, &staff.caller, &sent.secret("password")).await;
    match sent.judged("enrol", outcome.map_err(Problem::from))? {
        Ok(enrolment) => {
            let seed =
                Seed { secret: enrolment.secret.expose().clone(), url: enrolment.url.expose().clone() };
            show(&staff, Some(seed), &Forms::default())
        }
        Err(forms) => show(&staff, None, &forms),
    }
}

/// Confirms the authenticator by a code and shows the recovery codes.
#[utoipa::path(
    post, path = "/admin/me/second-factor/confirm", tag = "oneself", operation_id = "console_confirm_enrolment",
    responses((status = 200))
)]
async fn confirm_enrolment(State(bank): State<Bank>, staff: Staff, sent: Sent) -> Result<Response, Problem> {
    let outcome = service::confirm_enrolment(&bank, &staff.caller, &sent.secret("code")).await;
    // The page sent the seed with the code, so that a mistyped code does not cost the scan.
    let seed = Seed { secret: sent.text("secret").to_owned(), url: sent.text("url").to_owned() };
    match sent.judged("confirm", outcome.map_err(Problem::from))? {
        Ok(codes) => staff.show(&RecoveryCodesPage { look: &staff.look, title: "Recovery codes", codes }),
        Err(forms) => show(&staff, Some(seed), &forms),
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    #[test]
    fn a_seed_is_drawn_with_its_margin_and_an_endless_text_is_not() {
        let picture = Picture::of("otpauth://totp/Bank:ada@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Bank");
        assert_eq!(picture.size, 37 + 8);
        assert!(picture.path.starts_with("M4 4h1v1h-1z"));
        assert!(Picture::of(&"x".repeat(10_000)).path.is_empty());
    }
}
