//! The program on the network, as a service manager and a scraper see it.

use std::process::Command;

use database::testing::TestDatabase;
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
