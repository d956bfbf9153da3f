//! The message header, version 2.

use std::{fmt, num::NonZeroU32};

use super::{
    body::{LONGEST_BLOCK, Part},
    codec::{Reader, put_prefixed},
    footer, geometry,
};
use crate::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, Result, crypto::TAG_LENGTH,
};

/// What a message says about itself.
///
/// Where you got it from decides what it is worth: that of an [`Opener`](crate::Opener) or of an
/// opened message is authenticated; that of an [`UnverifiedHeader`](crate::UnverifiedHeader) is a
/// claim that anybody could have written.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    fields: HeaderFields,
    /// The serialised fields, exactly as stored: what the header tag authenticates.
    body: Vec<u8>,
    tag: [u8; TAG_LENGTH],
}

/// The fields of the header body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderFields {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) message_id: MessageId,
    pub(crate) context: EncryptionContext,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) body_format: BodyFormat,
    pub(crate) commitment: [u8; COMMITMENT_LENGTH],
}

impl Header {
    /// Format version, the first byte of the message.
    #[must_use]
    pub fn version(&self) -> u8 {
        VERSION_2
    }

    /// The algorithm suite.
    #[must_use]
    pub fn suite(&self) -> AlgorithmSuite {
        self.fields.suite
    }

    /// The random id of this message.
    #[must_use]
    pub fn message_id(&self) -> &MessageId {
        &self.fields.message_id
    }

    /// The encryption context as far as the message holds it: without pairs that are bound but not
    /// stored. Signing suites add the pair
    /// with the key `aws-crypto-public-key`.
    #[must_use]
    pub fn stored_context(&self) -> &EncryptionContext {
        &self.fields.context
    }

    /// The data key of the message, once for each wrapping key.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.fields.encrypted_data_keys
    }

    /// How the body is divided.
    #[must_use]
    pub fn body_format(&self) -> BodyFormat {
        self.fields.body_format
    }

    /// Length of the whole header in bytes, its tag included.
    #[must_use]
    pub fn length(&self) -> usize {
        self.body.len() + TAG_LENGTH
    }

    /// The length of the plaintext in bytes, estimated from that of the whole message: exact for
    /// messages as most writers make them, and anything for those made up to deceive. Only the
    /// end of the message proves it. `None` if no message of this kind has that length.
    #[must_use]
    pub fn estimate_plaintext_length(&self, message: u64) -> Option<u64> {
        let body = message.checked_sub((self.length() + self.footer_length()) as u64)?;
        match self.body_format() {
            BodyFormat::NonFramed => body
                .checked_sub(Part::Block.overhead() as u64)
                .filter(|length| *length <= LONGEST_BLOCK),
            BodyFormat::Framed { frame_length } => {
                geometry::framed_plaintext_length(body, frame_length)
            }
        }
    }

    /// Length of the footer as we write it, and as nearly all writers do.
    pub(crate) fn footer_length(&self) -> usize {
        self.suite().signature_length().map_or(0, |signature| footer::LENGTH_FIELD + signature)
    }

    pub(crate) fn commitment(&self) -> &[u8; COMMITMENT_LENGTH] {
        &self.fields.commitment
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn tag(&self) -> &[u8; TAG_LENGTH] {
        &self.tag
    }

    /// Puts a header together; `tag` authenticates `body`, which is `fields` as serialised.
    pub(crate) fn assemble(fields: HeaderFields, body: Vec<u8>, tag: [u8; TAG_LENGTH]) -> Self {
        Self { fields, body, tag }
    }

    /// Parses `bytes`, which are the whole header and nothing else.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 0);
        let fields = HeaderFields::parse(&mut reader)?;
        let tag = reader.array("header tag")?;
        reader.all("bytes after the header")?;
        let body = bytes[..bytes.len() - TAG_LENGTH].to_vec();
        Ok(Self { fields, body, tag })
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("suite", &self.fields.suite)
            .field("message_id", &self.fields.message_id)
            .field("stored_context", &self.fields.context)
            .field("encrypted_data_keys", &self.fields.encrypted_data_keys)
            .field("body_format", &self.fields.body_format)
            .finish_non_exhaustive()
    }
}

impl HeaderFields {
    /// The header body as it is stored.
    pub(crate) fn serialize(&self) -> Result<Vec<u8>> {
        let mut out = vec![VERSION_2];
        out.extend(self.suite.id().to_be_bytes());
        out.extend(self.message_id.0);
        put_prefixed(&mut out, self.context.serialize()?)
            .ok_or(Error::Internal { what: "the serialised context is too long" })?;
        put_encrypted_data_keys(&mut out, &self.encrypted_data_keys)?;
        let (content_type, frame_length) = match self.body_format {
            BodyFormat::Framed { frame_length } => (FRAMED, frame_length.get()),
            BodyFormat::NonFramed => (NON_FRAMED, 0),
        };
        out.push(content_type);
        out.extend(frame_length.to_be_bytes());
        out.extend(self.commitment);
        Ok(out)
    }

    fn parse(reader: &mut Reader<'_>) -> Result<Self> {
        check_version(reader.u8("version")?)?;
        let suite = suite_from_id(reader.u16("algorithm suite id")?)?;
        let message_id = MessageId(reader.array("message id")?);
        let context = parse_context(reader)?;
        let encrypted_data_keys = parse_encrypted_data_keys(reader)?;
        let body_format = parse_body_format(reader)?;
        let commitment = reader.array("key commitment")?;
        Ok(Self { suite, message_id, context, encrypted_data_keys, body_format, commitment })
    }
}

/// The random id of a message, 32 bytes.
///
/// Two messages never share it, so it can be kept elsewhere to notice that a message was replaced
/// by another genuine one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId(pub(crate) [u8; MESSAGE_ID_LENGTH]);

impl AsRef<[u8]> for MessageId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// In hexadecimal.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

/// How the body of a message is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyFormat {
    /// Frames of this many plaintext bytes, the last one possibly shorter.
    Framed {
        /// Plaintext bytes of a full frame.
        frame_length: NonZeroU32,
    },
    /// One block (older messages; never written).
    NonFramed,
}

/// Refuses what is not a message that this version can read.
pub(super) fn check_version(version: u8) -> Result<()> {
    match version {
        VERSION_2 => Ok(()),
        VERSION_1 => Err(Error::Unsupported { what: "message format version 1".into() }),
        BASE64_FIRST_BYTE => Err(Error::Malformed {
            what: "this is not a message; if it is one in base64, decode it first",
            offset: 0,
        }),
        _ => Err(Error::Malformed { what: "this is not an encrypted message", offset: 0 }),
    }
}

pub(super) fn suite_from_id(id: u16) -> Result<AlgorithmSuite> {
    AlgorithmSuite::from_id(id)
        .ok_or_else(|| Error::Unsupported { what: format!("algorithm suite {id:04X}") })
}

fn parse_context(reader: &mut Reader<'_>) -> Result<EncryptionContext> {
    let mut section = reader.sub("encryption context")?;
    let mut context = EncryptionContext::new();
    if section.is_at_end() {
        return Ok(context);
    }
    // Pairs are not always sorted, and an empty context is sometimes written as a count of zero.
    for _ in 0..section.u16("encryption context count")? {
        let key = section.text("encryption context key")?;
        let value = section.text("encryption context value")?;
        if context.insert(key, value).is_some() {
            return Err(section.malformed("duplicate encryption context key"));
        }
    }
    section.all("bytes after the encryption context")?;
    Ok(context)
}

fn parse_encrypted_data_keys(reader: &mut Reader<'_>) -> Result<Vec<EncryptedDataKey>> {
    let count = reader.u16("encrypted data key count")?;
    if count == 0 {
        return Err(reader.malformed("no encrypted data keys"));
    }
    let mut keys = Vec::new();
    for _ in 0..count {
        let provider_id = reader.text("key provider id")?;
        let provider_info = reader.prefixed("key provider info")?;
        let ciphertext = reader.prefixed("encrypted data key")?;
        keys.push(EncryptedDataKey::new(provider_id, provider_info, ciphertext)?);
    }
    Ok(keys)
}

fn parse_body_format(reader: &mut Reader<'_>) -> Result<BodyFormat> {
    let content_type = reader.u8("content type")?;
    let at_length = reader.malformed("the frame length contradicts the content type");
    let frame_length = NonZeroU32::new(reader.u32("frame length")?);
    match (content_type, frame_length) {
        (FRAMED, Some(frame_length)) => Ok(BodyFormat::Framed { frame_length }),
        (NON_FRAMED, None) => Ok(BodyFormat::NonFramed),
        (FRAMED | NON_FRAMED, _) => Err(at_length),
        _ => Err(reader.malformed("unknown content type")),
    }
}

fn put_encrypted_data_keys(out: &mut Vec<u8>, keys: &[EncryptedDataKey]) -> Result<()> {
    let too_many = || Error::invalid_input("a message holds at most 65535 encrypted data keys");
    out.extend(u16::try_from(keys.len()).map_err(|_| too_many())?.to_be_bytes());
    for key in keys {
        for part in [key.provider_id().as_bytes(), key.provider_info(), key.ciphertext()] {
            put_prefixed(out, part)
                .ok_or(Error::Internal { what: "a part of an encrypted data key is too long" })?;
        }
    }
    Ok(())
}

pub(crate) const COMMITMENT_LENGTH: usize = 32;
pub(crate) const MESSAGE_ID_LENGTH: usize = 32;
const VERSION_1: u8 = 1;
const VERSION_2: u8 = 2;
const NON_FRAMED: u8 = 1;
const FRAMED: u8 = 2;
/// The base64 form of every message begins with `A`.
const BASE64_FIRST_BYTE: u8 = b'A';
