//! `florin demo` as a newcomer meets it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Folder, Serving, mode};

fn credentials(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("the credentials")).expect("JSON")
}

fn by_role<'a>(credentials: &'a Value, role: &str) -> &'a Value {
    let sign_ins = credentials["sign_ins"].as_array().expect("sign-ins");
    sign_ins.iter().find(|one| one["role"] == role).unwrap_or_else(|| panic!("no {role}"))
}

async fn post(url: String, body: Value) -> Value {
    let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{body}");
    answer.json().await.expect("JSON")
}

/// Signs in, with the second factor where there is one; returns an access token.
async fn sign_in(api: &str, person: &Value) -> String {
    let body = json!({ "email": person["email"], "password": person["password"] });
    let mut answer = post(format!("{api}/api/v1/auth/login"), body).await;
    if let Some(secret) = person["totp_secret"].as_str() {
        let secret = totp_rs::Secret::try_from_base32(secret).expect("base 32");
        let totp = totp_rs::Builder::new().with_secret(secret.as_bytes().to_vec()).build_noncompliant();
        let now = u64::try_from(kernel::Clock::system().now().timestamp()).expect("after 1970");
        let body = json!({ "mfa_token": answer["mfa_token"], "code": totp.generate(now).to_string() });
        answer = post(format!("{api}/api/v1/auth/mfa"), body).await;
    }
    answer["access_token"].as_str().expect("a token").to_owned()
}

async fn get(api: &str, token: &str, path: &str) -> Value {
    let request = reqwest::Client::new().get(format!("{api}/api/v1/{path}")).bearer_auth(token);
    request.send().await.expect("an answer").json().await.expect("JSON")
}

#[test]
fn it_tells_the_code_of_a_staff_members_authenticator() {
    let folder = Folder::new();
    let ask = |email: &str| folder.florin(&["demo", "--code", email]).output().expect("an answer");
    let code = ask("operations@bank.example");
    let shown = String::from_utf8(code.stdout).expect("text");
    let shown = shown.trim_end();
    assert!(shown.len() == 6 && shown.bytes().all(|byte| byte.is_ascii_digit()), "{shown}");
    let nobody = ask("mallory@bank.example");
    assert!(!nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("nobody on the staff has the address mallory"));
}

#[tokio::test]
async fn it_prints_sign_ins_that_work_and_three_lines_that_pay() {
    let folder = Folder::new();
    let file = folder.path("credentials.json");
    let arguments = ["demo", "--memory", "--customers", "3", "--credentials-file", "credentials.json"];
    let serving = Serving::start(folder.florin(&arguments));
    let (api, shown) = (serving.url.as_str(), credentials(&file));
    assert_eq!(mode(&file), 0o600);
    assert_eq!(shown["addresses"]["api"], api);
    for role in ["admin", "operations", "compliance", "support", "auditor", "customer"] {
        let person = by_role(&shown, role);
        let token = sign_in(api, person).await;
        assert_eq!(get(api, &token, "me").await["email"], person["email"], "{role}");
        let email = person["email"].as_str().expect("an address");
        assert!(serving.said.iter().any(|line| line.contains(email)), "{role} is not on the terminal");
    }

    let tries = |line: &&String| line.starts_with("  TOKEN=$(curl") || line.starts_with("  curl");
    let lines: Vec<&str> = serving.said.iter().filter(tries).map(|line| line.trim()).collect();
    assert_eq!(lines.len(), 3, "{:?}", serving.said);
    let ran = Command::new("sh").args(["-c", &lines.join("\necho\n")]).output().expect("a shell");
    let said = String::from_utf8(ran.stdout).expect("text");
    let mut answers = said.lines().filter(|line| !line.is_empty());
    let accounts: Value = serde_json::from_str(answers.next().expect("accounts")).expect("JSON");
    assert!(accounts["items"].as_array().is_some_and(|items| items.len() > 1), "{accounts}");
    let paid: Value = serde_json::from_str(answers.next().expect("a payment")).expect("JSON");
    assert_eq!(paid["amount"]["amount_minor"], 1250, "{paid}");

    let body = json!({ "email": by_role(&shown, "customer")["email"] });
    let forgot = reqwest::Client::new().post(format!("{api}/api/v1/auth/password/forgot")).json(&body);
    assert_eq!(forgot.send().await.expect("an answer").status(), 202);
    until_mailed(&serving.metrics_url).await;
    serving.terminate();
    assert!(serving.wait().0.success());
    assert!(!folder.path("florin-data").exists(), "checkpoints and mail of a throw-away bank go with it");
}

/// Asks for the metrics until a message has left and every chain has its checkpoint.
async fn until_mailed(metrics: &str) {
    loop {
        let page = reqwest::get(metrics).await.expect("an answer").text().await.expect("text");
        let done = |job: &str| page.lines().any(|line| line.contains(job) && line.contains("\"done\""));
        if done("identity.send_mail") && done("ledger.checkpoint") {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Lists what a bank shows its first customer: numbers and balances.
async fn holdings(api: &str, shown: &Value) -> Vec<(String, i64)> {
    let token = sign_in(api, by_role(shown, "customer")).await;
    let page = get(api, &token, "accounts").await;
    let items = page["items"].as_array().expect("accounts").iter();
    items
        .map(|account| {
            let number = account["number"].to_string();
            (number, account["balance"]["ledger"]["amount_minor"].as_i64().expect("a balance"))
        })
        .collect()
}

#[tokio::test]
async fn a_second_start_finds_the_data_and_another_bank_is_made_alike() {
    let database = database::testing::fresh().await;
    let folder = Folder::new();
    let start = |file: &str, arguments: &[&str]| {
        let arguments = [&["demo", "--customers", "2", "--credentials-file", file], arguments].concat();
        let mut command = folder.florin(&arguments);
        command.env("DATABASE_URL", database.url()).env("FLORIN_DATA_DIR", folder.path("data"));
        Serving::start(command)
    };
    let first = start("first.json", &[]);
    let made = credentials(&folder.path("first.json"));
    let held = holdings(&first.url, &made).await;
    assert!(held.iter().any(|(_, minor)| *minor > 0), "{held:?}");
    first.terminate();
    let (status, log) = first.wait();
    assert!(status.success(), "{log}");

    let second = start("second.json", &[]);
    let found = credentials(&folder.path("second.json"));
    assert_eq!(found["sign_ins"], made["sign_ins"], "the same people and accounts");
    assert_eq!(holdings(&second.url, &found).await, held);

    let elsewhere = start("elsewhere.json", &["--memory"]);
    let alike = credentials(&folder.path("elsewhere.json"));
    assert_eq!(holdings(&elsewhere.url, &alike).await, held, "the same seed, the same bank");
}
