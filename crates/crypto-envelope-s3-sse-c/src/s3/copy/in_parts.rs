//! A copy by the server in parts.

use std::sync::Arc;

use crypto_envelope::{Result, service::all_of};

use super::{Copied, CopiedWay, CopySource, Found, ObjectCopy};
use crate::{
    SseCClient,
    s3::{
        probe::WriteWay,
        protection::Seal,
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
        let open = OpenUpload::begin(self, request, &copy.target, seal, existing).await?;
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
        let compared = self.compare_samples(&uploaded.place, &sealed, &samples).await;
        compared.map_err(|error| uploaded.not_to_be_relied_on(&error))?;
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
    let source = Arc::new(source);
    let numbers = 1..=i32::try_from(source.parts()).unwrap_or(i32::MAX);
    let parts = numbers.map(|number| {
        let (channel, source, progress) = (open.channel(), source.clone(), copy.progress.clone());
        async move {
            let part = channel.copy(number, &source).await?;
            progress.advance(source.length(number));
            Ok(part)
        }
    });
    Ok(Sent::of(all_of(parts, copy.parallel.get()).await?, source.size))
}

/// In bytes, at least: the server moves them, and nothing is in memory.
const PART_SIZE: u64 = 256 << 20;
