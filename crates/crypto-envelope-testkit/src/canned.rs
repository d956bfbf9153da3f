//! A server that gives the answers it was told, whatever it is asked.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
};

/// A server on this machine that answers whatever was said, and keeps what it was asked.
#[derive(Debug)]
pub struct CannedServer {
    endpoint: String,
    requests: Receiver<String>,
}

impl CannedServer {
    /// Answers a request with the first bytes and closes the connection, the next with the next; and
    /// nothing more.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(answers: Vec<Vec<u8>>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || -> io::Result<()> {
            for answer in answers {
                let (mut stream, _) = listener.accept()?;
                let request = read_request(&mut stream)?.unwrap_or_default();
                let _ = sender.send(String::from_utf8_lossy(&request).into_owned());
                // Whoever does not wait for the end has hung up.
                let _ = stream.write_all(&answer);
            }
            Ok(())
        });
        Ok(Self { endpoint, requests })
    }

    /// Lets `serve` do as it likes with each connection, on a thread of its own. What it returns is kept
    /// with the [requests](Self::requests).
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn serving(
        serve: impl Fn(&mut TcpStream) -> io::Result<String> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (sender, requests) = mpsc::channel();
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (serve, sender) = (Arc::clone(&serve), sender.clone());
                thread::spawn(move || {
                    let served = stream.and_then(|mut stream| serve(&mut stream));
                    let _ = sender.send(served.unwrap_or_else(|error| error.to_string()));
                });
            }
        });
        Ok(Self { endpoint, requests })
    }

    /// As `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The requests since the last look, each with its headers and its body.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }

    /// The next request, as soon as there is one.
    ///
    /// # Errors
    ///
    /// If there will be none.
    pub fn next_request(&self) -> io::Result<String> {
        self.requests.recv().map_err(io::Error::other)
    }
}

/// An answer with a body.
#[must_use]
pub fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} Status\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    answer.into_bytes()
}

/// A request with its headers and with a body of the length that they state, or none if the connection
/// has ended.
///
/// # Errors
///
/// If the connection broke.
pub fn read_request(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let head = read_head(stream)?;
    if head.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    let mut request = head;
    stream.take(length).read_to_end(&mut request)?;
    Ok(Some(request))
}

/// What stands before a body, up to and with the empty line.
///
/// # Errors
///
/// If the connection broke.
pub fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(head)
}
