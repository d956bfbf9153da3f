//! Whether conditions of writes are honoured, also by several at the same time.

use aws_sdk_s3::primitives::ByteStream;
use crypto_envelope::{Result, service::ended};
use tokio::task::JoinSet;

use super::{SampleSize, objects::Sample};
use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind,
    s3::{
        calls::{put_object::content_md5, send},
        carried::Carried,
        copy::CopySource,
        etag::TagForm,
        existing::Existing,
        protection::Seal,
        upload::{OpenUpload, Sent},
    },
};

/// How an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WriteWay {
    Put,
    /// Where an upload in parts is completed.
    Complete,
    /// By the server, onto itself.
    Copy,
}

/// What is replaced, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Replacing {
    way: WriteWay,
    is_keyed: bool,
}

impl SseCClient {
    /// Whether the server makes an object only if there is none (`If-None-Match: *`), whoever else tries.
    pub(crate) async fn creates_once(&self, bucket: &str) -> Result<bool> {
        let probed = self.probed(bucket);
        let creates = probed.creates.get_or_try_init(|| async {
            let sample = Sample::new(self, bucket, SampleSize::Small)?;
            let outcome = self.try_creating(&sample).await;
            sample.remove().await;
            outcome
        });
        creates.await.copied()
    }

    /// How the entity tag of an object has to look that is to be replaced (`If-Match`). None if the server replaces
    /// whatever is there.
    pub(crate) async fn replacing(
        &self,
        bucket: &str,
        way: WriteWay,
        is_keyed: bool,
    ) -> Result<Option<TagForm>> {
        let (probed, kind) = (self.probed(bucket), Replacing { way, is_keyed });
        // Held meanwhile: one test is enough.
        let mut replaces = probed.replaces.lock().await;
        if let Some(known) = replaces.get(&kind) {
            return Ok(*known);
        }
        let sample = Sample::new(self, bucket, SampleSize::Small)?;
        let outcome = self.try_replacing(&sample, kind).await;
        sample.remove().await;
        let form = outcome?;
        replaces.insert(kind, form);
        Ok(form)
    }

    async fn try_creating(&self, sample: &Sample) -> Result<bool> {
        let (_, seal) = sample.put_any().await?;
        match self.put_if(&sample.place, sample.bytes.clone(), &seal, &Existing::Refuse).await {
            Err(error) if error.kind() == SseCErrorKind::Changed => {}
            Ok(()) => return Ok(false),
            Err(error) if error.is_inability() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        Ok(self.winners(sample, &sample.other, &seal, &Existing::Refuse).await? == 1)
    }

    /// The form in which the right entity tag is taken, if a wrong one is refused, and if only one of several wins.
    async fn try_replacing(&self, sample: &Sample, kind: Replacing) -> Result<Option<TagForm>> {
        let seal = if kind.is_keyed {
            Seal::CustomerKey(Sample::key()?)
        } else {
            sample.put_any().await?.1
        };
        sample.put(&seal).await?;
        for form in TagForm::ALL {
            let wrong = Existing::Only(form.of("00000000000000000000000000000000"));
            match self.write_if(sample, &seal, &wrong, kind.way).await {
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Ok(()) => return Ok(None),
                Err(error) if error.is_inability() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        for form in TagForm::ALL {
            let tag = sample.put(&seal).await?;
            match self.write_if(sample, &seal, &Existing::Only(form.of(&tag)), kind.way).await {
                Ok(()) if kind.way == WriteWay::Put => {
                    let only = Existing::Only(form.of(&sample.put(&seal).await?));
                    let winners = self.winners(sample, &sample.place, &seal, &only).await?;
                    return Ok((winners == 1).then_some(form));
                }
                Ok(()) => return Ok(Some(form)),
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Err(error) if error.is_inability() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// How many of several that write under one condition at the same time are told that they did.
    async fn winners(
        &self,
        sample: &Sample,
        place: &ObjectPlace,
        seal: &Seal,
        existing: &Existing,
    ) -> Result<usize> {
        let mut running = JoinSet::new();
        for number in 0..AT_ONCE {
            // Each has its own bytes: the same ones have the same entity tag.
            let bytes = [&sample.bytes[..], &[number]].concat();
            let (client, place, seal, existing) =
                (self.clone(), place.clone(), seal.clone(), existing.clone());
            running.spawn(async move { client.put_if(&place, bytes, &seal, &existing).await });
        }
        let mut winners = 0;
        while let Some(outcome) = running.join_next().await {
            match outcome.map_err(ended)? {
                Ok(()) => winners += 1,
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(winners)
    }

    async fn write_if(
        &self,
        sample: &Sample,
        seal: &Seal,
        existing: &Existing,
        way: WriteWay,
    ) -> Result<(), SseCError> {
        match way {
            WriteWay::Put => self.put_if(&sample.place, sample.bytes.clone(), seal, existing).await,
            WriteWay::Complete => self.complete_if(sample, seal, existing).await,
            WriteWay::Copy => self.copy_if(sample, seal, existing).await,
        }
    }

    async fn put_if(
        &self,
        place: &ObjectPlace,
        bytes: Vec<u8>,
        seal: &Seal,
        existing: &Existing,
    ) -> Result<(), SseCError> {
        let request = self
            .s3()
            .put_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_if_none_match(existing.if_none_match())
            .set_if_match(existing.if_match())
            .body(ByteStream::from(bytes));
        let request = seal.on(request);
        let about = place.about("PutObject");
        send!(self, &about, request).await.map(drop)
    }

    async fn complete_if(
        &self,
        sample: &Sample,
        seal: &Seal,
        existing: &Existing,
    ) -> Result<(), SseCError> {
        let place: &ObjectPlace = &sample.place;
        let request = self.s3().create_multipart_upload().bucket(place.bucket()).key(place.key());
        let outcome = async {
            let (seal, existing) = (seal.clone(), existing.clone());
            let open = OpenUpload::begin(self, request, place, seal, existing).await?;
            let digest = content_md5(&sample.bytes);
            let part = open.channel().send(1, sample.bytes.clone().into(), digest).await?;
            let sent = Sent::of(vec![part], sample.bytes.len() as u64);
            let outcome = open.complete(sent).await.map(drop);
            open.close().await;
            outcome
        };
        outcome.await.map_err(|error| {
            SseCError::find_in(&error).cloned().unwrap_or_else(|| {
                let about = place.about("CompleteMultipartUpload");
                SseCError::found(about, SseCErrorKind::Other, error.to_string())
            })
        })
    }

    async fn copy_if(
        &self,
        sample: &Sample,
        seal: &Seal,
        existing: &Existing,
    ) -> Result<(), SseCError> {
        let size = sample.bytes.len() as u64;
        let source = CopySource {
            place: sample.place.clone(),
            key: seal.customer_key().map(|key| key.key.clone()),
            if_match: None,
            size,
            part_size: size,
        };
        let request = self.copy_request(&source, &sample.place, seal);
        let request = Carried::default().on_copy(request).set_if_match(existing.if_match());
        let about = sample.place.about("CopyObject");
        send!(self, &about, request).await.map(drop)
    }
}

/// How many try at the same time.
const AT_ONCE: u8 = 8;
