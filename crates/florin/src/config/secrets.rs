//! Development's secrets: made once, kept in the data directory, for nobody else's eyes.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Random;

use super::parse::DEVELOPMENT_MARK;
use super::{Config, variables};

/// Makes folders, and development's missing secrets; returns the variables they stand in for.
pub(super) fn complete(config: &mut Config, random: &Random) -> anyhow::Result<Vec<&'static str>> {
    private_folder(&config.data_directory)?;
    if config.settings.is_production() {
        return Ok(Vec::new());
    }
    let lacks_token_keys =
        config.settings.open_banking.as_ref().is_some_and(|settings| settings.token_keys.is_empty());
    // What the simulator reports is signed, too.
    let lacks_webhook_secret = config.truelayer.is_simulated()
        && config.settings.open_banking.as_ref().is_some_and(|settings| settings.webhook_secrets.is_empty());
    let missing = [
        ("JWT_SECRET", config.settings.jwt_secrets.is_empty()),
        ("FLORIN_ENCRYPTION_KEYS", config.settings.encryption_keys.is_empty()),
        ("FLORIN_SIGNING_KEY", config.settings.signing_key.expose().is_empty()),
        ("TRUELAYER_ENCRYPTION_KEY", lacks_token_keys),
        ("TRUELAYER_WEBHOOK_SECRET", lacks_webhook_secret),
    ];
    let folder = config.data_directory.join("secrets");
    let mut generated = Vec::new();
    for (name, is_missing) in missing {
        if !is_missing {
            continue;
        }
        private_folder(&folder)?;
        let path = folder.join(name.to_ascii_lowercase());
        let text =
            read_or_make(&path, random).with_context(|| format!("the secret in {}", path.display()))?;
        let variable = variables().find(|variable| variable.name == name).expect("a variable of the table");
        let refusal = (variable.set)(config, text.trim()).err();
        anyhow::ensure!(
            refusal.is_none(),
            "the secret in {} {}",
            path.display(),
            refusal.unwrap_or_default()
        );
        generated.push(name);
    }
    config.settings.open_banking = super::truelayer::open_banking(config);
    Ok(generated)
}

fn private_folder(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("the folder {}", path.display()))
}

/// Reads the file, or makes it: two programs that start together end with the same secret.
fn read_or_make(path: &Path, random: &Random) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    let secret = format!("{DEVELOPMENT_MARK}{}", URL_SAFE_NO_PAD.encode(random.bytes::<32>()));
    let draft = path.with_extension(format!("{:016x}", u64::from_be_bytes(random.bytes())));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    // A link, unlike a rename, does not replace what another program has put there meanwhile.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(path),
    }
}
