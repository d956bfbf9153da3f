//! Parts on their way, several at the same time.

use std::num::NonZeroUsize;

use bytes::Bytes;
use crypto_envelope::{
    Error, Result,
    service::{blocking, ended},
};
use tokio::task::JoinSet;

use super::{
    channel::{Channel, SentPart},
    open::OpenUpload,
    record::UploadRecord,
    source::{Part, Source},
};
use crate::s3::{calls::put_object::content_md5, transfer::Progress};

/// What was sent, all of it.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) parts: Vec<SentPart>,
    pub(crate) size: u64,
    pub(crate) resumed: u32,
}

impl Sent {
    /// By a transfer that nobody goes on with.
    pub(crate) fn of(mut parts: Vec<SentPart>, size: u64) -> Self {
        parts.sort_unstable_by_key(|part| part.number);
        Self { parts, size, resumed: 0 }
    }
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
    let (mut sent, mut failed) = (Sent::default(), None);
    let mut numbers = 1..;
    let mut is_over = false;
    loop {
        // After an error none is begun any more, and those that are on their way come to their end.
        while failed.is_none() && !is_over && running.len() < parallel.get() {
            let Some(number) = numbers.next() else { break };
            match source.next(number).await {
                Ok(Some(part)) => _ = running.spawn(one(open.channel(), open.done(number), part)),
                Ok(None) => is_over = true,
                Err(error) => failed = Some(error),
            }
        }
        match running.join_next().await.map(|outcome| outcome.map_err(ended).flatten()) {
            None => break,
            Some(Err(error)) => _ = failed.get_or_insert(error),
            Some(Ok(Outcome { part, size, was_there })) => {
                progress.advance(size);
                sent.resumed += u32::from(was_there);
                if let Some(record) = record
                    && let Err(error) = record.add(&part).await
                {
                    failed.get_or_insert(error);
                }
                sent.parts.push(part);
            }
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    if let Some(file) = &source.file {
        file.check_unchanged().await?;
    }
    sent.parts.sort_unstable_by_key(|part| part.number);
    Ok(Sent { size: source.position(), ..sent })
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
