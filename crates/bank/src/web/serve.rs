//! The router and its layers, put together.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use futures_util::future::BoxFuture;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::assets::ASSETS;
use super::docs::Docs;
use super::file::File;
use super::layers::{Gate, cors, edge, gate, rate};
use super::page::{self, Contributions};
use super::{Problem, document, health};
use crate::Bank;

/// Bounds what one request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body.
    pub body_bytes: usize,
    /// How long the body may take to arrive, and then the work.
    pub time: Duration,
}

impl Limits {
    /// Takes the usual bounds: 1 MiB and 30 seconds.
    pub const USUAL: Self = Self { body_bytes: 1024 * 1024, time: Duration::from_secs(30) };
}

/// Below this a compressed body is not worth its header.
const COMPRESS_FROM_BYTES: u64 = 1024;

/// Holds what the slices contribute.
pub struct Slices {
    /// The API's routes, without `/api/v1`.
    pub api: OpenApiRouter<Bank>,
    /// The staff's pages, with their whole paths.
    pub pages: OpenApiRouter<Bank>,
    /// What the slices show on one another's pages.
    pub contributions: &'static Contributions,
}

impl Slices {
    /// Takes routes of an API without pages.
    pub fn without_pages(api: OpenApiRouter<Bank>) -> Self {
        Self { api, pages: OpenApiRouter::new(), contributions: &Contributions::NONE }
    }
}

/// Finds out who asks and leaves a [`Caller`](crate::Caller) in the request, for a page a
/// [`Visit`](super::page::Visit) too; identity's.
pub type Authenticate = for<'a> fn(&'a Bank, &'a mut Request) -> BoxFuture<'a, Result<(), Problem>>;

/// Holds what is the same for everybody and made when the program starts.
struct Files {
    docs: Docs,
    openapi: File,
}

impl Files {
    fn routes(self) -> Router<Bank> {
        let assets = ASSETS.files();
        let assets = assets
            .into_iter()
            .fold(Router::new(), |router, (place, file)| router.route(place, serving(file)));
        assets
            .route("/api/openapi.json", serving(self.openapi))
            .route("/docs", serving(self.docs.operations))
            .route("/docs/problems", serving(self.docs.problems))
            .route("/docs/style.css", serving(self.docs.style))
    }
}

fn serving(file: File) -> MethodRouter<Bank> {
    get(move |headers: HeaderMap| std::future::ready(file.answer(&headers)))
}

/// Nests the slices' routes at `/api/v1` and `/api`, adds the pages, what the bank itself serves, and all layers.
pub fn assemble(
    bank: &Bank,
    slices: Slices,
    limits: Limits,
    authenticate: Authenticate,
) -> (Router, OpenApi) {
    let (api, paths) = slices.api.split_for_parts();
    let (pages, _) = slices.pages.split_for_parts();
    let pages = pages.layer(from_fn_with_state(slices.contributions, page::guard));
    let document = document::describe(bank, paths);
    let json = document.to_json().expect("a document is serializable");
    let files = Files { docs: Docs::render(&document), openapi: File::new("application/json", json) };
    let routes = Router::new()
        .nest("/api/v1", api.clone())
        .nest("/api", api)
        .merge(pages)
        .merge(files.routes())
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method);
    (layered(bank, routes, limits, authenticate).with_state(bank.clone()), document)
}

/// Wraps every route and both fallbacks; the first layer named is the outermost.
fn layered(bank: &Bank, routes: Router<Bank>, limits: Limits, authenticate: Authenticate) -> Router<Bank> {
    let counters = rate::Counters::new(&bank.settings.rate_limits);
    let inner = Arc::new(Gate { bank: bank.clone(), counters, limits, authenticate });
    let compress = SizeAbove::new(COMPRESS_FROM_BYTES).and(NotForContentType::IMAGES);
    routes.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(bank.clone(), edge))
            .layer(CompressionLayer::new().compress_when(compress))
            .layer(cors::layer(&bank.settings))
            .layer(from_fn_with_state(inner, gate)),
    )
}

async fn unknown_path() -> Problem {
    Problem::not_found()
}

async fn unknown_method() -> Problem {
    Problem::method_not_allowed()
}
