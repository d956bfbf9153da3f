//! Messages in parts, for what is uploaded in parts.

use std::fmt;

use crate::{
    BodyFormat, Error, Header, Opener, Result, Sealer,
    engine::{FrameSealer, TOO_MANY_FRAMES, stored_length},
    message::{body, geometry::framed_length},
};

/// Seals one message in parts of whole frames, in any order and on any thread, and the same part again
/// if need be. The message must not be signed.
///
/// A frame number may meet one plaintext only: two of them under one key and IV give the key of the
/// authentication away. A [`Sealer`] cannot be made to do that, and this can. Whoever seals a part for the
/// second time must compare it with what was sealed first, such as by its hash, **before** any of it
/// leaves, and if it differs, start over with a new message.
pub struct PartSealer {
    header: Header,
    frames: FrameSealer,
    frame_length: u64,
    plaintext_length: u64,
    message_length: u64,
}

/// A stretch of the plaintext of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Where it begins: a multiple of the frame length.
    pub offset: u64,
    /// Its length in bytes: a multiple of the frame length, unless it ends with the plaintext.
    pub length: usize,
}

impl Part {
    /// So many bytes from there on.
    #[must_use]
    pub fn new(offset: u64, length: usize) -> Self {
        Self { offset, length }
    }
}

impl PartSealer {
    /// Makes parts of the message that `sealer` is for, of a plaintext of exactly that length.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the message is signed or something was pushed already;
    /// [`Error::Limit`] if it had too many frames.
    pub fn new(sealer: &Sealer, plaintext_length: u64) -> Result<Self> {
        if !sealer.is_untouched() {
            return Err(Error::Misuse { what: "parts of a message that was begun otherwise" });
        }
        Self::of(sealer.header(), sealer.frame_sealer(), plaintext_length)
    }

    /// Makes parts of a message again, whose header was opened with its keys. `plaintext_length` is the same
    /// as before.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`Error::Misuse`] if the message is not framed.
    pub fn again(opener: &Opener, plaintext_length: u64) -> Result<Self> {
        let (_, frames) = opener.frame_opener().ok_or(NOT_IN_PARTS)?;
        Self::of(opener.header(), frames.sealer(), plaintext_length)
    }

    fn of(header: &Header, frames: FrameSealer, plaintext_length: u64) -> Result<Self> {
        let BodyFormat::Framed { frame_length } = header.body_format() else {
            return Err(NOT_IN_PARTS);
        };
        if header.suite().is_signing() {
            return Err(NOT_IN_PARTS);
        }
        let message_length = framed_length(plaintext_length, frame_length)
            .and_then(|length| length.checked_add(header.length() as u64))
            .ok_or(TOO_MANY_FRAMES)?;
        let frame_length = u64::from(frame_length.get());
        Ok(Self { header: header.clone(), frames, frame_length, plaintext_length, message_length })
    }

    /// The header, which stands at the front of the first part.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header as it is stored, from which the keys of the message can be had again.
    #[must_use]
    pub fn header_bytes(&self) -> Vec<u8> {
        let authentication = self.header.stored_authentication();
        [self.header.body(), authentication.as_ref()].concat()
    }

    /// How many bytes of plaintext a frame has: parts begin and end with whole ones.
    #[must_use]
    pub fn frame_length(&self) -> u64 {
        self.frame_length
    }

    /// Length in bytes of all parts together.
    #[must_use]
    pub fn message_length(&self) -> u64 {
        self.message_length
    }

    /// Length in bytes of a part of the plaintext, once it is sealed.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if it does not begin and end with frames, or goes beyond the end.
    pub fn sealed_length(&self, part: Part) -> Result<usize> {
        let layout = self.layout(part)?;
        let end = if layout.is_last { layout.rest + FINAL_OVERHEAD } else { 0 };
        Ok(layout.header + layout.frames + end)
    }

    /// Seals a part into `out`, which has exactly its [sealed length](Self::sealed_length).
    ///
    /// # Errors
    ///
    /// As [`sealed_length`](Self::sealed_length), and if `out` or `plaintext` has another length.
    pub fn seal(&self, offset: u64, plaintext: &[u8], out: &mut [u8]) -> Result<()> {
        let part = Part::new(offset, plaintext.len());
        let layout = self.layout(part)?;
        if out.len() != self.sealed_length(part)? {
            return Err(Sealer::OUT_TOO_SHORT);
        }
        let (header, out) = out.split_at_mut(layout.header);
        if !header.is_empty() {
            let (body, authentication) = header.split_at_mut(self.header.body().len());
            body.copy_from_slice(self.header.body());
            authentication.copy_from_slice(&self.header.stored_authentication());
        }
        let (frames, last) = out.split_at_mut(layout.frames);
        let (regular, rest) = plaintext.split_at(plaintext.len() - layout.rest);
        let run = self.frames.seal(layout.first, regular, frames)?;
        if layout.is_last {
            let number = run.next().ok_or(TOO_MANY_FRAMES)?;
            self.frames.seal_final(number, rest, last)?;
        }
        Ok(())
    }

    fn layout(&self, part: Part) -> Result<Layout> {
        let frame_length = self.frames.frame_length();
        let end = part.offset.checked_add(part.length as u64).ok_or(NOT_WHOLE)?;
        let (is_last, rest) = (end == self.plaintext_length, part.length % frame_length);
        let begins_with_frame = part.offset.is_multiple_of(self.frame_length);
        if end > self.plaintext_length || !begins_with_frame || rest != 0 && !is_last {
            return Err(NOT_WHOLE);
        }
        let first = u32::try_from(part.offset / self.frame_length).ok();
        let first = first.and_then(|number| number.checked_add(1)).ok_or(TOO_MANY_FRAMES)?;
        let frames = (part.length / frame_length).saturating_mul(stored_length(frame_length));
        let header = if part.offset == 0 { self.header.length() } else { 0 };
        Ok(Layout { header, first, frames, rest, is_last })
    }
}

impl fmt::Debug for PartSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartSealer")
            .field("header", &self.header)
            .field("plaintext_length", &self.plaintext_length)
            .finish_non_exhaustive()
    }
}

/// How a part lies.
struct Layout {
    /// Bytes of the header.
    header: usize,
    /// Number of the first frame.
    first: u32,
    /// Bytes of the regular frames, sealed.
    frames: usize,
    /// Plaintext behind them, for the final frame.
    rest: usize,
    is_last: bool,
}

const NOT_IN_PARTS: Error =
    Error::Misuse { what: "parts of a message that is signed, or not in frames" };
const NOT_WHOLE: Error = Error::Misuse { what: "a part that does not begin and end with a frame" };
const FINAL_OVERHEAD: usize = body::Part::FinalFrame.overhead();

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, SecretBytes, UnverifiedHeader,
        blocking, provider::RawAesProvider,
    };

    struct World {
        encryptor: Encryptor,
        decryptor: Decryptor,
        context: EncryptionContext,
    }

    impl World {
        fn new(suite: AlgorithmSuite) -> Result<Self> {
            let provider =
                Arc::new(RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?);
            let encryptor =
                Encryptor::builder(Arc::clone(&provider)).suite(suite).frame_length(16).build()?;
            let context = EncryptionContext::from([("tenant", "blue")]);
            Ok(Self { encryptor, decryptor: Decryptor::new(provider), context })
        }

        fn sealer(&self) -> Result<Sealer> {
            blocking::wait(self.encryptor.prepare(&self.context))
        }

        fn again(&self, message: &[u8], length: u64) -> Result<PartSealer> {
            let (header, _) = UnverifiedHeader::parse(message, &crate::Limits::default())?;
            PartSealer::again(&blocking::wait(self.decryptor.open(header, &self.context))?, length)
        }
    }

    fn sealed(parts: &PartSealer, plaintext: &[u8], length: usize) -> Result<Vec<Vec<u8>>> {
        let count = plaintext.len().div_ceil(length).max(1);
        (0..count)
            .rev()
            .map(|number| {
                let start = number * length;
                let part = &plaintext[start..plaintext.len().min(start + length)];
                let mut out = vec![0; parts.sealed_length(Part::new(start as u64, part.len()))?];
                parts.seal(start as u64, part, &mut out)?;
                Ok(out)
            })
            .collect()
    }

    #[test]
    fn parts_in_any_order_are_the_message() -> Result<()> {
        let world = World::new(UNSIGNED)?;
        for length in [0, 1, 15, 16, 17, 32, 95, 96, 97] {
            let plaintext = vec![7; length];
            for part in [16, 32, 48, 96, 112] {
                let sealer = world.sealer()?;
                let parts = PartSealer::new(&sealer, length as u64)?;
                let mut message = sealed(&parts, &plaintext, part)?;
                message.reverse();
                let message = message.concat();
                assert_eq!(message.len() as u64, parts.message_length());
                assert!(sealer.seal(&plaintext)? == message, "{length} in {part}");
                let again = world.again(&message, length as u64)?;
                let mut repeated = sealed(&again, &plaintext, part)?;
                repeated.reverse();
                assert!(repeated.concat() == message);
                let opened = blocking::wait(world.decryptor.decrypt(&message, &world.context))?;
                assert_eq!(opened.plaintext(), plaintext);
            }
        }
        Ok(())
    }

    #[test]
    fn parts_are_whole_frames_within_the_plaintext() -> Result<()> {
        let world = World::new(UNSIGNED)?;
        let parts = PartSealer::new(&world.sealer()?, 40)?;
        for (offset, length) in [(8, 32), (0, 15), (0, 24), (32, 9), (48, 0), (u64::MAX, 1)] {
            let part = Part::new(offset, length);
            assert!(matches!(parts.sealed_length(part), Err(Error::Misuse { .. })), "{part:?}");
            assert!(parts.seal(offset, &vec![0; length], &mut [0; 1000]).is_err());
        }
        assert!(matches!(parts.seal(0, &[0; 16], &mut [0; 3]), Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn signed_and_begun_messages_have_no_parts() -> Result<()> {
        let signed = World::new(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384)?;
        assert!(matches!(PartSealer::new(&signed.sealer()?, 1), Err(Error::Misuse { .. })));
        let message = signed.sealer()?.seal(b"x")?;
        assert!(matches!(signed.again(&message, 1), Err(Error::Misuse { .. })));
        let mut begun = World::new(UNSIGNED)?.sealer()?;
        let mut out = vec![0; begun.push_length(1)];
        begun.push(b"x", &mut out)?;
        assert!(matches!(PartSealer::new(&begun, 1), Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn too_many_frames_are_refused_before_the_first() -> Result<()> {
        let sealer = World::new(UNSIGNED)?.sealer()?;
        assert!(matches!(PartSealer::new(&sealer, u64::MAX), Err(Error::Limit { .. })));
        assert!(matches!(PartSealer::new(&sealer, 16 << 32), Err(Error::Limit { .. })));
        Ok(())
    }

    const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
}
