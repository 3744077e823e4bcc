//! Logs, and traces where the build has them.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use crate::config::{Config, LogFormat};

/// What libraries say below this is for their authors; the operator's filter comes after and prevails.
const QUIET: &str = "sqlx=warn,sea_orm_migration=warn,h2=warn,hyper=warn";

/// Keeps the exporter of traces; nothing in a build without the feature `otel`.
pub(crate) struct Traces {
    #[cfg(feature = "otel")]
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Sends events of this process to the error output, as the configuration asks.
///
/// # Errors
/// When the exporter of traces cannot be made.
pub(crate) fn start(config: &Config) -> anyhow::Result<Traces> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log_filter))?;
    let output = match config.log_format() {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Human => {
            let colors = std::io::stderr().is_terminal();
            fmt::layer().with_target(false).with_ansi(colors).with_writer(std::io::stderr).boxed()
        }
    };
    let (layer, traces) = exporter(config)?;
    Registry::default().with(layer).with(output).with(filter).try_init()?;
    Ok(traces)
}

type BoxedLayer = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

#[cfg(not(feature = "otel"))]
fn exporter(config: &Config) -> anyhow::Result<(Option<BoxedLayer>, Traces)> {
    anyhow::ensure!(
        config.otlp_endpoint.is_none(),
        "FLORIN_OTLP_ENDPOINT needs a build with the feature otel"
    );
    Ok((None, Traces {}))
}

#[cfg(feature = "otel")]
fn exporter(config: &Config) -> anyhow::Result<(Option<BoxedLayer>, Traces)> {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{Protocol, WithExportConfig as _};
    let Some(endpoint) = &config.otlp_endpoint else { return Ok((None, Traces { provider: None })) };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name("florin").build();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("florin")).boxed();
    Ok((Some(layer), Traces { provider: Some(provider) }))
}

impl Traces {
    /// Sends what is still held back.
    #[cfg_attr(
        not(feature = "otel"),
        expect(clippy::unused_self, reason = "holds the exporter with the feature")
    )]
    pub(crate) fn stop(&self) {
        #[cfg(feature = "otel")]
        if let Some(provider) = &self.provider
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(error = %error, "the last traces were not sent");
        }
    }
}
