//! A time limit on the first bytes of a connection.
//!
//! The server tells HTTP/1 from HTTP/2 by the first 24 bytes, and waits for them without a limit; its own
//! header time-out begins only afterwards. This stream gives up on a client that is slow before that.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The length of HTTP/2's connection preface (RFC 9113 § 3.4).
const PREFACE: usize = 24;

/// Passes bytes through, and fails the read when the first ones are late.
pub(crate) struct Opening<S> {
    stream: S,
    seen: usize,
    limit: Option<Pin<Box<Sleep>>>,
}

impl<S> Opening<S> {
    /// Allows `limit` for the first bytes.
    #[expect(clippy::disallowed_methods, reason = "a time limit on the network, not a wait for our own work")]
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, seen: 0, limit: Some(Box::pin(tokio::time::sleep(limit))) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Opening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.seen += buffer.filled().len() - before;
        if self.seen >= PREFACE {
            self.limit = None;
        }
        let late = self.limit.as_mut().is_some_and(|limit| limit.as_mut().poll(cx).is_ready());
        if read.is_pending() && late {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Opening<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_client_that_is_slow_at_first_is_given_up_and_one_that_began_is_not() {
        let limit = Duration::from_millis(20);
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(b"PRI").await.expect("room");
        let mut opening = Opening::new(server, limit);
        let mut bytes = Vec::new();
        let late = opening.read_to_end(&mut bytes).await.expect_err("the first bytes are late");
        assert_eq!((late.kind(), bytes.as_slice()), (io::ErrorKind::TimedOut, &b"PRI"[..]));

        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(&[b'x'; PREFACE]).await.expect("room");
        let mut opening = Opening::new(server, limit);
        opening.read_exact(&mut [0; PREFACE]).await.expect("the first bytes");
        let pending = tokio::time::timeout(2 * limit, opening.read_u8()).await;
        assert!(pending.is_err(), "no limit of ours holds any more");
    }
}
