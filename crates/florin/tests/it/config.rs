//! Start-up configuration: every fault at once, never a value, in less than two seconds.

use std::time::{Duration, Instant};

use crate::program::{Folder, mode};

/// A value that must never be shown.
const CANARY: &str = "hunter2";

/// What a production start needs, each with nothing wrong.
const GOOD: [(&str, &str); 9] = [
    ("FLORIN_ENV", "production"),
    ("DATABASE_URL", "postgres://florin:hunter2pw@db.bank.internal/florin?sslmode=verify-full"),
    ("JWT_SECRET", "Zk3VtB9qLx0pRw7uYc2nHs5dGf8jKm1aQe4oTi6v"),
    ("FLORIN_ENCRYPTION_KEYS", "b1v0FZ3jq8xVQm5oY2hTn7rKc4uWs9aEd6gLp1iBzXk="),
    ("FLORIN_SIGNING_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("FLORIN_PUBLIC_URL", "https://bank.example"),
    ("FLORIN_SMTP_URL", "smtps://u:hunter2@mail.example"),
    ("FLORIN_SMTP_FROM", "bank@bank.example"),
    ("FLORIN_GB_BANK", "ABCD"),
];

/// Runs `serve` in production with `changes` and returns what it said, having checked how it ended.
fn refused(changes: &[(&str, Option<&str>)]) -> String {
    let folder = Folder::new();
    let mut command = folder.florin(&["serve"]);
    command.envs(GOOD);
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let begun = Instant::now();
    let output = command.output().expect("the program runs");
    assert!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{changes:?}: {said}");
    assert!(!said.contains(CANARY), "{changes:?}: {said}");
    said
}

#[test]
fn production_refuses_each_fault_by_its_name_and_without_its_value() {
    let dev_key = "dev-b1v0FZ3jq8xVQm5oY2hTn7rKc4uWs9aEd6gLp1iBzXk";
    let cases: &[(&str, Option<&str>, &str)] = &[
        ("DATABASE_URL", None, "missing"),
        ("DATABASE_URL", Some(""), "empty"),
        ("DATABASE_URL", Some("mysql://hunter2"), "neither"),
        ("DATABASE_URL", Some("sqlite::memory:"), "memory"),
        ("DATABASE_URL", Some("postgres://u:hunter2@db.example/x"), "sslmode"),
        ("DATABASE_URL", Some("postgres://u:hunter2@db.example/x?sslmode=require"), "sslmode"),
        ("DATABASE_READ_URL", Some("postgres://u:hunter2@db.example/x"), "sslmode"),
        ("DATABASE_READ_URL", Some("sqlite:hunter2.db"), "replica"),
        ("JWT_SECRET", None, "missing"),
        ("JWT_SECRET", Some(""), "empty"),
        ("JWT_SECRET", Some("hunter2"), "shorter than 32"),
        ("JWT_SECRET", Some("Zk3VtB9qLx0pRw7uYc2nHs5dGf8jKm1aQe4oTi6v,hunter2"), "shorter than 32"),
        ("JWT_SECRET", Some("change-me-hunter2-change-me-hunter2-change"), "sample"),
        ("JWT_SECRET", Some("hunter2hunter2hunter2hunter2hunter2hunter2"), "too little chance"),
        ("JWT_SECRET", Some(dev_key), "development"),
        ("FLORIN_ENCRYPTION_KEYS", None, "missing"),
        ("FLORIN_ENCRYPTION_KEYS", Some(" "), "empty"),
        ("FLORIN_ENCRYPTION_KEYS", Some("hunter2"), "32 bytes"),
        ("FLORIN_ENCRYPTION_KEYS", Some(dev_key), "development"),
        ("FLORIN_ENCRYPTION_KEYS", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "too little chance"),
        ("FLORIN_SIGNING_KEY", None, "missing"),
        ("FLORIN_SIGNING_KEY", Some("hunter2"), "32 bytes"),
        ("FLORIN_SIGNING_KEY", Some("b1v0FZ3jq8xVQm5oY2hTn7rKc4uWs9aEd6gLp1iBzXk="), "two purposes"),
        ("FLORIN_PUBLIC_URL", None, "missing"),
        ("FLORIN_PUBLIC_URL", Some("http://hunter2.example"), "https"),
        ("FLORIN_PUBLIC_URL", Some("hunter2"), "URL"),
        ("FLORIN_CORS_ORIGINS", Some("http://hunter2.example"), "https"),
        ("FLORIN_CORS_ORIGINS", Some("*"), "origin"),
        ("FLORIN_SMTP_URL", None, "missing"),
        ("FLORIN_SMTP_URL", Some("smtp://u:hunter2@mail.example"), "tls=required"),
        ("FLORIN_SMTP_FROM", None, "missing"),
        ("FLORIN_SMTP_FROM", Some("hunter2"), "mail address"),
        ("FLORIN_TLS_CERT", Some("/hunter2.pem"), "together"),
        ("FLORIN_GB_BANK", None, "bank code"),
        ("FLORIN_ENV", Some("hunter2"), "neither development nor production"),
        ("FLORIN_ENV", Some("Production"), "neither development nor production"),
        ("FLORIN_ADDR", Some("hunter2"), "IP:port"),
        ("FLORIN_ADDR", Some("localhost:8080"), "IP:port"),
        ("FLORIN_TRUSTED_PROXIES", Some("10.0.0.0/8,hunter2"), "network"),
        ("FLORIN_BUSINESS_TIMEZONE", Some("Hunter2/Nowhere"), "time zone"),
        ("FLORIN_SESSIONS_MOST", Some("0"), "range"),
        ("FLORIN_RATE_READ", Some("hunter2"), "whole number"),
        ("FLORIN_LOG_FORMAT", Some("hunter2"), "human nor json"),
        ("TRUELAYER_ENV", Some("hunter2"), "neither production nor sandbox"),
        ("TRUELAYER_WEBHOOK_SECRET", Some("hunter2"), "shorter than 32"),
        ("TRUELAYER_ENCRYPTION_KEY", Some("hunter2"), "32 bytes"),
        ("TRUELAYER_ENCRYPTION_KEY", Some(dev_key), "development"),
        ("TRUELAYER_REDIRECT_URI", Some("http://hunter2.example/x"), "https"),
        ("TRUELAYER_WEBHOOK_URL", Some("http://hunter2.example/x"), "https"),
        ("TRUELAYER_CLIENTID", Some("hunter2"), "no variable"),
        ("FLORIN_JWT_SECRET", Some("hunter2"), "no variable"),
        ("FLORIN_ADDRESS", Some("hunter2"), "no variable"),
    ];
    for (name, value, what) in cases {
        let said = refused(&[(name, *value)]);
        let named = said.lines().any(|line| line.contains(name) && line.contains(what));
        assert!(named, "{name} should be named with {what:?}: {said}");
    }
}

#[test]
fn production_names_all_faults_at_once() {
    let said = refused(&[
        ("DATABASE_URL", None),
        ("JWT_SECRET", Some("hunter2")),
        ("FLORIN_ENCRYPTION_KEYS", Some("")),
        ("FLORIN_PUBLIC_URL", Some("http://hunter2.example")),
        ("FLORIN_METRICS_ADDR", Some("hunter2")),
        ("FLORIN_WHATEVER", Some("hunter2")),
    ]);
    for name in [
        "DATABASE_URL",
        "JWT_SECRET",
        "FLORIN_ENCRYPTION_KEYS",
        "FLORIN_PUBLIC_URL",
        "FLORIN_METRICS_ADDR",
        "FLORIN_WHATEVER",
    ] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(said.contains("6 faults"), "{said}");
}

#[test]
fn a_truelayer_that_is_half_described_is_refused_with_everything_that_it_lacks() {
    let said = refused(&[("TRUELAYER_CLIENT_ID", Some("florin-hunter2"))]);
    for name in ["CLIENT_SECRET", "REDIRECT_URI", "WEBHOOK_URL", "WEBHOOK_SECRET", "ENCRYPTION_KEY"] {
        assert!(said.contains(&format!("TRUELAYER_{name} is missing")), "{name}: {said}");
    }
    assert!(said.contains("5 faults"), "{said}");
    // A bank in production implies nothing, in the sandbox either.
    let said = refused(&[("TRUELAYER_ENV", Some("sandbox"))]);
    assert!(said.contains("TRUELAYER_ENCRYPTION_KEY is missing"), "{said}");
}

#[test]
fn the_check_lists_every_variable_with_its_state_and_no_value() {
    let folder = Folder::new();
    std::fs::write(folder.path(".env"), "FLORIN_BANK_NAME='hunter2 bank'\n").expect("a file");
    let output = folder
        .florin(&["config", "check"])
        .envs(GOOD)
        .env("REDIS_URL", "redis://hunter2")
        .output()
        .expect("the program runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains(CANARY), "{said}");
    let state = |name: &str| {
        let line = said.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.unwrap_or_else(|| panic!("{name} is not listed: {said}")).to_owned()
    };
    assert!(state("JWT_SECRET").contains("from the environment, secret"));
    assert!(state("FLORIN_BANK_NAME").contains("from .env"));
    assert!(state("FLORIN_DRAIN_SECONDS").contains("default"));
    assert!(said.contains("REDIS_URL is not needed"));
}

#[test]
fn a_fault_in_the_file_is_named_by_its_line() {
    let folder = Folder::new();
    std::fs::write(folder.path(".env"), "FLORIN_LOG=info\nhunter2\n").expect("a file");
    let output = folder.florin(&["serve"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(".env line 2") && !said.contains(CANARY), "{said}");
}

#[test]
fn the_example_file_is_in_step_and_names_every_variable() {
    let folder = Folder::new();
    let printed = folder.florin(&["config", "example"]).output().expect("the program runs").stdout;
    let printed = String::from_utf8(printed).expect("text");
    let file = include_str!("../../../../.env.example");
    assert_eq!(file, printed, "run: cargo run -- config example > .env.example");
    let check = folder.florin(&["config", "check"]).output().expect("the program runs").stdout;
    let listed = String::from_utf8(check).expect("text");
    for name in
        listed.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next())
    {
        assert!(file.contains(&format!("\n#{name}=")), "{name}");
    }
    // Uncommented as it stands, with every default, it is a good configuration for development.
    let uncommented = file.replace("\n#", "\n").replace("\n ", "\n# ");
    std::fs::write(folder.path(".env"), uncommented).expect("a file");
    let output = folder.florin(&["config", "check"]).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn development_keeps_its_generated_secrets_for_its_own_eyes() {
    let folder = Folder::new();
    let first = folder.florin(&["migrate"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&first.stdout) + String::from_utf8_lossy(&first.stderr);
    assert!(first.status.success(), "{said}");
    assert!(said.contains("stand in for JWT_SECRET, FLORIN_ENCRYPTION_KEYS, FLORIN_SIGNING_KEY"), "{said}");
    let path = folder.path("florin-data/secrets/jwt_secret");
    let secret = std::fs::read_to_string(&path).expect("the secret");
    assert_eq!((mode(&path), mode(&folder.path("florin-data/secrets"))), (0o600, 0o700));
    assert!(!said.contains(secret.trim()));
    assert!(folder.florin(&["migrate"]).status().expect("the program runs").success());
    assert_eq!(std::fs::read_to_string(&path).expect("the secret"), secret, "kept");
}
