//! Mail over SMTP, against a server of the test's own.

use bank::settings::MailSettings;
use kernel::Secret;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::harness::{App, PASSWORD};

/// Speaks as much SMTP (RFC 5321) as one message needs; answers `verdict` to its text, and returns the dialogue.
async fn server(verdict: &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let dialogue = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut heard, mut in_text) = (Vec::new(), false);
        write.write_all(b"220 mail.example ready\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "." => verdict,
                _ if in_text => "",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            in_text = (in_text || verb == "DATA") && verb != ".";
            heard.push(line);
            if !answer.is_empty() {
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
            if verb == "QUIT" {
                break;
            }
        }
        heard
    });
    (url, dialogue)
}

async fn registered(url: String) -> App {
    let app = App::with(|settings| {
        settings.mail = MailSettings::Smtp { url: Secret::new(url), from: "bank@bank.example".to_owned() };
    })
    .await;
    let body =
        json!({ "email": "ada@example.com", "password": PASSWORD, "full_name": "Ada", "country": "GB" });
    app.post("/api/v1/auth/register").json(&body).send().await.expect(202);
    app
}

#[tokio::test]
async fn a_message_goes_out_over_smtp() {
    let (url, dialogue) = server("250 taken").await;
    let app = registered(url).await;
    app.run_jobs().await;
    let heard = dialogue.await.unwrap().join("\n");
    for line in [
        "MAIL FROM:<bank@bank.example>",
        "RCPT TO:<ada@example.com>",
        "From: \"Florin Bank\" <bank@bank.example>",
        "To: ada@example.com",
    ] {
        assert!(heard.contains(line), "{line}: {heard}");
    }
}

#[tokio::test]
async fn a_message_that_the_server_refuses_is_tried_again_and_nobody_is_named() {
    let (url, dialogue) = server("451 not now, ada@example.com").await;
    let app = registered(url).await;
    app.leaves_jobs();
    let ran = bank::jobs::run_due(&app.bank, &bank::work::registry()).await.unwrap();
    assert_eq!((ran.failed, ran.dead), (1, 0), "{ran:?}");
    dialogue.await.unwrap();
    let jobs = app.rows("jobs").await;
    assert!(jobs.contains("the mail server did not take the message"), "{jobs}");
    assert!(!jobs.contains("not now"), "the server's words stay out: {jobs}");
}
