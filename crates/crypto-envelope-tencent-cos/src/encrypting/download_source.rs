//! What gives any part of an object that is downloaded.

use crypto_envelope::{EncryptionContext, Error, Header, Result, aio::RangeReader, hazmat::AesCtr};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    downloaded::ReadObject,
    message_source::{MessageSource, is_changed},
};
use crate::{ByteRange, CosClient, CosFormat, Crc64, ETag, GetObject};

/// An object that gives any part of its plaintext.
pub(super) struct Source {
    pub(super) kind: Kind,
    /// None if it is read as it is stored.
    pub(super) format: Option<CosFormat>,
    pub(super) etag: ETag,
    /// Of the plaintext.
    pub(super) length: u64,
}

pub(super) enum Kind {
    Message(RangeReader<MessageSource>),
    Stored(Box<Stored>),
}

/// Bytes that are where those of the plaintext are.
pub(super) struct Stored {
    pub(super) client: CosClient,
    /// Of this object, and no other.
    pub(super) call: GetObject,
    /// None if they are the plaintext.
    pub(super) stream: Option<AesCtr>,
    /// Of all of them.
    pub(super) crc64: Option<u64>,
}

impl Stored {
    async fn fetch(&self, source: &Source, offset: u64, length: u64) -> Result<Part> {
        let call = self.call.clone().range(ByteRange::of(offset..offset + length)?);
        let opened = self.client.open(call).await;
        let opened = opened
            .map_err(|error| if is_changed(&error) { Error::SourceChanged } else { error })?;
        let found = opened.properties();
        if !found.etag.matches(&source.etag) || found.length != source.length {
            return Err(Error::SourceChanged);
        }
        let mut bytes = Zeroizing::new(opened.whole(length).await?);
        let crc64 = Some(Crc64::of(&bytes).value());
        self.apply(offset, &mut bytes)?;
        Ok(Part { plaintext: bytes, crc64 })
    }

    /// Stored bytes become plaintext by it, and the other way around.
    fn apply(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.stream.as_ref().map_or(Ok(()), |stream| stream.apply(offset, bytes))
    }

    /// Whether plaintext is what this key makes of what was stored, by its checksum: an earlier run may have
    /// had another one.
    pub(super) fn is_of_this_key(
        &self,
        offset: u64,
        mut plaintext: Zeroizing<Vec<u8>>,
        crc64: u64,
    ) -> bool {
        self.apply(offset, &mut plaintext).is_ok() && Crc64::of(&plaintext).value() == crc64
    }
}

/// A part, decrypted.
pub(super) struct Part {
    pub(super) plaintext: Zeroizing<Vec<u8>>,
    /// Of what was stored, where that says something of the object.
    pub(super) crc64: Option<u64>,
}

impl Source {
    /// That all of it was read.
    pub(super) fn read(&self) -> ReadObject {
        let (context, message_id) = match &self.kind {
            Kind::Message(reader) => {
                (reader.context().clone(), Some(*reader.header().message_id()))
            }
            Kind::Stored(_) => (EncryptionContext::new(), None),
        };
        let (etag, format) = (self.etag.clone(), self.format);
        ReadObject { etag, format, context, message_id, plaintext_length: self.length }
    }

    /// Which message it is, and of which keys, as a digest. None if it is none.
    pub(super) fn message(&self) -> Option<String> {
        match &self.kind {
            Kind::Message(reader) => Some(digest_of(reader.header())),
            Kind::Stored(_) => None,
        }
    }

    pub(super) async fn part(&self, offset: u64, length: u64) -> Result<Part> {
        let end = offset + length;
        let part = match &self.kind {
            Kind::Message(reader) => {
                let plaintext = Zeroizing::new(reader.read_range(offset..end).await?);
                Part { plaintext, crc64: None }
            }
            Kind::Stored(stored) => stored.fetch(self, offset, length).await?,
        };
        if part.plaintext.len() as u64 == length { Ok(part) } else { Err(Error::SourceChanged) }
    }
}

/// Whoever may wrap keys can give a message the id of another one.
fn digest_of(header: &Header) -> String {
    let mut hash = Sha256::new();
    hash.update(header.message_id().to_string());
    for key in header.encrypted_data_keys() {
        for part in [key.provider_id().as_bytes(), key.provider_info(), key.ciphertext()] {
            // With its length, so that no other parts give the same.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
