//! `/metrics` in Prometheus's text form, and what is measured when it is read.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use database::Database;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::listener::Answers;
use super::process;

/// How often old samples are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);
/// Seconds, from a read in memory to a time-out.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder, once, and returns what answers on the second listener.
///
/// # Errors
/// When another recorder is installed.
pub(crate) fn service(db: Database) -> anyhow::Result<impl Answers> {
    let handle = install()?;
    Ok(tower::service_fn(move |request: Request<Body>| {
        let (handle, db) = (handle.clone(), db.clone());
        async move { Ok::<_, Infallible>(page(&request, &handle, &db)) }
    }))
}

fn install() -> anyhow::Result<PrometheusHandle> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?;
    let handle = builder.install_recorder().context("a recorder of metrics is installed already")?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(RECORDER.get_or_init(|| handle).clone())
}

fn page(request: &Request<Body>, handle: &PrometheusHandle, db: &Database) -> Response<Body> {
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "only /metrics is here\n".to_owned());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, String::new());
    }
    process::measure();
    measure_pools(db);
    metrics::counter!("florin_database_statements_total").absolute(db.statements());
    plain(StatusCode::OK, handle.render())
}

#[expect(clippy::cast_precision_loss, reason = "counts of connections, far below 2^52")]
fn measure_pools(db: &Database) {
    for (name, pool) in db.pools() {
        metrics::gauge!("florin_database_connections", "pool" => name, "state" => "idle")
            .set(pool.idle as f64);
        metrics::gauge!("florin_database_connections", "pool" => name, "state" => "busy")
            .set(pool.busy as f64);
    }
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
