//! A server that answers with what it was sent.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A request, as it came.
#[derive(Debug)]
#[non_exhaustive]
pub struct Heard<'r> {
    /// Up to the empty line, with it.
    pub head: &'r [u8],
    /// As long as the head says.
    pub body: &'r [u8],
}

impl Heard<'_> {
    /// The body, or the head if there is none.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        if self.body.is_empty() { self.head } else { self.body }
    }
}

/// Starts one, whose answers have this status, and a body of what was heard. Returns its URL. It goes on until the
/// process ends.
///
/// # Errors
///
/// If it does not start.
pub fn start(
    status: u16,
    answer: impl Fn(&Heard<'_>) -> Vec<u8> + Send + Sync + 'static,
) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // Nobody is told if a client went away.
            thread::spawn(move || serve(stream, status, &*answer));
        }
    });
    Ok(url)
}

fn serve(
    mut stream: TcpStream,
    status: u16,
    answer: &dyn Fn(&Heard<'_>) -> Vec<u8>,
) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let (head, length) = loop {
        let read = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..read]);
        let end = request.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end.filter(|_| read > 0) {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
            let digits = length.lines().next().unwrap_or_default();
            break (end + 4, digits.parse().unwrap_or(0));
        }
        if read == 0 {
            return Ok(());
        }
    };
    while request.len() < head + length {
        let read = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..read]);
        if read == 0 {
            return Ok(());
        }
    }
    let (head, body) = request.split_at(head);
    let body = answer(&Heard { head, body });
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} No\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &body].concat())
}
