//! Opening a message.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::{
    MessageVerifier,
    body_scan::{BodyScan, Unit},
    frames::FrameCipher,
    header::VerifiedHeader,
};
use crate::{
    EncryptionContext, Error, LimitKind, Limits, MessagePart, Result,
    message::{Header, body::NeedsBytes, footer},
    secret::reserve_wiped,
};

/// Turns the body of one message into plaintext, in pieces of any size.
///
/// Made by [`Decryptor::open`](crate::Decryptor::open) from a header that it verified.
///
/// # When plaintext comes out
///
/// - From an unsigned message: each frame once its tag was verified.
/// - From a signed one: nothing before the signature was verified. Until then the plaintext is
///   held, up to [`Limits::max_held_plaintext`]; [`finish`](Self::finish) hands it out. The
///   [`DecryptorBuilder`](crate::DecryptorBuilder) can change both.
///
/// Every byte that comes out is authentic, but only [`finish`](Self::finish) says that nothing is
/// missing.
pub struct Opener {
    /// What will be known at the end, as far as it is known.
    finished: Finished,
    cipher: FrameCipher,
    verifier: Option<MessageVerifier>,
    hold: Hold,
    scan: BodyScan,
    health: Health,
    /// The beginning of a part that is not complete.
    buffer: Vec<u8>,
}

/// When verified plaintext may leave the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Release {
    /// Of unsigned messages by the frame, of signed ones at the end.
    #[default]
    Verified,
    /// At the end, of all messages.
    AtEnd,
    /// By the frame, of all messages.
    BeforeSignature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Nothing,
    UntilEnd,
}

impl Opener {
    pub(crate) fn new(verified: VerifiedHeader, release: Release, limits: Limits) -> Self {
        let VerifiedHeader { header, context, keys, mut verifier } = verified;
        let hold = match (release, &verifier) {
            (Release::Verified, Some(_)) | (Release::AtEnd, _) => Hold::UntilEnd,
            (Release::Verified, None) | (Release::BeforeSignature, _) => Hold::Nothing,
        };
        if let Some(verifier) = &mut verifier {
            verifier.update(header.body());
            verifier.update(&header.stored_authentication());
        }
        Self {
            cipher: FrameCipher::new(keys.content, *header.message_id()),
            scan: BodyScan::new(&header, limits),
            finished: Finished { header, context, held: Zeroizing::default(), plaintext_length: 0 },
            verifier,
            hold,
            health: Health::Good,
            buffer: Vec::new(),
        }
    }

    /// The verified header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.finished.header
    }

    /// All pairs that the message is bound to: those of the header and those that the caller
    /// reproduced.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.finished.context
    }

    /// An upper bound of what [`push`](Self::push) writes for so many bytes of ciphertext.
    #[must_use]
    pub fn push_bound(&self, ciphertext: usize) -> usize {
        match self.hold {
            Hold::Nothing => self.buffer.len().saturating_add(ciphertext),
            Hold::UntilEnd => 0,
        }
    }

    /// Opens the next piece of the body into the front of `out`, which must have room for
    /// [`push_bound`](Self::push_bound) bytes, and returns how many it wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Authentication`], [`Error::Malformed`] or [`Error::Limit`] as soon as the bytes
    /// show it; [`Error::Misuse`] if `out` is too short. `out` is then wiped, so is what was
    /// held, and the opener is of no use.
    pub fn push(&mut self, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        if self.health == Health::Failed {
            return Err(FAILED_BEFORE);
        }
        let opened = self.open_units(ciphertext, out);
        if opened.is_err() {
            out.zeroize();
            self.finished.held.zeroize();
            self.health = Health::Failed;
        }
        opened
    }

    /// Confirms that the message ended where it should, and hands out what was held until then: all
    /// plaintext of a signed message comes out here.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if something is missing.
    pub fn finish(self) -> Result<Finished> {
        match self.health {
            Health::Failed => Err(FAILED_BEFORE),
            Health::Good if self.scan.is_at_end() => Ok(self.finished),
            Health::Good => {
                Err(Error::Truncated { offset: self.scan.position() + self.buffer.len() as u64 })
            }
        }
    }

    /// Opens a whole body at once, behind what `out` holds already. Nothing is buffered; if
    /// anything is wrong, what was appended to `out` is wiped and removed. `out` may grow, which moves what it
    /// holds: reserve as much as `body` is long beforehand where that matters.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push) and [`finish`](Self::finish); [`Error::Misuse`] if a piece of the
    /// body was pushed before.
    pub fn open_into(mut self, body: &[u8], out: &mut Vec<u8>) -> Result<Finished> {
        if self.scan.position() != self.header().length() as u64 || !self.buffer.is_empty() {
            return Err(Error::Misuse { what: "a piece of the body was pushed before" });
        }
        self.hold = Hold::Nothing;
        let start = out.len();
        out.resize(start + body.len(), 0);
        let opened = self.push(body, &mut out[start..]);
        match opened.and_then(|length| Ok((length, self.finish()?))) {
            Ok((length, finished)) => {
                out.truncate(start + length);
                Ok(finished)
            }
            Err(error) => {
                out[start..].zeroize();
                out.truncate(start);
                Err(error)
            }
        }
    }

    fn open_units(&mut self, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        if out.len() < self.push_bound(ciphertext.len()) {
            return Err(Error::Misuse { what: "the output slice is too short" });
        }
        let mut rest = ciphertext;
        let mut written = 0;
        while !rest.is_empty() {
            let out = &mut out[written..];
            written += if self.buffer.is_empty() {
                self.open_from(&mut rest, out)?
            } else {
                self.open_from_buffer(&mut rest, out)?
            };
        }
        Ok(written)
    }

    /// Opens the next part straight from `rest` if it is there as a whole, else keeps `rest`.
    fn open_from(&mut self, rest: &mut &[u8], out: &mut [u8]) -> Result<usize> {
        match self.scan.unit(rest)? {
            Ok(unit) => {
                let (bytes, tail) = rest.split_at(unit.total);
                *rest = tail;
                self.open_unit(&unit, bytes, out)
            }
            Err(needs) => {
                self.keep(std::mem::take(rest), needs)?;
                Ok(0)
            }
        }
    }

    /// Adds to the buffered part what it lacks, and opens it once it is complete.
    fn open_from_buffer(&mut self, rest: &mut &[u8], out: &mut [u8]) -> Result<usize> {
        loop {
            match self.scan.unit(&self.buffer)? {
                Ok(unit) => {
                    let mut buffer = std::mem::take(&mut self.buffer);
                    let written = self.open_unit(&unit, &buffer, out)?;
                    buffer.clear();
                    self.buffer = buffer;
                    return Ok(written);
                }
                Err(_) if rest.is_empty() => return Ok(0),
                Err(needs) => {
                    let missing = needs.total - self.buffer.len();
                    let (head, tail) = rest.split_at(rest.len().min(missing));
                    self.keep(head, needs)?;
                    *rest = tail;
                }
            }
        }
    }

    /// The limit counts plaintext, as it does when sealing.
    fn keep(&mut self, bytes: &[u8], needs: NeedsBytes) -> Result<()> {
        let limit = self.scan.limits().max_buffered();
        let most = limit.saturating_add(needs.overhead);
        if bytes.len() > most.saturating_sub(self.buffer.len()) {
            return Err(Error::Limit { kind: LimitKind::Buffered, limit: limit as u64 });
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Opens a part, verifies the signature if it is the last, and moves on.
    fn open_unit(&mut self, unit: &Unit, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        let (part, footer) = bytes.split_at(unit.length);
        if let Some(verifier) = &mut self.verifier {
            verifier.update(part);
        }
        let (out, written) = match self.hold {
            Hold::Nothing => (&mut out[..unit.plaintext], unit.plaintext),
            Hold::UntilEnd => (self.finished.hold_more(unit.plaintext, self.scan.limits())?, 0),
        };
        self.cipher.open(&unit.prefix, part, out)?;
        self.finished.plaintext_length += unit.plaintext as u64;
        self.scan.advance(unit);
        if self.scan.is_at_end() {
            self.verify_signature(footer)?;
        }
        Ok(written)
    }

    fn verify_signature(&mut self, footer: &[u8]) -> Result<()> {
        let Some(verifier) = self.verifier.take() else { return Ok(()) };
        verifier
            .verify(&footer[footer::LENGTH_FIELD..])
            .map_err(|_| Error::Authentication { part: MessagePart::Signature })
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("finished", &self.finished)
            .field("scan", &self.scan)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

/// What is known at the end of a message, all of it verified.
pub struct Finished {
    header: Header,
    context: EncryptionContext,
    held: Zeroizing<Vec<u8>>,
    plaintext_length: u64,
}

impl Finished {
    /// Length of the whole plaintext in bytes, proved by the end of the message.
    #[must_use]
    pub fn plaintext_length(&self) -> u64 {
        self.plaintext_length
    }

    /// The plaintext that was held until the end; it follows what came out before. Wiped on drop.
    #[must_use]
    pub fn held_plaintext(&self) -> &[u8] {
        &self.held
    }

    /// The header of the message.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All pairs that the message is bound to: those of the header and those that the caller
    /// reproduced. Signing suites add one of their own.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Takes the held plaintext out, for an adapter that gives it to its caller piece by piece.
    pub(crate) fn take_held_plaintext(&mut self) -> Zeroizing<Vec<u8>> {
        std::mem::take(&mut self.held)
    }

    /// Room for so much more held plaintext.
    fn hold_more(&mut self, length: usize, limits: &Limits) -> Result<&mut [u8]> {
        let start = self.held.len();
        if length > limits.max_held_plaintext().saturating_sub(start) {
            let limit = limits.max_held_plaintext() as u64;
            return Err(Error::Limit { kind: LimitKind::HeldPlaintext, limit });
        }
        reserve_wiped(&mut self.held, length, limits.max_held_plaintext());
        self.held.resize(start + length, 0);
        Ok(&mut self.held[start..])
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("header", &self.header)
            .field("plaintext_length", &self.plaintext_length)
            .field("held", &format_args!("{} bytes", self.held.len()))
            .finish_non_exhaustive()
    }
}

const FAILED_BEFORE: Error = Error::Misuse { what: "this opener has failed before" };

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{
        AlgorithmSuite, SecretBytes,
        engine::keys::MessageKeys,
        message::{
            BodyFormat, HeaderAuthentication, HeaderFields, MessageId,
            body::{LONGEST_BLOCK, Part},
        },
    };

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    fn message_id() -> MessageId {
        MessageId::from_slice(&[2; 32])
    }

    const FRAME_LENGTH: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");

    fn keys() -> Result<MessageKeys> {
        MessageKeys::derive(SUITE, &SecretBytes::from(vec![1; 32]), message_id().as_ref())
    }

    fn opener(body_format: BodyFormat, release: Release) -> Result<Opener> {
        let fields = HeaderFields {
            suite: SUITE,
            message_id: message_id(),
            context: EncryptionContext::new(),
            encrypted_data_keys: Vec::new(),
            body_format,
            commitment: None,
        };
        let authentication = HeaderAuthentication { iv: [0; 12], tag: [0; 16] };
        let header = Header::assemble(fields, Vec::new(), authentication);
        let context = EncryptionContext::new();
        let verified = VerifiedHeader { header, context, keys: keys()?, verifier: None };
        Ok(Opener::new(verified, release, Limits::default()))
    }

    /// A genuine frame of `A5` bytes.
    fn first_frame() -> Result<Vec<u8>> {
        let mut frame = vec![0; 100 + Part::RegularFrame.overhead()];
        let cipher = FrameCipher::new(keys()?.content, message_id());
        cipher.seal(Part::RegularFrame, 1, &[0xA5; 100], &mut frame)?;
        Ok(frame)
    }

    #[test]
    fn a_block_is_not_longer_than_the_cipher_allows() -> Result<()> {
        for (length, fits) in [(LONGEST_BLOCK, true), (LONGEST_BLOCK + 1, false), (u64::MAX, false)]
        {
            let mut opener = opener(BodyFormat::NonFramed, Release::AtEnd)?;
            let prefix = [&[0; 12][..], &length.to_be_bytes()].concat();
            let answer = opener.push(&prefix, &mut []);
            let malformed = matches!(answer, Err(Error::Malformed { .. }));
            assert!(if fits { matches!(answer, Ok(0)) } else { malformed }, "{length}: {answer:?}");
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn shows_plaintext(address: usize) -> Result<bool> {
        let memory = crate::test_memory::read(address, 100)?;
        Ok(memory.windows(4).any(|window| window == [0xA5; 4]))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn held_plaintext_is_wiped_on_error() -> Result<()> {
        let framed = BodyFormat::Framed { frame_length: FRAME_LENGTH };
        let mut opener = opener(framed, Release::AtEnd)?;
        opener.push(&first_frame()?, &mut [])?;
        let held = opener.finished.held.as_ptr().addr();
        assert!(shows_plaintext(held)?);
        assert!(opener.push(&[0; 200], &mut []).is_err());
        assert!(!shows_plaintext(held)?);
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_shot_wipes_the_callers_buffer_on_error() -> Result<()> {
        let framed = BodyFormat::Framed { frame_length: FRAME_LENGTH };
        let mut out: Vec<u8> = Vec::with_capacity(1000);
        let buffer = out.as_ptr().addr();
        let truncated = opener(framed, Release::Verified)?.open_into(&first_frame()?, &mut out);
        assert!(matches!(truncated, Err(Error::Truncated { .. })));
        assert_eq!((out.len(), out.as_ptr().addr()), (0, buffer));
        assert!(!shows_plaintext(buffer)?);
        Ok(())
    }

    #[test]
    fn one_shot_is_for_a_whole_body() -> Result<()> {
        let framed = BodyFormat::Framed { frame_length: FRAME_LENGTH };
        for pushed in [1, 132] {
            let mut opener = opener(framed, Release::AtEnd)?;
            opener.push(&first_frame()?[..pushed], &mut [])?;
            let rest = opener.open_into(&[], &mut Vec::new());
            assert!(matches!(rest, Err(Error::Misuse { .. })));
        }
        Ok(())
    }
}
