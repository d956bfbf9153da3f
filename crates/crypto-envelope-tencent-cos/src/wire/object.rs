//! Objects that are encrypted with given data keys.

use crypto_envelope::{Result, SecretBytes, provider::KeyProvider};

use crate::{
    CosEnvelope, CosFormat,
    format::body::{BodyKey, BodyRelease},
};

/// An object that is encrypted with a given data key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sealed {
    /// Names without the prefix `x-cos-meta-`, and values.
    pub metadata: Vec<(&'static str, String)>,
    key: BodyKey,
}

impl Sealed {
    /// With this data key and the IV behind it.
    ///
    /// # Errors
    ///
    /// If the provider does not wrap them in the way of the format.
    pub async fn new(
        format: CosFormat,
        provider: &dyn KeyProvider,
        secret: &SecretBytes,
    ) -> Result<Self> {
        let (envelope, key) = CosEnvelope::wrap(format, provider, secret, None).await?;
        Ok(Self { metadata: envelope.metadata()?, key })
    }

    /// A whole body.
    ///
    /// # Errors
    ///
    /// None that can be expected.
    pub fn body(&self, plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut body = plaintext.to_vec();
        let mut encryptor = self.key.encryptor()?;
        encryptor.push(&mut body)?;
        body.extend(encryptor.finish());
        Ok(body)
    }

    /// A part of a body that begins at this place. None if the format has no such parts.
    ///
    /// # Errors
    ///
    /// None that can be expected.
    pub fn part(&self, offset: u64, plaintext: &[u8]) -> Result<Option<Vec<u8>>> {
        apply(&self.key, offset, plaintext)
    }
}

/// An object whose keys were unwrapped.
#[derive(Debug)]
pub struct Opened(BodyKey);

impl Opened {
    /// By `provider`.
    ///
    /// # Errors
    ///
    /// If it cannot.
    pub async fn new(envelope: &CosEnvelope, provider: &dyn KeyProvider) -> Result<Self> {
        envelope.open(provider).await.map(Self)
    }

    /// Of a whole body, that is pushed in pieces of this length.
    ///
    /// # Errors
    ///
    /// If it is not genuine, or no whole one.
    pub fn body(&self, stored: &[u8], piece: usize) -> Result<Vec<u8>> {
        self.0.plaintext_length(stored.len() as u64)?;
        let mut decryptor = self.0.decryptor(BodyRelease::Verified { most: stored.len() })?;
        let mut plaintext = Vec::new();
        for piece in stored.chunks(piece.max(1)) {
            decryptor.push(piece, &mut plaintext)?;
        }
        decryptor.finish(&mut plaintext)?;
        Ok(plaintext)
    }

    /// Of a stretch of a body that begins at this place. None if the format has no such stretches.
    ///
    /// # Errors
    ///
    /// None that can be expected.
    pub fn range(&self, offset: u64, stored: &[u8]) -> Result<Option<Vec<u8>>> {
        apply(&self.0, offset, stored)
    }
}

fn apply(key: &BodyKey, offset: u64, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    let Some(stream) = key.key_stream()? else { return Ok(None) };
    let mut bytes = bytes.to_vec();
    stream.apply(offset, &mut bytes)?;
    Ok(Some(bytes))
}
