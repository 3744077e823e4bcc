//! The program on the network, as a service manager and a scraper see it.

use std::process::Command;
use std::sync::Arc;

use database::testing::TestDatabase;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::program::{Folder, Serving};

/// Returns `serve` on the engine that the environment asks for; on SQLite, on a file of its own.
async fn serve(folder: &Folder) -> (Command, Option<TestDatabase>) {
    let mut command = folder.florin(&["serve"]);
    if std::env::var_os("FLORIN_TEST_DATABASE_URL").is_none() {
        return (command, None);
    }
    let database = database::testing::fresh().await;
    command.env("DATABASE_URL", database.url());
    (command, Some(database))
}

#[tokio::test]
async fn it_says_where_it_listens_measures_itself_and_stops_in_order() {
    let folder = Folder::new();
    let (command, _database) = serve(&folder).await;
    let serving = Serving::start(command);
    assert!(serving.url.starts_with("http://127.0.0.1:"), "{:?}", serving.said);

    let page = reqwest::get(&serving.metrics_url).await.expect("an answer");
    assert_eq!(page.status(), 200);
    let page = page.text().await.expect("text");
    for name in ["process_resident_memory_bytes", "process_open_fds", "florin_database_connections"] {
        assert!(page.contains(name), "{name}: {page}");
    }
    let other = reqwest::get(serving.metrics_url.replace("/metrics", "/api/v1/me")).await.expect("an answer");
    assert_eq!(other.status(), 404, "the second listener shows nothing else");
    let nowhere = reqwest::get(format!("{}/metrics", serving.url)).await.expect("an answer");
    assert_eq!(nowhere.status(), 404, "customers do not see the metrics");

    for (path, body) in [("livez", "alive\n"), ("readyz", "ready\n")] {
        let answer = reqwest::get(format!("{}/{path}", serving.url)).await.expect("an answer");
        assert_eq!(answer.text().await.expect("text"), body);
    }

    serving.terminate();
    let (status, log) = serving.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

/// Serves with these variables until it is ready; returns what it said and logged.
async fn said_and_logged(variables: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    let (mut command, _database) = serve(&folder).await;
    command.envs(variables.iter().copied());
    let serving = Serving::start(command);
    let mut said = serving.said.join("\n");
    if let Some((_, address)) = said.split_once("TrueLayer is simulated on ") {
        let address = address.lines().next().unwrap_or_default();
        let banks = reqwest::get(format!("{address}api/providers")).await.expect("an answer");
        assert!(banks.text().await.expect("text").contains("\"mock\""));
    }
    serving.terminate();
    let (status, log) = serving.wait();
    assert!(status.success(), "{log}");
    said.push_str(&log);
    said
}

#[tokio::test]
async fn it_says_how_truelayer_is_reached() {
    let off = said_and_logged(&[]).await;
    assert!(off.contains("TrueLayer is off"), "{off}");
    let simulated = said_and_logged(&[("TRUELAYER_SANDBOX", "true")]).await;
    for line in ["TrueLayer Service initialized (Sandbox mode)", "simulated on http", "is deprecated"] {
        assert!(simulated.contains(line), "{line}: {simulated}");
    }
    let production = said_and_logged(&[
        ("TRUELAYER_CLIENT_ID", "florin-hunter2"),
        ("TRUELAYER_CLIENT_SECRET", "hunter2"),
        ("TRUELAYER_REDIRECT_URI", "https://bank.example/callback"),
        ("TRUELAYER_WEBHOOK_URL", "https://bank.example/webhook?k=hunter2"),
        ("TRUELAYER_WEBHOOK_SECRET", "Zk3VtB9qLx0pRw7uYc2nHs5dGf8jKm1aQe4oTi6v"),
        ("TRUELAYER_ENCRYPTION_KEY", "b1v0FZ3jq8xVQm5oY2hTn7rKc4uWs9aEd6gLp1iBzXk="),
    ])
    .await;
    assert!(production.contains("TrueLayer Service initialized (Production mode)"), "{production}");
    assert!(!production.contains("hunter2"), "{production}");
}

#[tokio::test]
async fn a_request_in_flight_is_answered_after_the_signal() {
    let folder = Folder::new();
    let (command, _database) = serve(&folder).await;
    let serving = Serving::start(command);
    let address = serving.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("room");
    let mut first = [0; 25];
    stream.read_exact(&mut first).await.expect("the handler asked for the body");
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");

    serving.terminate();
    // The socket is closed to others before the request is done.
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(b"{}").await.expect("room");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer, then the end");
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    let (status, log) = serving.wait();
    assert!(status.success(), "{log}");
}

/// Speaks HTTP/1.1 over TLS of one version; returns the answer and the protocol that was agreed upon.
async fn over_tls(
    address: &str,
    version: &'static rustls::SupportedProtocolVersion,
    protocols: &[&[u8]],
) -> (String, Option<Vec<u8>>) {
    let mut roots = rustls::RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/certificate.pem")).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    let mut answer = String::new();
    if agreed.as_deref() != Some(b"h2") {
        let request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        stream.read_to_string(&mut answer).await.unwrap();
    }
    (answer, agreed)
}

#[tokio::test]
async fn it_speaks_tls_of_both_versions_when_it_has_a_certificate() {
    let folder = Folder::new();
    let (mut command, _database) = serve(&folder).await;
    std::fs::write(folder.path("certificate.pem"), include_bytes!("tls/certificate.pem")).unwrap();
    std::fs::write(folder.path("key.pem"), include_bytes!("tls/key.pem")).unwrap();
    command.env("FLORIN_TLS_CERT", "certificate.pem").env("FLORIN_TLS_KEY", "key.pem");
    let serving = Serving::start(command);
    let address = serving.url.trim_start_matches("https://").to_owned();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (answer, _) = over_tls(&address, version, &[]).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("alive\n"), "{answer}");
    }
    let (_, agreed) = over_tls(&address, &rustls::version::TLS13, &[b"h2", b"http/1.1"]).await;
    assert_eq!(agreed.as_deref(), Some(&b"h2"[..]));
    serving.terminate();
    let (status, log) = serving.wait();
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_its_key_stops_the_start() {
    let folder = Folder::new();
    let (mut command, _database) = serve(&folder).await;
    std::fs::write(folder.path("certificate.pem"), include_bytes!("tls/certificate.pem")).unwrap();
    command.env("FLORIN_TLS_CERT", "certificate.pem").env("FLORIN_TLS_KEY", "certificate.pem");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("the key in certificate.pem"), "{said}");
}

#[tokio::test]
async fn an_administrator_made_on_the_command_line_signs_in() {
    let folder = Folder::new();
    let (command, database) = serve(&folder).await;
    let serving = Serving::start(command);
    let mut create =
        folder.florin(&["admin", "create", "--email", "root@bank.example", "--name", "Ada Root"]);
    if let Some(database) = &database {
        create.env("DATABASE_URL", database.url());
    }
    let output = create.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let password = said.lines().find_map(|line| line.split_once("only now: ")).unwrap().1;
    let body = serde_json::json!({ "email": "root@bank.example", "password": password });
    let client = reqwest::Client::new();
    let answer = client.post(format!("{}/api/v1/auth/login", serving.url)).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let again = create.output().unwrap();
    assert!(!again.status.success(), "the address is taken");
}
