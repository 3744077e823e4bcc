//! One job: what it does, how it went, and starting it again.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::JobId;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::difference::shown;
use super::jobs::{address, badge};
use crate::jobs::{Job, JobState};
use crate::oversight::service::jobs;
use crate::web::page::{Badge, Forms, Look, Sent, Staff, place_of};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(job_page)).routes(routes!(replay)).routes(routes!(run_now))
}

#[derive(Template)]
#[template(path = "oversight/pages/job.html")]
struct JobPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    job: &'a Job,
    badge: Badge,
    payload: Vec<Part>,
    progress: Option<String>,
}

/// Shows one member of the payload.
struct Part {
    name: String,
    text: String,
    href: Option<String>,
}

impl JobPage<'_> {
    fn href(&self) -> String {
        address(self.job.id)
    }

    fn can_replay(&self) -> bool {
        self.look.may(Permission::ManageJobs) && self.job.state == JobState::Dead
    }

    fn can_run(&self) -> bool {
        self.look.may(Permission::ManageJobs) && self.job.state == JobState::Queued
    }
}

fn parts(payload: &Value) -> Vec<Part> {
    let members = payload.as_object().into_iter().flatten();
    let part = |(name, value): (&String, &Value)| {
        let text = shown(value);
        Part { name: name.clone(), href: place_of(&text), text }
    };
    members.map(part).collect()
}

/// Shows one job.
#[utoipa::path(
    get, path = "/admin/jobs/{id}", tag = "jobs", operation_id = "job_page", responses((status = 200))
)]
async fn job_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<JobId>,
) -> Result<Response, Problem> {
    show(&bank, &staff, id, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, id: JobId, forms: &Forms) -> Result<Response, Problem> {
    let job = jobs::find_job(bank, &staff.caller, id).await?;
    let look = &staff.look;
    let progress = job.how_far().map(|progress| {
        format!("{}: {} of {}", progress.stage, look.count(progress.done), look.count(progress.total))
    });
    let page = JobPage {
        look,
        title: &job.kind,
        forms,
        badge: badge(&job),
        payload: parts(&job.payload),
        progress,
        job: &job,
    };
    staff.show_with(forms, &page)
}

/// Takes a job out of the dead letter; it starts over.
#[utoipa::path(
    post, path = "/admin/jobs/{id}/replay", tag = "jobs", operation_id = "console_replay_job",
    responses((status = 303))
)]
async fn replay(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<JobId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> = async {
        jobs::replay_job(&bank, &staff.caller, id, sent.parsed("reason")?).await?;
        Ok(())
    }
    .await;
    match sent.judged("replay", outcome)? {
        Ok(()) => Ok(staff.done(&address(id), "It starts over, with all its attempts.")),
        Err(forms) => show(&bank, &staff, id, &forms).await,
    }
}

/// Lets a queued job run now instead of at its time.
#[utoipa::path(
    post, path = "/admin/jobs/{id}/run", tag = "jobs", operation_id = "console_run_job",
    responses((status = 303))
)]
async fn run_now(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<JobId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> = async {
        jobs::run_job(&bank, &staff.caller, id, sent.parsed("reason")?).await?;
        Ok(())
    }
    .await;
    match sent.judged("run", outcome)? {
        Ok(()) => Ok(staff.done(&address(id), "It runs as soon as a worker is free.")),
        Err(forms) => show(&bank, &staff, id, &forms).await,
    }
}
