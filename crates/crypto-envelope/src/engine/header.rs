//! Collecting a header, before anything is known to be true.

use super::{MessageVerifier, keys::MessageKeys};
use crate::{
    EncryptionContext, Error, Limits, MessagePart, Result,
    crypto::IV_LENGTH,
    materials::DecryptionMaterials,
    message::{Header, HeaderScan, Progress},
};

/// Takes the first bytes of a message, in pieces of any size, up to the end of its header.
///
/// ```
/// # use crypto_envelope::{blocking, Encryptor, EncryptionContext, SecretBytes, provider::RawAesProvider};
/// use crypto_envelope::{HeaderParser, Limits};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// # let provider = RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?;
/// # let encryptor = Encryptor::new(provider);
/// # let message = blocking::wait(encryptor.encrypt(b"plaintext", &EncryptionContext::new()))?;
/// let mut parser = HeaderParser::new(Limits::default());
/// let used = parser.push(&message)?;
/// let header = parser.finish()?;
/// assert_eq!(used, header.claims().length());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HeaderParser {
    limits: Limits,
    scan: HeaderScan,
    bytes: Vec<u8>,
    complete: bool,
}

impl HeaderParser {
    /// Starts with nothing. [`Limits::max_header`] and [`Limits::max_encrypted_data_keys`] apply.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, scan: HeaderScan::new(), bytes: Vec::new(), complete: false }
    }

    /// Takes what belongs to the header from the front of `message` and returns how many bytes
    /// that were; the rest is body. Once it takes less than it is given, the header
    /// [is complete](Self::is_complete).
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Unsupported`] or [`Error::Limit`] as soon as the bytes
    /// show it.
    pub fn push(&mut self, message: &[u8]) -> Result<usize> {
        let mut used = 0;
        while !self.complete {
            match self.scan.advance(&self.bytes, &self.limits)? {
                Progress::Complete(_) => self.complete = true,
                Progress::Needs(_) if used == message.len() => break,
                Progress::Needs(needed) => {
                    let more = (needed - self.bytes.len()).min(message.len() - used);
                    self.bytes.extend_from_slice(&message[used..used + more]);
                    used += more;
                }
            }
        }
        Ok(used)
    }

    /// Whether the whole header is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Parses the header.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if it is not complete, [`Error::Malformed`] if it is not well-formed.
    pub fn finish(self) -> Result<UnverifiedHeader> {
        if !self.complete {
            return Err(Error::Truncated { offset: self.bytes.len() as u64 });
        }
        Ok(UnverifiedHeader(Header::parse(&self.bytes)?))
    }
}

/// A well-formed header of which nothing is known to be true.
///
/// Give it to [`Decryptor::open`](crate::Decryptor::open), which verifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedHeader(Header);

impl UnverifiedHeader {
    /// Parses the header of a message that is in memory, and returns it with the body.
    ///
    /// # Errors
    ///
    /// As [`HeaderParser::push`] and [`HeaderParser::finish`].
    pub fn parse<'m>(message: &'m [u8], limits: &Limits) -> Result<(Self, &'m [u8])> {
        let mut parser = HeaderParser::new(limits.clone());
        let used = parser.push(message)?;
        Ok((parser.finish()?, &message[used..]))
    }

    /// What the header says. Anybody could have written it: show it, but decide nothing by it.
    #[must_use]
    pub fn claims(&self) -> &Header {
        &self.0
    }

    pub(super) fn of(header: Header) -> Self {
        Self(header)
    }

    /// Verifies commitment and tag. Only what comes out of here can open a body.
    pub(crate) fn verify(self, materials: DecryptionMaterials) -> Result<VerifiedHeader> {
        let DecryptionMaterials { mut keys, binding } = materials;
        if let Err(error) = check_header(&self.0, &keys, binding.unstored()) {
            keys.content = keys.of_net_4_0_0.take().ok_or(error)?;
            check_header_of_net_4_0_0(&self.0, &keys, binding.unstored())?;
        }
        let (context, verifier) = binding.into_parts();
        Ok(VerifiedHeader { header: self.0, context, keys, verifier })
    }
}

/// Verifies commitment and tag of a header.
pub(crate) fn check_header(
    header: &Header,
    keys: &MessageKeys,
    unstored: &EncryptionContext,
) -> Result<()> {
    check_tag(header, keys, &header_aad(header.body(), unstored)?)
}

/// The same as version 4.0.0 of the official SDK for .NET wrote it, which counted pairs that are not stored also where there
/// are none.
fn check_header_of_net_4_0_0(
    header: &Header,
    keys: &MessageKeys,
    unstored: &EncryptionContext,
) -> Result<()> {
    let mut aad = header_aad(header.body(), unstored)?;
    if unstored.is_empty() {
        aad.extend([0; 2]);
    }
    check_tag(header, keys, &aad)
}

fn check_tag(header: &Header, keys: &MessageKeys, aad: &[u8]) -> Result<()> {
    let not_genuine = || Error::Authentication { part: MessagePart::Header };
    if !keys.fit(header) {
        return Err(not_genuine());
    }
    let authentication = header.authentication();
    keys.content
        .open(&authentication.iv, aad, &[], &authentication.tag, &mut [])
        .map_err(|_| not_genuine())
}

/// A header whose commitment and tag were verified, with what opens the body.
pub(crate) struct VerifiedHeader {
    pub(super) header: Header,
    /// All pairs, stored or not.
    pub(super) context: EncryptionContext,
    pub(super) keys: MessageKeys,
    pub(super) verifier: Option<MessageVerifier>,
}

/// The header tag covers the header body and the pairs that are bound without being stored.
pub(super) fn header_aad(body: &[u8], unstored: &EncryptionContext) -> Result<Vec<u8>> {
    let mut aad = body.to_vec();
    aad.extend(unstored.serialize()?);
    Ok(aad)
}

/// What we write: the key is used for one header only, and no frame has the number zero.
pub(super) const HEADER_IV: [u8; IV_LENGTH] = [0; IV_LENGTH];
