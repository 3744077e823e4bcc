//! `florin openapi`.

use std::path::PathBuf;
use std::sync::Arc;

use bank::settings::MailSettings;
use bank::{Bank, Settings};
use database::{Database, Options};
use kernel::{Clock, Random, Secret};

use crate::say::say;

/// Prints the document that `/api/openapi.json` serves; needs no configuration and no database.
pub(crate) fn run() -> anyhow::Result<()> {
    let random = Random::system();
    let name = format!("florin-openapi-{:016x}", u64::from_be_bytes(random.bytes()));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let document = runtime.block_on(document(&folder, random));
    std::fs::remove_dir_all(&folder)?;
    say(document?);
    Ok(())
}

/// Builds the router on an empty file, since the document is the list of its routes.
async fn document(folder: &std::path::Path, random: Random) -> anyhow::Result<String> {
    let mut settings = Settings::development(MailSettings::Folder(PathBuf::new()));
    settings.jwt_secrets = vec![Secret::new("never signs anything, only fills the place".to_owned())];
    settings.encryption_keys = vec![Secret::new(vec![0; 32])];
    settings.signing_key = Secret::new(vec![0; 32]);
    let url = format!("sqlite:{}", folder.join("empty.db").display());
    let db = Database::connect(&Options::new(url)).await?;
    let bank = Bank::new(db, Clock::system(), random, Arc::new(settings))?;
    let (_, document) = bank::router::build(&bank);
    bank.db.close().await;
    Ok(document.to_pretty_json()?)
}
