//! Opening a message.

use std::{fmt, sync::Arc};

use zeroize::{Zeroize, Zeroizing};

use super::{
    MessageVerifier, Outliner, UnverifiedHeader,
    frames::FrameCipher,
    header::VerifiedHeader,
    parts::Parts,
    runs::{FrameOpener, Run},
    signature::verify_part,
};
use crate::{
    EncryptionContext, Error, LimitKind, Limits, Result,
    message::Header,
    secret::{extend_zeroed, reserve_wiped},
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
    cipher: Arc<FrameCipher>,
    verifier: Option<MessageVerifier>,
    release: Release,
    hold: Hold,
    parts: Parts,
    health: Health,
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
        let VerifiedHeader { header, context, keys, verifier } = verified;
        let hold = match (release, &verifier) {
            (Release::Verified, Some(_)) | (Release::AtEnd, _) => Hold::UntilEnd,
            (Release::Verified, None) | (Release::BeforeSignature, _) => Hold::Nothing,
        };
        Self {
            cipher: Arc::new(FrameCipher::new(keys.content, *header.message_id())),
            parts: Parts::new(&header, limits),
            finished: Finished { header, context, held: Zeroizing::default(), plaintext_length: 0 },
            verifier,
            release,
            hold,
            health: Health::Good,
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
            Hold::Nothing if self.parts.completed_by(ciphertext).is_some() => {
                self.parts.waiting().saturating_add(ciphertext)
            }
            Hold::Nothing | Hold::UntilEnd => 0,
        }
    }

    /// About how many bytes [`push`](Self::push) has to work through for so many bytes of
    /// ciphertext: a small piece that completes a long frame is much work. Whoever must not block
    /// a thread for long decides by this where to call it.
    #[must_use]
    pub fn push_work(&self, ciphertext: usize) -> usize {
        let Some(completed) = self.parts.completed_by(ciphertext) else { return ciphertext };
        let opened = completed.max(ciphertext);
        match self.hold {
            Hold::Nothing => opened,
            Hold::UntilEnd => opened.saturating_add(self.finished.moved_by(opened)),
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
        let opened = self.guarded(|opener| opener.open_parts(ciphertext, out));
        if opened.is_err() {
            out.zeroize();
        }
        opened
    }

    /// Runs a step; after one that failed there is no other, and nothing is held.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.health == Health::Failed {
            return Err(FAILED_BEFORE);
        }
        let result = step(self);
        if result.is_err() {
            self.finished.held.zeroize();
            self.health = Health::Failed;
        }
        result
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
            Health::Good if self.parts.is_at_end() && self.verifier.is_none() => Ok(self.finished),
            Health::Good => Err(Error::Truncated { offset: self.parts.position() }),
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
    pub fn open_into(self, body: &[u8], out: &mut Vec<u8>) -> Result<Finished> {
        self.append_to(body, out, |opener, out| opener.push(body, out))
    }

    /// Lets `open` have room for the plaintext behind what `out` holds, and wipes it and takes it
    /// back if anything is wrong with the message.
    pub(crate) fn append_to(
        mut self,
        body: &[u8],
        out: &mut Vec<u8>,
        open: impl FnOnce(&mut Self, &mut [u8]) -> Result<usize>,
    ) -> Result<Finished> {
        self.check_untouched()?;
        self.hold = Hold::Nothing;
        let start = out.len();
        extend_zeroed(out, start + body.len());
        let opened = open(&mut self, &mut out[start..]);
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

    fn open_parts(&mut self, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        if out.len() < self.push_bound(ciphertext.len()) {
            return Err(Error::Misuse { what: "the output slice is too short" });
        }
        let Self { parts, cipher, verifier, finished, hold, .. } = self;
        let mut rest = ciphertext;
        let mut written = 0;
        let most_held = parts.limits().max_held_plaintext();
        while let Some((unit, bytes)) = parts.next(&mut rest)? {
            let plaintext = match hold {
                Hold::UntilEnd => finished.hold_more(unit.plaintext, most_held)?,
                Hold::Nothing => {
                    let start = written;
                    written += unit.plaintext;
                    &mut out[start..written]
                }
            };
            cipher.open(&unit.prefix, &bytes[..unit.length], plaintext)?;
            finished.plaintext_length += unit.plaintext as u64;
            verify_part(verifier, &unit, bytes)?;
        }
        Ok(written)
    }

    /// Opens frames elsewhere, for an opener that gets all of the body from now on in whole runs.
    /// There are no runs in a body that is not framed, nor where a piece of a frame is waiting.
    pub(crate) fn frame_opener(&self) -> Option<(u32, FrameOpener)> {
        let (first, frame_length) = self.parts.next_frame()?;
        Some((first, FrameOpener { cipher: self.cipher.clone(), frame_length }))
    }

    /// Makes a run part of what was verified. `stored` is what it was opened from, `plaintext` what
    /// came out of that. Returns how much of `plaintext` may get out: nothing while it is held.
    pub(crate) fn accept(&mut self, run: &Run, stored: &[u8], plaintext: &[u8]) -> Result<usize> {
        self.guarded(|opener| opener.accept_run(run, stored, plaintext))
    }

    fn accept_run(&mut self, run: &Run, stored: &[u8], plaintext: &[u8]) -> Result<usize> {
        const NOT_NEXT: Error = Error::Internal { what: "a run of frames is not the next one" };
        if run.is_empty() {
            return Ok(0);
        }
        let stored = stored.get(..run.stored_length()).ok_or(NOT_NEXT)?;
        let plaintext = plaintext.get(..run.plaintext_length()).ok_or(NOT_NEXT)?;
        self.parts.next_frame().filter(|(next, _)| *next == run.first).ok_or(NOT_NEXT)?;
        self.parts.skip(run);
        self.finished.plaintext_length += plaintext.len() as u64;
        if let Some(verifier) = &mut self.verifier {
            verifier.update(stored);
        }
        match self.hold {
            Hold::Nothing => Ok(plaintext.len()),
            Hold::UntilEnd => {
                let most_held = self.parts.limits().max_held_plaintext();
                self.finished.hold_more(plaintext.len(), most_held)?.copy_from_slice(plaintext);
                Ok(0)
            }
        }
    }

    /// For two passes over a signed message: the outliner verifies the signature in the first one,
    /// without any plaintext, so that the opener need not hold any in the second one, unless it was
    /// told to. An unsigned message needs one pass.
    pub(crate) fn into_two_passes(mut self) -> Result<(Option<Outliner>, Self)> {
        self.check_untouched()?;
        if self.verifier.is_none() || self.release == Release::AtEnd {
            return Ok((None, self));
        }
        let header = UnverifiedHeader::of(self.finished.header.clone());
        let outliner = Outliner::new(header, self.parts.limits())?;
        self.hold = Hold::Nothing;
        Ok((Some(outliner), self))
    }

    /// That nothing was pushed yet.
    pub(crate) fn check_untouched(&self) -> Result<()> {
        let untouched = self.parts.position() == self.header().length() as u64;
        untouched.then_some(()).ok_or(PUSHED_BEFORE)
    }

    /// How many bytes are needed to go on with a part of which a piece is waiting.
    pub(crate) fn missing(&self) -> Option<usize> {
        self.parts.missing()
    }

    /// Whether so much plaintext may be in a buffer.
    pub(crate) fn may_buffer(&self, plaintext: usize) -> bool {
        plaintext <= self.parts.limits().max_buffered()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("finished", &self.finished)
            .field("parts", &self.parts)
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

    /// How many bytes move to make room for so much more held plaintext.
    fn moved_by(&self, length: usize) -> usize {
        let fits = length <= self.held.capacity() - self.held.len();
        if fits { 0 } else { self.held.len() }
    }

    /// Room for so much more held plaintext.
    fn hold_more(&mut self, length: usize, limit: usize) -> Result<&mut [u8]> {
        let start = self.held.len();
        if length > limit.saturating_sub(start) {
            return Err(Error::Limit { kind: LimitKind::HeldPlaintext, limit: limit as u64 });
        }
        reserve_wiped(&mut self.held, length, limit);
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

const PUSHED_BEFORE: Error = Error::Misuse { what: "a piece of the body was pushed before" };
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
    fn the_work_is_counted_when_a_frame_is_complete() -> Result<()> {
        let framed = BodyFormat::Framed { frame_length: FRAME_LENGTH };
        let frame = first_frame()?;
        for (release, bound) in [(Release::Verified, frame.len()), (Release::AtEnd, 0)] {
            let mut opener = opener(framed, release)?;
            assert_eq!(opener.push_work(60), 60);
            let (most, last) = frame.split_at(frame.len() - 1);
            opener.push(most, &mut vec![0; opener.push_bound(most.len())])?;
            assert_eq!((opener.push_work(0), opener.push_bound(0)), (0, 0));
            assert_eq!((opener.push_work(1), opener.push_bound(1)), (frame.len(), bound));
            opener.push(last, &mut vec![0; bound])?;
            // What is held moves when there is more of it.
            let moved = opener.finished.held.len();
            assert_eq!(moved == 0, release == Release::Verified);
            assert_eq!(opener.push_work(60), 60 + moved);
        }
        Ok(())
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
    fn a_run_is_accepted_once() -> Result<()> {
        let framed = BodyFormat::Framed { frame_length: FRAME_LENGTH };
        let mut opener = opener(framed, Release::Verified)?;
        let (first, frames) = opener.frame_opener().expect("there are frames");
        let (stored, mut plaintext) = (first_frame()?, [0; 100]);
        let run = frames.open(first, &stored, &mut plaintext);
        assert_eq!(opener.accept(&run, &stored, &plaintext)?, 100);
        let again = opener.accept(&run, &stored, &plaintext);
        assert!(matches!(again, Err(Error::Internal { .. })));
        assert!(matches!(opener.push(&[], &mut []), Err(Error::Misuse { .. })));
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
