//! Traces, against a collector in this process: one for each request and for each job.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::program::{Folder, Serving};

/// Holds what a test wants to know of a span.
#[derive(Debug)]
struct Span {
    trace: Vec<u8>,
    has_parent: bool,
    name: String,
}

/// Takes OTLP over HTTP and keeps the bodies.
fn collector() -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = bodies.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 0 {
                while !line.trim().is_empty() {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                kept.lock().unwrap().push(body);
                reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                line.clear();
            }
        }
    });
    (url, bodies)
}

/// Reads the fields of a protocol buffer: `(number, bytes)` of those that hold bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                varint(&mut bytes);
                continue;
            }
            1 => 8,
            5 => 4,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            other => panic!("wire type {other}"),
        };
        let (value, rest) = bytes.split_at(length);
        found.push((key >> 3, value));
        bytes = rest;
    }
    found
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    value
}

/// Reads the spans of an `ExportTraceServiceRequest`: resource spans (1), scope spans (2), spans (2).
fn spans(body: &[u8]) -> Vec<Span> {
    let inside = |bytes, number| fields(bytes).into_iter().filter(move |field| field.0 == number);
    let scopes = inside(body, 1).flat_map(|(_, resource)| inside(resource, 2));
    let spans = scopes.flat_map(|(_, scope)| inside(scope, 2));
    let span = |bytes| {
        let of = |number| fields(bytes).into_iter().find(|field| field.0 == number).map(|field| field.1);
        Span {
            trace: of(1).unwrap().to_vec(),
            has_parent: of(4).is_some_and(|parent| !parent.is_empty()),
            name: String::from_utf8(of(5).unwrap().to_vec()).unwrap(),
        }
    };
    spans.map(|(_, bytes)| span(bytes)).collect()
}

#[tokio::test]
async fn each_request_and_each_job_is_one_trace() {
    let (url, bodies) = collector();
    let folder = Folder::new();
    let mut command = folder.florin(&["serve"]);
    command.env("FLORIN_OTLP_ENDPOINT", url);
    let serving = Serving::start(command);
    for path in ["livez", "readyz", "api/v1/me"] {
        reqwest::get(format!("{}/{path}", serving.url)).await.unwrap();
    }
    // A registration asks for a mail, and the mail is a job.
    let registration = serde_json::json!({
        "email": "ada@example.com", "full_name": "Ada Lovelace", "password": "plum-violin-harbor-tungsten-7",
    });
    let client = reqwest::Client::new();
    let answer =
        client.post(format!("{}/api/v1/auth/register", serving.url)).json(&registration).send().await;
    assert_eq!(answer.unwrap().status(), 202);
    let mail = folder.path("florin-data/mail");
    while std::fs::read_dir(&mail).map_or(0, Iterator::count) == 0 {
        tokio::task::yield_now().await;
    }
    serving.terminate();
    let (status, log) = serving.wait();
    assert!(status.success(), "{log}");

    let bodies = bodies.lock().unwrap();
    let spans: Vec<Span> = bodies.iter().flat_map(|body| spans(body)).collect();
    let roots: Vec<&Span> = spans.iter().filter(|span| !span.has_parent).collect();
    let traces: HashSet<&[u8]> = spans.iter().map(|span| span.trace.as_slice()).collect();
    assert_eq!(roots.len(), traces.len(), "every trace has one root: {spans:?}");
    assert_eq!(roots.iter().filter(|span| span.name == "request").count(), 4, "{spans:?}");
    assert!(roots.iter().any(|span| span.name == "job"), "{spans:?}");
}
