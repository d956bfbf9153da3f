//! The message header, both versions.

use std::{fmt, num::NonZeroU32, str::FromStr};

use super::{
    body::{LONGEST_BLOCK, Part},
    codec::{Reader, put_prefixed},
    footer, geometry,
};
use crate::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, Result,
    crypto::{self, IV_LENGTH, TAG_LENGTH},
    suite::Version,
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
    authentication: HeaderAuthentication,
}

/// What stands behind the header body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeaderAuthentication {
    /// Stored in version 1 only; in version 2 it is zero.
    pub(crate) iv: [u8; IV_LENGTH],
    pub(crate) tag: [u8; TAG_LENGTH],
}

/// The fields of the header body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderFields {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) message_id: MessageId,
    pub(crate) context: EncryptionContext,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) body_format: BodyFormat,
    /// Of committing suites.
    pub(crate) commitment: Option<[u8; COMMITMENT_LENGTH]>,
}

impl Header {
    /// Format version, the first byte of the message.
    #[must_use]
    pub fn version(&self) -> u8 {
        version_byte(self.suite().version())
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
        self.body.len() + self.stored_authentication().len()
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
        footer::written_length(self.suite())
    }

    pub(crate) fn commitment(&self) -> Option<&[u8; COMMITMENT_LENGTH]> {
        self.fields.commitment.as_ref()
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn authentication(&self) -> &HeaderAuthentication {
        &self.authentication
    }

    /// What stands behind the header body, as it is stored.
    pub(crate) fn stored_authentication(&self) -> Vec<u8> {
        let HeaderAuthentication { iv, tag } = &self.authentication;
        match self.suite().version() {
            Version::V1 => [&iv[..], tag].concat(),
            Version::V2 => tag.to_vec(),
        }
    }

    /// Puts a header together; `authentication` is of `body`, which is `fields` as serialised.
    pub(crate) fn assemble(
        fields: HeaderFields,
        body: Vec<u8>,
        authentication: HeaderAuthentication,
    ) -> Self {
        Self { fields, body, authentication }
    }

    /// Parses `bytes`, which are the whole header and nothing else.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 0);
        let fields = HeaderFields::parse(&mut reader)?;
        let body = bytes[..reader.consumed(bytes.len())].to_vec();
        let iv = match fields.suite.version() {
            Version::V1 => reader.array("header IV")?,
            Version::V2 => [0; IV_LENGTH],
        };
        let tag = reader.array("header tag")?;
        reader.all("bytes after the header")?;
        Ok(Self { fields, body, authentication: HeaderAuthentication { iv, tag } })
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
        let version = self.suite.version();
        let mut out = vec![version_byte(version)];
        if version == Version::V1 {
            out.push(TYPE_1);
        }
        out.extend(self.suite.id().to_be_bytes());
        out.extend_from_slice(self.message_id.as_ref());
        put_prefixed(&mut out, self.context.serialize()?)
            .ok_or(Error::Internal { what: "the serialised context is too long" })?;
        put_encrypted_data_keys(&mut out, &self.encrypted_data_keys)?;
        let (content_type, frame_length) = match self.body_format {
            BodyFormat::Framed { frame_length } => (FRAMED, frame_length.get()),
            BodyFormat::NonFramed => (NON_FRAMED, 0),
        };
        out.push(content_type);
        if version == Version::V1 {
            out.extend(RESERVED_1);
            out.push(IV_LENGTH_1);
        }
        out.extend(frame_length.to_be_bytes());
        out.extend(self.commitment.into_iter().flatten());
        Ok(out)
    }

    fn parse(reader: &mut Reader<'_>) -> Result<Self> {
        let version = parse_version(reader.u8("version")?)?;
        if version == Version::V1 {
            check_type(reader.u8("message type")?)?;
        }
        let suite = suite_from_id(reader.u16("algorithm suite id")?, version)?;
        let message_id =
            MessageId::from_slice(reader.take(message_id_length(version), "message id")?);
        let context = parse_context(reader)?;
        let encrypted_data_keys = parse_encrypted_data_keys(reader)?;
        let body_format = parse_body_format(reader, version)?;
        let commitment = match version {
            Version::V1 => None,
            Version::V2 => Some(reader.array("key commitment")?),
        };
        Ok(Self { suite, message_id, context, encrypted_data_keys, body_format, commitment })
    }
}

/// The random id of a message: 32 bytes, or 16 in format version 1.
///
/// Two messages never share it, so it can be kept elsewhere to notice that a message was replaced
/// by another genuine one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    bytes: [u8; LONGEST_MESSAGE_ID],
    length: usize,
}

impl MessageId {
    /// Draws an id for a message of `suite`.
    pub(crate) fn random(suite: AlgorithmSuite) -> Result<Self> {
        let length = message_id_length(suite.version());
        let mut bytes = [0; LONGEST_MESSAGE_ID];
        crypto::random(&mut bytes[..length]).map_err(|_| Error::no_randomness())?;
        Ok(Self { bytes, length })
    }

    /// `id` is no longer than the longest.
    pub(crate) fn from_slice(id: &[u8]) -> Self {
        let mut bytes = [0; LONGEST_MESSAGE_ID];
        bytes[..id.len()].copy_from_slice(id);
        Self { bytes, length: id.len() }
    }
}

impl AsRef<[u8]> for MessageId {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// From how it is displayed, for who kept it as text.
impl FromStr for MessageId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid_input("a message id has 32 or 64 hexadecimal digits");
        let lengths = [Version::V1, Version::V2].map(message_id_length);
        let length = lengths.into_iter().find(|length| 2 * length == text.len());
        let length = length.ok_or_else(wrong)?;
        let mut bytes = [0; LONGEST_MESSAGE_ID];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |at: usize| char::from(digits[at]).to_digit(16).ok_or_else(wrong);
            *byte = u8::try_from(digit(0)? << 4 | digit(1)?).map_err(|_| wrong())?;
        }
        Ok(Self { bytes, length })
    }
}

/// In hexadecimal.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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

/// Refuses what is not a message.
pub(super) fn parse_version(byte: u8) -> Result<Version> {
    match byte {
        VERSION_1 => Ok(Version::V1),
        VERSION_2 => Ok(Version::V2),
        BASE64_FIRST_BYTE => Err(Error::InBase64),
        _ => Err(Error::Malformed { what: "this is not an encrypted message", offset: 0 }),
    }
}

/// The second byte of version 1.
pub(super) fn check_type(byte: u8) -> Result<()> {
    match byte {
        TYPE_1 => Ok(()),
        _ => Err(Error::Malformed { what: "unknown message type", offset: 1 }),
    }
}

pub(super) fn suite_from_id(id: u16, version: Version) -> Result<AlgorithmSuite> {
    let suite = AlgorithmSuite::from_id(id)
        .ok_or_else(|| Error::Unsupported { what: format!("algorithm suite {id:04X}") })?;
    if suite.version() == version {
        return Ok(suite);
    }
    let offset = if version == Version::V1 { 2 } else { 1 };
    Err(Error::Malformed { what: "the algorithm suite belongs to another format version", offset })
}

pub(super) fn message_id_length(version: Version) -> usize {
    match version {
        Version::V1 => 16,
        Version::V2 => LONGEST_MESSAGE_ID,
    }
}

fn version_byte(version: Version) -> u8 {
    match version {
        Version::V1 => VERSION_1,
        Version::V2 => VERSION_2,
    }
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

fn parse_body_format(reader: &mut Reader<'_>, version: Version) -> Result<BodyFormat> {
    let content_type = reader.u8("content type")?;
    if version == Version::V1 {
        if reader.array("reserved bytes")? != RESERVED_1 {
            return Err(reader.malformed("the reserved bytes are not zero"));
        }
        if reader.u8("IV length")? != IV_LENGTH_1 {
            return Err(reader.malformed("unknown IV length"));
        }
    }
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
pub(crate) const LONGEST_MESSAGE_ID: usize = 32;
const VERSION_1: u8 = 1;
const VERSION_2: u8 = 2;
/// "Customer authenticated encrypted data", the only type of version 1.
const TYPE_1: u8 = 0x80;
const RESERVED_1: [u8; 4] = [0; 4];
const IV_LENGTH_1: u8 = 12;
const NON_FRAMED: u8 = 1;
const FRAMED: u8 = 2;
/// The base64 form of every message begins with `A`.
const BASE64_FIRST_BYTE: u8 = b'A';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_read_as_it_is_written() -> Result<()> {
        for length in [16, 32] {
            let id = MessageId::from_slice(&(200..=255).take(length).collect::<Vec<u8>>());
            assert_eq!(id.to_string().parse::<MessageId>()?, id);
        }
        let wrong = ["", "00", &"0".repeat(63), &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)];
        for text in wrong {
            assert!(matches!(text.parse::<MessageId>(), Err(Error::InvalidInput { .. })), "{text}");
        }
        Ok(())
    }
}
