//! What the program rests on: its environment, its secrets, its database.

use std::path::PathBuf;

use bank::settings::Environment;

use super::{Group, PLAIN, Variable};
use crate::config::parse;

pub(super) const BASICS: Group = Group {
    heading: "Basics",
    variables: &[
        Variable {
            name: "FLORIN_ENV",
            doc: "development or production. Production implies nothing: it refuses to start on a missing, short \
              or generated secret, an implicit database or an http address.",
            default: Some("development"),
            set: |config, text| {
                config.settings.environment = match text {
                    "development" => Environment::Development,
                    "production" => Environment::Production,
                    _ => return Err("is neither development nor production"),
                };
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_PUBLIC_URL",
            doc: "Where customers reach the bank; https in production. http:// and FLORIN_ADDR when unset.",
            required: true,
            set: |config, text| parse::web_address(text).map(|url| config.settings.public_url = url),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_DATA_DIR",
            doc: "What is kept outside the database: the embedded database itself, development's secrets and mail.",
            default: Some("./florin-data"),
            set: |config, text| {
                config.data_directory = PathBuf::from(text);
                Ok(())
            },
            ..PLAIN
        },
    ],
};

pub(super) const SECRETS: Group = Group {
    heading: "Secrets",
    variables: &[
        Variable {
            name: "JWT_SECRET",
            doc: "Signs access tokens: at least 32 bytes, such as `openssl rand -base64 48`. A list with commas is \
              a ring: the first signs, all verify.",
            secret: true,
            required: true,
            set: |config, text| parse::secret_ring(text).map(|ring| config.settings.jwt_secrets = ring),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_ENCRYPTION_KEYS",
            doc: "Seal second-factor seeds and documents: keys of 32 bytes (`openssl rand -base64 32`) with commas \
              between; the first seals, all open. Losing them loses what they sealed.",
            secret: true,
            required: true,
            set: |config, text| parse::key_ring(text).map(|ring| config.settings.encryption_keys = ring),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_SIGNING_KEY",
            doc: "Signs checkpoints of the journal and the audit log: 32 bytes (`openssl rand -base64 32`).",
            secret: true,
            required: true,
            set: |config, text| parse::key(text).map(|key| config.settings.signing_key = key),
            ..PLAIN
        },
    ],
};

pub(super) const DATABASE: Group = Group {
    heading: "Database",
    variables: &[
        Variable {
            name: "DATABASE_URL",
            doc: "sqlite:PATH or postgres://user:password@host/database. Off this machine production demands \
              sslmode=verify-full (or verify-ca). A file in FLORIN_DATA_DIR when unset.",
            secret: true,
            required: true,
            set: |config, text| parse::database_url(text).map(|url| config.database.url = url),
            ..PLAIN
        },
        Variable {
            name: "DATABASE_READ_URL",
            doc: "A PostgreSQL replica that lists may be read from; nothing is decided from it.",
            secret: true,
            set: |config, text| parse::database_url(text).map(|url| config.database.read_url = Some(url)),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_DATABASE_CONNECTIONS",
            doc: "The most connections of each pool, 1 to 500. SQLite reads with no more than two for each core, and four at least.",
            default: Some("16"),
            set: |config, text| parse::whole(text, 1, 500).map(|most| config.database.connections = most),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_MIGRATE",
            doc: "Whether serve and worker bring the schema up to date at start; false when `florin migrate` does.",
            default: Some("true"),
            set: |config, text| parse::yes_or_no(text).map(|yes| config.migrate_at_start = yes),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_CHECKPOINT_DIR",
            doc: "Where signed checkpoints are written, so that a cut or rewritten chain shows; best on another \
              machine's disk. checkpoints in FLORIN_DATA_DIR when unset.",
            set: |config, text| {
                config.settings.checkpoint_directory = Some(PathBuf::from(text));
                Ok(())
            },
            ..PLAIN
        },
    ],
};
