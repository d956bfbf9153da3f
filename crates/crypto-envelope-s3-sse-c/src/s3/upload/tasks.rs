//! Parts on their way, several at the same time.

use std::num::NonZeroUsize;

use bytes::Bytes;
use crypto_envelope::{Error, Result};
use tokio::task::JoinSet;

use super::{
    Progress,
    channel::{Channel, SentPart},
    open::OpenUpload,
    record::UploadRecord,
    source::{Part, Source},
};
use crate::s3::{calls::put_object::content_md5, tasks::blocking, tasks::ended};

/// What was sent, all of it.
pub(crate) struct Sent {
    pub(crate) parts: Vec<SentPart>,
    pub(crate) size: u64,
    pub(crate) resumed: u32,
}

/// Sends what the upload does not have yet. If this is dropped, nothing is sent any more.
pub(super) async fn send_all(
    open: &OpenUpload,
    mut source: Source,
    record: Option<&UploadRecord>,
    parallel: NonZeroUsize,
    progress: &Progress,
) -> Result<Sent> {
    let mut running: JoinSet<Result<Outcome>> = JoinSet::new();
    let mut parts = Vec::new();
    let mut resumed = 0;
    let mut number = 1;
    let outcome = loop {
        if running.len() < parallel.get() {
            match source.next(number).await {
                Ok(Some(part)) => {
                    running.spawn(one(open.channel(), open.done(number), part));
                    number += 1;
                    continue;
                }
                Ok(None) if running.is_empty() => break Ok(()),
                Ok(None) => {}
                Err(error) => break Err(error),
            }
        }
        match running.join_next().await {
            Some(Ok(Ok(Outcome { part, size, was_there }))) => {
                progress.advance(size);
                resumed += u32::from(was_there);
                if let Some(record) = record {
                    record.add(&part).await?;
                }
                parts.push(part);
            }
            Some(Ok(Err(error))) => break Err(error),
            Some(Err(error)) => break Err(ended(error)),
            None => {}
        }
    };
    outcome?;
    if let Some(file) = &source.file {
        file.check_unchanged().await?;
    }
    parts.sort_unstable_by_key(|part| part.number);
    Ok(Sent { parts, size: source.position(), resumed })
}

struct Outcome {
    part: SentPart,
    size: u64,
    was_there: bool,
}

/// Sends a part, unless it is there, with exactly these bytes.
async fn one(channel: Channel, done: Option<SentPart>, part: Part) -> Result<Outcome> {
    let Part { number, bytes } = part;
    let size = bytes.len() as u64;
    let digest = digest_of(bytes.clone()).await?;
    match done {
        Some(part) if part.digest == digest => Ok(Outcome { part, size, was_there: true }),
        Some(_) => Err(Error::SourceChanged),
        None => {
            let part = channel.send(number, bytes, digest).await?;
            Ok(Outcome { part, size, was_there: false })
        }
    }
}

/// MD5 takes its time.
async fn digest_of(bytes: Bytes) -> Result<String> {
    blocking(move || Ok(content_md5(&bytes))).await
}
