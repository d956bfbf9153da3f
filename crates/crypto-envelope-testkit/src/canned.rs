//! A server that gives the answers it was told, whatever it is asked.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
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
                let _ = sender.send(read(&mut stream)?);
                // Whoever does not wait for the end has hung up.
                let _ = stream.write_all(&answer);
            }
            Ok(())
        });
        Ok(Self { endpoint, requests })
    }

    /// As `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The requests since the last look, each with its headers.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
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

/// As much as comes at once: requests here are short.
fn read(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = [0; 8192];
    let length = stream.read(&mut request)?;
    Ok(String::from_utf8_lossy(&request[..length]).into_owned())
}
