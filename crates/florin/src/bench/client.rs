//! One connection to the server, kept open between requests.
//!
//! It writes and reads the socket itself: whoever asks shares the processors with whoever answers, so that what a client's
//! pools and tasks cost would be missing in the answers.

use std::io::{ErrorKind, Write as _};

use anyhow::{Context as _, bail};
use axum::http::{Method, StatusCode};
use httparse::{EMPTY_HEADER, Response, Status, parse_chunk_size};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The most header lines that an answer may have.
const MOST_HEADERS: usize = 64;
/// How much is read at once.
const READ: usize = 16 * 1_024;

/// Holds a connection.
pub(super) struct Connection {
    address: String,
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// Whether the server closes it after the answer that it gave last, or gave none.
    closes: bool,
}

/// Describes a request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// The value of `Authorization`; none for signing in.
    pub(super) authorization: Option<String>,
    /// The value of `Idempotency-Key`, where money moves.
    pub(super) key: Option<String>,
    /// JSON; empty for none.
    pub(super) body: String,
}

/// Holds what the head of an answer says (RFC 9112).
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: StatusCode,
    /// How many bytes the head has.
    bytes: usize,
    /// How many the body has; none when it comes in chunks.
    length: Option<usize>,
    closes: bool,
}

impl Connection {
    /// Connects to `host:port`.
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = connect(address).await?;
        let (request, answer) = (Vec::new(), Vec::with_capacity(READ));
        Ok(Self { address: address.to_owned(), stream, request, answer, closes: false })
    }

    /// Sends a request and reads the whole answer; connects again when the server closed the connection before.
    ///
    /// A request is sent once: whether one was served whose answer is missing, only its sender can find out.
    pub(super) async fn send(&mut self, call: &Call) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        if self.closes || self.is_closed() {
            self.stream = connect(&self.address).await?;
        }
        // Until the answer is there: one that is missing leaves a connection of which nothing is known.
        self.closes = true;
        self.write(call);
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let mut known = None;
        loop {
            self.answer.reserve(READ);
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection without an answer");
            }
            if known.is_none() {
                known = head(&self.answer)?;
            }
            let Some(head) = &known else { continue };
            if let Some(body) = body(head, &self.answer)? {
                self.closes = head.closes;
                return Ok((head.status, body));
            }
        }
    }

    /// Says whether the server closed the connection, or sent what nobody asked for.
    fn is_closed(&self) -> bool {
        !matches!(self.stream.try_read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    fn write(&mut self, call: &Call) {
        let Call { method, path, authorization, key, body } = call;
        let out = &mut self.request;
        out.clear();
        // Writing to memory does not fail.
        let _ = write!(out, "{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if let Some(value) = authorization {
            let _ = write!(out, "authorization: {value}\r\n");
        }
        if let Some(key) = key {
            let _ = write!(out, "idempotency-key: {key}\r\n");
        }
        if !body.is_empty() {
            let _ = write!(out, "content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        let _ = write!(out, "\r\n{body}");
    }
}

async fn connect(address: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("{address} does not answer"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads the head of an answer; none when more of it has to come.
fn head(text: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let Status::Complete(bytes) = response.parse(text)? else { return Ok(None) };
    let status = StatusCode::from_u16(response.code.unwrap_or_default())?;
    let value = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let in_chunks = value("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = value("content-length").map_or(Ok(0), str::parse)?;
    let closes = value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Some(Head { status, bytes, length: (!in_chunks).then_some(length), closes }))
}

/// Reads the body behind the head; none when more of it has to come.
fn body(head: &Head, text: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let mut at = head.bytes;
    if let Some(length) = head.length {
        return Ok(text.get(at..at + length).map(<[u8]>::to_vec));
    }
    let mut body = Vec::new();
    loop {
        let size = parse_chunk_size(&text[at..]).map_err(|_| anyhow::anyhow!("a chunk without a size"))?;
        let Status::Complete((line, size)) = size else { return Ok(None) };
        let begin = at + line;
        // Each chunk, the empty one at the end too, is followed by an end of line.
        at = begin + usize::try_from(size)? + 2;
        let Some(chunk) = text.get(begin..at) else { return Ok(None) };
        body.extend_from_slice(&chunk[..chunk.len() - 2]);
        if size == 0 {
            return Ok(Some(body));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    const SIZED: &str = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
    const CHUNKED: &str =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\na,b\r\na\r\n0123456789\r\n0\r\n\r\n";
    const LAST: &str = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    fn read(text: &str) -> Option<(u16, String)> {
        let head = head(text.as_bytes()).unwrap()?;
        let body = body(&head, text.as_bytes()).unwrap()?;
        Some((head.status.as_u16(), String::from_utf8(body).unwrap()))
    }

    #[test]
    fn an_answer_is_read_when_all_of_it_is_there_and_not_before() {
        let answers = [(SIZED, 201, "{}"), (CHUNKED, 200, "a,b0123456789"), (LAST, 503, "")];
        for (text, status, body) in answers {
            for end in 0..text.len() {
                assert_eq!(read(&text[..end]), None, "{}", &text[..end]);
            }
            assert_eq!(read(text), Some((status, body.to_owned())));
        }
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_is_made_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            // One that closes without a word, one that says so, and one in two pieces.
            for pieces in [&[SIZED][..], &[LAST], &[&CHUNKED[..40], &CHUNKED[40..]]] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 1_024];
                let length = stream.read(&mut request).await.unwrap();
                assert!(request[..length].ends_with(b"content-length: 4\r\n\r\n1234"));
                for piece in pieces {
                    stream.write_all(piece.as_bytes()).await.unwrap();
                }
            }
        });
        let mut connection = Connection::open(&address).await.unwrap();
        let body = "1234".to_owned();
        let call = Call { method: Method::POST, path: "/".to_owned(), authorization: None, key: None, body };
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(connection.send(&call).await.unwrap().0.as_u16());
            connection.stream.readable().await.unwrap();
        }
        assert_eq!(statuses, [201, 503, 200]);
        serving.await.unwrap();
        assert!(connection.send(&call).await.is_err(), "nobody listens any more");
    }
}
