//! An instance that knows its answers beforehand.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use crate::vector_files::case::Case;
use crate::vectors::Result;

/// It listens until it is stopped.
#[derive(Debug)]
pub(super) struct Canned {
    address: SocketAddr,
    heard: Receiver<Heard>,
}

/// A request that it got.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) api: String,
    /// The one that a header names.
    pub(super) key_version: Option<String>,
    pub(super) body: Vec<u8>,
}

/// An answer that it gives, one for each connection.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Canned {
    /// With the answers of a case, in their order.
    pub(super) fn start(case: &Case) -> Result<Self> {
        let answers = case.cases("instance_responses")?;
        let answers: Vec<_> = answers.iter().map(Answer::of).collect::<Result<_>>()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || serve(&listener, answers, &tell));
        Ok(Self { address, heard })
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked.
    pub(super) fn stop(self) -> Vec<Heard> {
        // Whether it waits for another request or not.
        drop(TcpStream::connect(self.address));
        self.heard.iter().collect()
    }
}

impl Answer {
    fn of(case: &Case) -> Result<Self> {
        let body = case.bytes("body_hex")?;
        let status: u16 = case.number("status")?;
        let length = body.len();
        let mut head = format!(
            "HTTP/1.1 {status} Canned\r\nconnection: close\r\ncontent-length: {length}\r\n"
        );
        for (name, value) in case.texts("headers")? {
            head.extend([name, ": ", value, "\r\n"]);
        }
        Ok(Self { head: head + "\r\n", body })
    }
}

/// Until it has no answer, or somebody comes who asks nothing. Whoever waits sees that it ended.
fn serve(listener: &TcpListener, answers: Vec<Answer>, tell: &Sender<Heard>) {
    for answer in answers {
        match listener.accept().and_then(|(stream, _)| exchange(stream, &answer)) {
            Ok(Some(heard)) => {
                let _ = tell.send(heard);
            }
            _ => return,
        }
    }
}

fn exchange(mut stream: TcpStream, answer: &Answer) -> io::Result<Option<Heard>> {
    let mut input = BufReader::new(stream.try_clone()?);
    let (mut heard, mut length) = (Heard::default(), 0);
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    while line.trim_end() != "" {
        line.clear();
        input.read_line(&mut line)?;
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name {
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "x-kms-apiname" => value.trim().clone_into(&mut heard.api),
            KEY_VERSION => heard.key_version = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    input.take(length).read_to_end(&mut heard.body)?;
    stream.write_all(answer.head.as_bytes())?;
    stream.write_all(&answer.body)?;
    Ok(Some(heard))
}

pub(super) const KEY_VERSION: &str = "x-kms-migrationkeyversionid";
