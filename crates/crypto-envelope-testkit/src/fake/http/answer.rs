//! An answer, on its way.

use std::{io, time::Duration};

use hyper::{StatusCode, body::Bytes};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time,
};

use super::{body::Body, message::Response};

/// How fast a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    /// A pause, so many bytes, and so on.
    Slow {
        bytes: usize,
        pause: Duration,
    },
}

/// Sends the head and what is left of the body.
pub(super) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    mut head: Vec<u8>,
    body: &Body,
    pace: Pace,
) -> io::Result<()> {
    match pace {
        // One packet is faster than two.
        Pace::AtOnce if body.len() <= SHORT => {
            head.extend_from_slice(&body.as_one());
            stream.write_all(&head).await?;
        }
        Pace::AtOnce => {
            stream.write_all(&head).await?;
            for piece in body.pieces() {
                stream.write_all(piece).await?;
            }
        }
        Pace::Slow { bytes, pause } => {
            stream.write_all(&head).await?;
            stream.flush().await?;
            // Nothing at a time would never end.
            for piece in chunks(body, bytes.max(1)) {
                time::sleep(pause.max(Duration::from_millis(1))).await;
                stream.write_all(&piece).await?;
                stream.flush().await?;
            }
        }
    }
    stream.flush().await
}

/// Status line and headers, as they go over the wire. Without a length if the status has no body.
pub(super) fn head(response: &Response, content_length: u64) -> Vec<u8> {
    let status = response.status;
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut lines = vec![format!("HTTP/1.1 {status} {}", reason.unwrap_or("Fake"))];
    // What a client sent comes back in some headers, and must not end one.
    let one_line = |value: &str| value.replace(['\r', '\n'], " ");
    let headers = response.headers.iter();
    lines.extend(headers.map(|(name, value)| format!("{name}: {}", one_line(value))));
    if !matches!(status, 100..200 | 204 | 304) {
        lines.push(format!("Content-Length: {content_length}"));
    }
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

fn chunks(body: &Body, length: usize) -> impl Iterator<Item = Bytes> {
    let starts = (0..body.len()).step_by(length);
    starts.map(move |start| {
        let chunk = body.slice(start..start.saturating_add(length));
        Bytes::copy_from_slice(&chunk.as_one())
    })
}

/// What goes with the head.
const SHORT: usize = 16 << 10;
