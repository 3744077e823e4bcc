//! `florin admin create`: the first member of staff, who invites the others.

use std::io::BufRead as _;

use anyhow::{Context as _, ensure};
use bank::identity::model::{Email, FullName, UserStatus, judge_password, user::own_words};
use bank::identity::service::{self, NewUser};
use bank::{Bank, Role};
use kernel::{Random, Secret};

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// The letters of generated passwords: none that is mistaken for another.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// How many of them: 139 bits.
const LENGTH: usize = 24;

/// Says what to do about staff.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a member of staff who may sign in at once.
    Create(Arguments),
}

/// Holds the arguments of `admin create`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The address to sign in with.
    #[arg(long)]
    email: String,
    /// First and last names.
    #[arg(long)]
    name: String,
    /// A role of staff; may be repeated.
    #[arg(long = "role", default_value = "admin")]
    roles: Vec<String>,
    /// Read the password from the first line of the standard input, instead of making one and showing it.
    #[arg(long)]
    password_stdin: bool,
}

/// Makes the user; audited as done by the program itself.
pub(crate) async fn run(mut config: Config, command: Command) -> anyhow::Result<()> {
    let Command::Create(arguments) = command;
    let email: Email = arguments.email.parse().context("--email")?;
    let full_name: FullName = arguments.name.parse().context("--name")?;
    let roles: Result<Vec<Role>, _> = arguments.roles.iter().map(|role| role.parse()).collect();
    let roles = roles.context("--role is none of support, compliance, operations, auditor and admin")?;
    let schema = Schema::usual(&config);
    let bank = start::open(&mut config, schema).await?;
    let password = if arguments.password_stdin { typed()? } else { generated(&bank.random) };
    let mut words = own_words(email.as_str(), full_name.as_str());
    words.push(&bank.settings.bank_name);
    judge_password(&password, &words, false)?;
    let password_hash = bank.guard.passwords().hash(&password).await?;
    let new = NewUser {
        email,
        full_name,
        password_hash,
        country: None,
        locale: None,
        roles,
        totp_seed: None,
        status: UserStatus::Active,
    };
    say(create(&bank, new).await?);
    if !arguments.password_stdin {
        say(format_args!("password, shown only now: {}", password.expose()));
    }
    bank.db.close().await;
    Ok(())
}

async fn create(bank: &Bank, new: NewUser) -> anyhow::Result<kernel::UserId> {
    let caller = bank.system_caller();
    let tx = bank.db.begin().await?;
    let id = service::create_user(bank, &tx, &caller, new).await?;
    tx.commit().await?;
    Ok(id)
}

fn typed() -> anyhow::Result<Secret<String>> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the password on the standard input")?;
    let password = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
    ensure!(!password.expose().is_empty(), "the standard input has no password");
    Ok(password)
}

fn generated(random: &Random) -> Secret<String> {
    let letters = u64::try_from(LETTERS.len()).unwrap_or_default();
    let letter = |_| LETTERS[usize::try_from(random.below(letters)).unwrap_or_default()] as char;
    Secret::new((0..LENGTH).map(letter).collect())
}
