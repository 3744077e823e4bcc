//! How the program meets the world: requests, mail, logs.

use std::path::PathBuf;

use super::{Group, PLAIN, Variable};
use crate::config::{LogFormat, parse};

pub(super) const HTTP: Group = Group {
    heading: "HTTP",
    variables: &[
        Variable {
            name: "FLORIN_ADDR",
            doc: "Where customers' requests arrive.",
            default: Some("127.0.0.1:8080"),
            set: |config, text| parse::address(text).map(|address| config.address = address),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_TLS_CERT",
            doc: "A PEM file with the certificate chain, to speak TLS without a proxy; with FLORIN_TLS_KEY.",
            set: |config, text| {
                config.tls_certificate = Some(PathBuf::from(text));
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_TLS_KEY",
            doc: "A PEM file with the certificate's private key.",
            set: |config, text| {
                config.tls_key = Some(PathBuf::from(text));
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_TRUSTED_PROXIES",
            doc: "Addresses and networks of proxies whose X-Forwarded-* headers count, with commas between.",
            set: |config, text| parse::networks(text).map(|all| config.settings.trusted_proxies = all),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_CORS_ORIGINS",
            doc: "Origins from which browsers may call the API, with commas between.",
            set: |config, text| parse::origins(text).map(|all| config.settings.cors_origins = all),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_HTTP_CONNECTIONS",
            doc: "The most connections that are open at once; further ones wait.",
            default: Some("10000"),
            set: |config, text| parse::whole(text, 1, 1_000_000).map(|most| config.http_connections = most),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_DRAIN_SECONDS",
            doc: "How long requests in flight may take once the program was told to stop.",
            default: Some("30"),
            set: |config, text| parse::seconds(text, 0, 600).map(|drain| config.drain = drain),
            ..PLAIN
        },
    ],
};

pub(super) const MAIL: Group = Group {
    heading: "Mail",
    variables: &[
        Variable {
            name: "FLORIN_SMTP_URL",
            doc: "smtps://user:password@host:port, or smtp://…?tls=required with STARTTLS. Without it, in development, each \
              message becomes a file in FLORIN_DATA_DIR/mail.",
            secret: true,
            required: true,
            set: |config, text| parse::smtp_url(text).map(|url| config.smtp_url = Some(url)),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_SMTP_FROM",
            doc: "The sender of the bank's mail.",
            required: true,
            set: |config, text| {
                let fits = text.contains('@') && !text.contains(char::is_control);
                config.mail_from =
                    Some(if fits { text.to_owned() } else { return Err("is no mail address") });
                Ok(())
            },
            ..PLAIN
        },
    ],
};

pub(super) const OBSERVING: Group = Group {
    heading: "Logs, metrics and traces",
    variables: &[
        Variable {
            name: "FLORIN_METRICS_ADDR",
            doc: "Where /metrics is served to Prometheus; never open it to customers.",
            default: Some("127.0.0.1:9090"),
            set: |config, text| parse::address(text).map(|address| config.metrics_address = address),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_LOG",
            doc: "Which events are logged: error, warn, info, debug, or by module such as info,bank::jobs=debug.",
            default: Some("info"),
            set: |config, text| {
                let refusal = "is no filter, such as info,bank::jobs=debug";
                config.log_filter = parse::matching::<tracing_subscriber::EnvFilter>(text, refusal)?;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_LOG_FORMAT",
            doc: "human or json. json in production when unset, human in development.",
            set: |config, text| {
                config.log_format = Some(match text {
                    "human" => LogFormat::Human,
                    "json" => LogFormat::Json,
                    _ => return Err("is neither human nor json"),
                });
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_OTLP_ENDPOINT",
            doc: "An OpenTelemetry collector that takes OTLP over HTTP, such as http://127.0.0.1:4318. Only in a \
              build with the feature otel.",
            set: |config, text| parse::web_address(text).map(|url| config.otlp_endpoint = Some(url)),
            ..PLAIN
        },
        Variable {
            name: "REDIS_URL",
            doc: "Not needed: Florin keeps everything that nodes share in its database. Accepted and ignored.",
            secret: true,
            ..PLAIN
        },
    ],
};
