//! An object that was begun: with its data key if it is encrypted, and nothing of it is yet.

use crypto_envelope::{
    BodyFormat, EncryptionContext, Error, MessageId, Result, Sealer, hazmat::PartSealer,
};

use super::{
    cipher::{PartCipher, SerialCipher},
    client::Inner,
};
use crate::{
    CosEnvelope, CosFormat, ObjectMetadata,
    format::{body::BodyKey, envelope::Shape, names},
};

/// An object that was begun, for one plaintext.
pub(super) enum Begun {
    Message(Box<Sealer>),
    Envelope {
        envelope: Box<CosEnvelope>,
        key: BodyKey,
    },
    /// There is none: it is stored as it is.
    AsItIs,
}

impl Begun {
    /// With a new data key. `length` is that of the plaintext, as far as it is known.
    pub(super) async fn new(
        client: &Inner,
        metadata: &ObjectMetadata,
        context: &EncryptionContext,
        length: Option<u64>,
    ) -> Result<Self> {
        check_metadata(metadata)?;
        if client.format == CosFormat::Message {
            let encryptor = &client.encryptor;
            let sealer = match length {
                Some(length) => encryptor.prepare_at_most(context, length).await?,
                None => encryptor.prepare(context).await?,
            };
            return Ok(Self::Message(Box::new(sealer)));
        }
        if !context.is_empty() {
            return Err(Error::invalid_input(format!(
                "an encryption context for an object in the format {}, which binds none",
                client.format
            )));
        }
        let description = client.description.as_deref();
        let (envelope, key) =
            CosEnvelope::generate(client.format, &*client.provider, description).await?;
        Ok(Self::Envelope { envelope: Box::new(envelope), key })
    }

    /// What is stored beside the bytes: that of the caller, and what the format says of the encryption.
    pub(super) fn metadata(
        &self,
        of_caller: &ObjectMetadata,
        shape: Shape,
    ) -> Result<ObjectMetadata> {
        let mut metadata = of_caller.clone();
        if let Self::Envelope { envelope, .. } = self {
            for (name, value) in envelope.metadata_of(shape)? {
                metadata = metadata.with_user(name, value);
            }
        }
        Ok(metadata)
    }

    /// Which message it is. None if it is none.
    pub(super) fn message_id(&self) -> Option<MessageId> {
        match self {
            Self::Message(sealer) => Some(*sealer.header().message_id()),
            Self::Envelope { .. } | Self::AsItIs => None,
        }
    }

    /// Whether its parts can be encrypted by themselves.
    pub(super) fn has_parts(&self) -> bool {
        match self {
            Self::Message(sealer) => !sealer.header().suite().is_signing(),
            Self::Envelope { key, .. } => matches!(key, BodyKey::Ctr { .. }),
            Self::AsItIs => true,
        }
    }

    /// Parts begin at multiples of this.
    pub(super) fn unit(&self) -> u64 {
        match self {
            Self::Message(sealer) => match sealer.header().body_format() {
                BodyFormat::Framed { frame_length } => frame_length.get().into(),
                _ => 1,
            },
            // A block, so that other SDKs can go on at the end of a part.
            Self::Envelope { .. } => 16,
            Self::AsItIs => 1,
        }
    }

    /// What the format says of the data key. Nothing if it is a message, which says it itself.
    pub(super) fn envelope_metadata(&self) -> Result<Vec<(String, String)>> {
        let Self::Envelope { envelope, .. } = self else { return Ok(Vec::new()) };
        let pairs = envelope.metadata()?.into_iter();
        Ok(pairs.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// For a plaintext of this length. None if the parts depend on each other.
    pub(super) fn into_parts(self, length: u64) -> Result<Option<PartCipher>> {
        if !self.has_parts() {
            return Ok(None);
        }
        match self {
            Self::Message(sealer) => {
                Ok(Some(PartCipher::Message(Box::new(PartSealer::new(&sealer, length)?))))
            }
            Self::Envelope { key, .. } => {
                Ok(key.key_stream()?.map(|stream| PartCipher::Stream { stream, length }))
            }
            Self::AsItIs => Ok(Some(PartCipher::AsItIs { length })),
        }
    }

    /// From the front to the end.
    pub(super) fn into_serial(self) -> Result<SerialCipher> {
        match self {
            Self::Message(sealer) => Ok(SerialCipher::Message(sealer)),
            Self::Envelope { key, .. } => Ok(SerialCipher::Body(key.encryptor()?)),
            Self::AsItIs => Ok(SerialCipher::AsItIs),
        }
    }
}

/// The names that say how an object is encrypted are not the caller's.
fn check_metadata(metadata: &ObjectMetadata) -> Result<()> {
    match metadata.user.keys().find(|name| names::is_ours(name)) {
        Some(name) => Err(Error::invalid_input(format!(
            "the metadata {name:?} says how an object is encrypted: leave it out"
        ))),
        None => Ok(()),
    }
}
