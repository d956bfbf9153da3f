//! A copy by the server in parts.

use crypto_envelope::Result;
use tokio::task::JoinSet;

use super::{Copied, CopiedWay, CopySource, Found, ObjectCopy};
use crate::{
    SseCClient,
    s3::{
        probe::WriteWay,
        protection::Seal,
        tasks::ended,
        upload::{OpenUpload, Sent, part_size_for},
    },
};

impl SseCClient {
    pub(super) async fn copy_in_parts(
        &self,
        copy: &ObjectCopy,
        found: Found,
        mut source: CopySource,
        seal: Seal,
    ) -> Result<Copied> {
        let existing = self.condition(copy, &found, WriteWay::Complete).await?;
        source.part_size = part_size_for(found.size)?.max(PART_SIZE);
        let samples = self.samples(&source, found.key.as_ref()).await?;
        let sealed = seal.clone();
        let request =
            self.s3().create_multipart_upload().bucket(copy.target.bucket()).key(copy.target.key());
        let request = found.carried.on_upload(request);
        let mut open = OpenUpload::begin(self, request, &copy.target, seal).await?;
        open.existing = existing;
        let outcome = match copy_all(&open, source, copy).await {
            Ok(sent) => open.complete(sent).await,
            Err(error) => Err(error),
        };
        let uploaded = match outcome {
            Ok(uploaded) => uploaded,
            Err(error) => {
                open.close().await;
                return Err(error);
            }
        };
        self.compare_samples(&uploaded.place, &sealed, &samples).await?;
        Ok(Copied {
            place: uploaded.place,
            etag: uploaded.etag,
            size: uploaded.size,
            way: CopiedWay::OnServerInParts,
            source_version: found.version,
        })
    }
}

async fn copy_all(open: &OpenUpload, source: CopySource, copy: &ObjectCopy) -> Result<Sent> {
    let source = std::sync::Arc::new(source);
    let mut running = JoinSet::new();
    let mut numbers = 1..=i32::try_from(source.parts()).unwrap_or(i32::MAX);
    let mut parts = Vec::new();
    loop {
        while running.len() < copy.parallel.get() {
            let Some(number) = numbers.next() else { break };
            let (channel, source) = (open.channel(), source.clone());
            running.spawn(async move { (number, channel.copy(number, &source).await) });
        }
        match running.join_next().await {
            None => break,
            Some(Ok((number, part))) => {
                parts.push(part?);
                copy.progress.advance(source.length(number));
            }
            Some(Err(error)) => return Err(ended(error)),
        }
    }
    parts.sort_unstable_by_key(|part| part.number);
    Ok(Sent { parts, size: source.size, resumed: 0 })
}

/// In bytes, at least: the server moves them, and nothing is in memory.
const PART_SIZE: u64 = 256 << 20;
