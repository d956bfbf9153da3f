//! Answers whose body comes piece by piece.

use std::{mem, process, time::Duration};

use bytes::Bytes;
use reqwest::Response;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::AbortHandle,
    time::timeout,
};

use crate::{
    Answer, Head, NoAnswer,
    answer::{Gathered, Headed},
};

/// An answer, of whatever status, whose body is still to come. It is read where calls run
/// ([`service::run`](crypto_envelope::service::run)), a few chunks ahead of whoever waits for them, with any
/// executor or none. If this is dropped, so is the connection.
#[derive(Debug)]
pub struct OpenedAnswer {
    head: Head,
    chunks: Chunks,
}

impl OpenedAnswer {
    /// Takes the body of `response` from now on, each chunk of it within `patience`.
    pub(crate) fn new(response: Response, patience: Duration) -> Self {
        let head = Head::of(&response);
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let reading = tokio::spawn(pump(response, sender, patience)).abort_handle();
        let receiver = Some(receiver);
        Self { head, chunks: Chunks { process: process::id(), reading, receiver, end: None } }
    }

    /// What came before the body.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The status of HTTP.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status()
    }

    /// Whether the status is 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.head.is_success()
    }

    /// The first header of this name, if it is visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The next of the body, or none behind its end. A future that is dropped loses nothing.
    ///
    /// # Errors
    ///
    /// If the next chunk does not come in time, or the body ends before the length that was stated; and
    /// the same again from then on.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, NoAnswer> {
        self.chunks.next().await
    }

    /// All of the body that is still to come, if it is not longer than so many bytes: what a service
    /// says when it refuses.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), and if there is more.
    pub async fn whole(mut self, longest: usize) -> Result<Answer, NoAnswer> {
        let mut body = Gathered::new(longest);
        while let Some(chunk) = self.chunk().await? {
            body.push(&chunk)?;
        }
        Ok(Answer::new(self.head, body.into_secret()))
    }
}

impl Headed for OpenedAnswer {
    fn head(&self) -> &Head {
        &self.head
    }
}

/// A body that is read elsewhere.
#[derive(Debug)]
struct Chunks {
    process: u32,
    reading: AbortHandle,
    receiver: Option<Receiver<Chunk>>,
    /// What there was last.
    end: Option<Result<(), NoAnswer>>,
}

/// Without bytes at the end: a channel that is closed before it was cut.
type Chunk = Result<Option<Bytes>, NoAnswer>;

impl Chunks {
    async fn next(&mut self) -> Chunk {
        if let Some(end) = &self.end {
            return end.clone().map(|()| None);
        }
        // In a process that was forked meanwhile nobody reads.
        let receiver = self.receiver.as_mut().filter(|_| self.process == process::id());
        let received = match receiver {
            Some(receiver) => receiver.recv().await,
            None => None,
        };
        let chunk = received.unwrap_or_else(|| Err(NoAnswer::abandoned()));
        self.end = match &chunk {
            Ok(Some(_)) => None,
            Ok(None) => Some(Ok(())),
            Err(failure) => Some(Err(failure.clone())),
        };
        chunk
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if self.process == process::id() {
            self.reading.abort();
        } else {
            // A lock in there may be held by a thread that this process does not have.
            mem::forget(self.receiver.take());
        }
    }
}

/// Reads until the end, as far ahead as there is room.
async fn pump(mut response: Response, sender: Sender<Chunk>, patience: Duration) {
    loop {
        let chunk = match timeout(patience, response.chunk()).await {
            Ok(chunk) => chunk.map_err(|error| NoAnswer::of(&error)),
            Err(_) => Err(NoAnswer::timed_out()),
        };
        let is_last = !matches!(chunk, Ok(Some(_)));
        if sender.send(chunk).await.is_err() || is_last {
            return;
        }
    }
}

/// Each is as long as what came at once, and 400 KiB at most.
const CHUNKS_AHEAD: usize = 4;

#[cfg(test)]
mod tests;
