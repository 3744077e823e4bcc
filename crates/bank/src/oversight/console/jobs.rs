//! Background work: what waits, runs and failed.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::JobId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::jobs::{Job, JobFilter, JobState, Queue, Registry};
use crate::oversight::service::jobs;
use crate::web::Problem;
use crate::web::page::{Badge, Hit, Listing, Look, Staff, Tone};
use crate::{Bank, Permission};

/// Where background work is.
pub(super) const JOBS: &str = "/admin/jobs";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(jobs_page))
}

#[derive(Template)]
#[template(path = "oversight/pages/jobs.html")]
struct JobsPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    kinds: Vec<&'static str>,
    queues: Vec<Queue>,
    rows: Vec<Row>,
}

struct Row {
    job: Job,
    badge: Badge,
    href: String,
}

impl From<Job> for Row {
    fn from(job: Job) -> Self {
        Self { badge: badge(&job), href: address(job.id), job }
    }
}

/// Returns where a job's page is.
pub(super) fn address(id: JobId) -> String {
    format!("{JOBS}/{id}")
}

/// Says where a job stands, in a word.
pub(super) fn badge(job: &Job) -> Badge {
    match job.state {
        JobState::Queued if job.last_error.is_some() => Badge::new(Tone::Warning, "Tries again"),
        JobState::Queued => Badge::new(Tone::Neutral, "Waits"),
        JobState::Running => Badge::new(Tone::Busy, "Runs"),
        JobState::Done => Badge::new(Tone::Good, "Done"),
        JobState::Dead => Badge::new(Tone::Bad, "Failed"),
    }
}

/// Shows the queue by kind, and the jobs one by one.
#[utoipa::path(
    get, path = "/admin/jobs", tag = "jobs", operation_id = "jobs_page", responses((status = 200))
)]
async fn jobs_page(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let page = listing.page_of::<JobId>()?;
    let kind = Some(listing.text("kind")).filter(|kind| !kind.is_empty()).map(str::to_owned);
    let filter = JobFilter { state: listing.chosen("state")?, kind, id: None };
    let queues = jobs::list_queues(&bank, &staff.caller).await?;
    let page = jobs::list_jobs(&bank, &staff.caller, filter, page).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let (kinds, rows) = (registry.kinds().collect(), page.items.into_iter().map(Row::from).collect());
    staff.show(&JobsPage { look: &staff.look, title: "Jobs", listing, kinds, queues, rows })
}

/// Finds a job by its whole id.
pub fn search<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    text: &'a str,
) -> BoxFuture<'a, Result<Vec<Hit>, Problem>> {
    async move {
        let Ok(id) = text.trim().parse::<JobId>() else {
            return Ok(Vec::new());
        };
        if !staff.look.may(Permission::ReadJobs) {
            return Ok(Vec::new());
        }
        let filter = JobFilter { id: Some(id), ..JobFilter::default() };
        let found = jobs::list_jobs(bank, &staff.caller, filter, kernel::PageRequest::first()).await?;
        let hit = |job: Job| Hit {
            group: "Jobs",
            href: address(job.id),
            title: job.kind,
            detail: job.id.to_string(),
        };
        Ok(found.items.into_iter().map(hit).collect())
    }
    .boxed()
}
