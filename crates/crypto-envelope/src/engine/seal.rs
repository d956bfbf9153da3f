//! Sealing a message.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{
    MessageSigner, Sealed,
    bound::PlaintextBound,
    frames::FrameCipher,
    header::{HEADER_IV, header_aad},
    keys::MessageKeys,
    reserved::ReservedFrames,
    runs::{FrameSealer, Run, stored_length},
};
use crate::{
    EncryptionContext, Error, LimitKind, Limits, Result,
    crypto::TAG_LENGTH,
    materials::EncryptionMaterials,
    message::{
        BodyFormat, Header, HeaderAuthentication, HeaderFields, MessageId,
        body::Part,
        codec::put_prefixed,
        geometry::{MOST_FRAMES, framed_length},
    },
    secret::{extend_zeroed, reserve_wiped},
};

/// Turns plaintext into one message, in pieces of any size.
///
/// Made by [`Encryptor::prepare`](crate::Encryptor::prepare), or with a bound on the plaintext by
/// [`Encryptor::prepare_at_most`](crate::Encryptor::prepare_at_most). Each frame number, and so each
/// IV, is used for one plaintext only: a sealer cannot be cloned or rewound, and once something went
/// wrong it refuses to go on.
///
/// ```
/// # use crypto_envelope::{blocking, Encryptor, EncryptionContext, SecretBytes, provider::RawAesProvider};
/// # fn main() -> crypto_envelope::Result<()> {
/// # let provider = RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?;
/// # let encryptor = Encryptor::new(provider);
/// let mut sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
/// let mut message = Vec::new();
/// for piece in ["some ", "plaintext"] {
///     let mut out = vec![0; sealer.push_length(piece.len())];
///     let length = sealer.push(piece.as_bytes(), &mut out)?;
///     message.extend_from_slice(&out[..length]);
/// }
/// let mut out = vec![0; sealer.finish_length(0)];
/// let sealed = sealer.finish(&[], &mut out)?;
/// message.extend_from_slice(&out);
/// assert_eq!(sealed.message_length(), message.len() as u64);
/// # Ok(())
/// # }
/// ```
pub struct Sealer {
    header: Header,
    context: EncryptionContext,
    cipher: Arc<FrameCipher>,
    signer: Option<MessageSigner>,
    frame_length: usize,
    max_buffered: usize,
    bound: PlaintextBound,
    /// Number of the next frame.
    next: u32,
    /// Plaintext of a frame that is not full.
    pending: Zeroizing<Vec<u8>>,
    /// All that was taken, and all that was written.
    plaintext_length: u64,
    message_length: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    HeaderDue,
    Body,
    Failed,
}

impl Sealer {
    pub(crate) const OUT_TOO_SHORT: Error = Error::Misuse { what: "the output slice is too short" };

    pub(crate) fn new(
        materials: EncryptionMaterials,
        body_format: BodyFormat,
        limits: &Limits,
    ) -> Result<Self> {
        let message_id = MessageId::random(materials.suite)?;
        Self::with_message_id(materials, body_format, limits, message_id)
    }

    /// Deterministic but for the signature: for the vectors only. A message id is used once.
    fn with_message_id(
        materials: EncryptionMaterials,
        body_format: BodyFormat,
        limits: &Limits,
        message_id: MessageId,
    ) -> Result<Self> {
        let BodyFormat::Framed { frame_length } = body_format else {
            return Err(Error::Internal { what: "non-framed messages are never written" });
        };
        let keys = MessageKeys::derive(materials.suite, &materials.data_key, message_id.as_ref())?;
        let fields = HeaderFields {
            suite: materials.suite,
            message_id,
            context: materials.stored_context,
            encrypted_data_keys: materials.encrypted_data_keys,
            body_format,
            commitment: keys.commitment,
        };
        let header = seal_header(fields, &keys, &materials.unstored_context)?;
        if header.length() > limits.max_header() {
            let limit = limits.max_header() as u64;
            return Err(Error::Limit { kind: LimitKind::Header, limit });
        }
        Ok(Self {
            context: header.stored_context().merged(&materials.unstored_context),
            header,
            cipher: Arc::new(FrameCipher::new(keys.content, message_id)),
            signer: materials.signer,
            frame_length: usize::try_from(frame_length.get())
                .map_err(|_| Error::invalid_input("the frame length exceeds the address space"))?,
            max_buffered: limits.max_buffered(),
            bound: PlaintextBound::NONE,
            next: 1,
            pending: Zeroizing::default(),
            plaintext_length: 0,
            message_length: 0,
            state: State::HeaderDue,
        })
    }

    /// Refuses more plaintext than this.
    pub(crate) fn at_most(mut self, bytes: u64) -> Self {
        self.bound = PlaintextBound::new(bytes);
        self
    }

    /// The header of the message. It is part of what [`push`](Self::push) writes.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All pairs that the message is bound to, also those that its header does not hold.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The exact length in bytes of the message of a plaintext of this length, or `None` if it
    /// needs more frames than a message can have.
    #[must_use]
    pub fn message_length(&self, plaintext: u64) -> Option<u64> {
        let BodyFormat::Framed { frame_length } = self.header.body_format() else { return None };
        let around = self.header.length() + self.header.footer_length();
        framed_length(plaintext, frame_length)?.checked_add(around as u64)
    }

    /// How many bytes [`push`](Self::push) writes for so much plaintext.
    #[must_use]
    pub fn push_length(&self, plaintext: usize) -> usize {
        let frames = self.pending.len().saturating_add(plaintext) / self.frame_length;
        let frame = self.frame_length.saturating_add(Part::RegularFrame.overhead());
        frames.saturating_mul(frame).saturating_add(self.due_header_length())
    }

    /// About how many bytes [`push`](Self::push) has to work through for so much plaintext: a small
    /// piece that completes a long frame is much work. Whoever must not block a thread for long
    /// decides by this where to call it; [`finish`](Self::finish) works through its
    /// [`finish_length`](Self::finish_length).
    #[must_use]
    pub fn push_work(&self, plaintext: usize) -> usize {
        let pending = self.pending.len();
        let kept = pending.saturating_add(plaintext).min(self.frame_length);
        let moved = if kept > self.pending.capacity() { pending } else { 0 };
        self.push_length(plaintext).max(plaintext).saturating_add(moved)
    }

    /// Seals the next piece of plaintext into the front of `out` and returns how many bytes it
    /// wrote there: [`push_length`](Self::push_length) bytes, for which `out` must have room.
    /// Plaintext that does not fill a frame is kept.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if a frame is longer than [`Limits::max_buffered`], if the message has
    /// more than 2^32 - 1 frames, or more plaintext than was
    /// [said before](crate::Encryptor::prepare_at_most), which is noticed before the frame is
    /// sealed; [`Error::Misuse`] if `out` is too short. After an error the sealer is of no use.
    pub fn push(&mut self, plaintext: &[u8], out: &mut [u8]) -> Result<usize> {
        self.guarded(|sealer| {
            sealer.check_bound(plaintext.len())?;
            let room = sealer.push_length(plaintext.len());
            let out = out.get_mut(..room).ok_or(Self::OUT_TOO_SHORT)?;
            let rest = sealer.absorb(plaintext, out)?;
            sealer.keep(rest)?;
            sealer.count(plaintext.len(), room);
            Ok(room)
        })
    }

    /// How many bytes [`finish`](Self::finish) writes with so much more plaintext.
    #[must_use]
    pub fn finish_length(&self, plaintext: usize) -> usize {
        let regular = self.push_length(plaintext);
        let total = self.pending.len().saturating_add(plaintext);
        let last = total % self.frame_length;
        let around = Part::FinalFrame.overhead() + self.header.footer_length();
        regular.saturating_add(last).saturating_add(around)
    }

    /// Seals the last piece of plaintext, which may be empty, into the front of `out`, which takes
    /// [`finish_length`](Self::finish_length) bytes, and ends the message.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn finish(mut self, plaintext: &[u8], out: &mut [u8]) -> Result<Sealed> {
        self.guarded(|sealer| {
            sealer.check_bound(plaintext.len())?;
            let room = sealer.finish_length(plaintext.len());
            let out = out.get_mut(..room).ok_or(Self::OUT_TOO_SHORT)?;
            let (regular, end) = out.split_at_mut(sealer.push_length(plaintext.len()));
            let rest = sealer.absorb(plaintext, regular)?;
            let (last, signature) = end.split_at_mut(end.len() - sealer.header.footer_length());
            let pending = std::mem::take(&mut sealer.pending);
            let rest = if pending.is_empty() { rest } else { &pending };
            sealer.cipher.seal(Part::FinalFrame, sealer.next, rest, last)?;
            sealer.sign(last, signature)?;
            sealer.count(plaintext.len(), room);
            Ok(())
        })?;
        let Self { header, context, plaintext_length, message_length, .. } = self;
        Ok(Sealed { header, context, plaintext_length, message_length })
    }

    /// Seals all of a plaintext at once.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn seal(self, plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut message = Vec::new();
        self.seal_into(plaintext, &mut message)?;
        Ok(message)
    }

    /// Seals all of a plaintext at once, behind what `out` holds already. A vector that is used
    /// again and again saves the system the time to hand out fresh memory.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); `out` is then as it was.
    pub fn seal_into(self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.append_to(plaintext, out, |sealer, out| sealer.finish(plaintext, out))
    }

    /// Makes room for a message behind what `out` holds, and takes it back if `finish` fails.
    pub(crate) fn append_to(
        self,
        plaintext: &[u8],
        out: &mut Vec<u8>,
        finish: impl FnOnce(Self, &mut [u8]) -> Result<Sealed>,
    ) -> Result<()> {
        let start = out.len();
        let end = start
            .checked_add(self.finish_length(plaintext.len()))
            .filter(|end| isize::try_from(*end).is_ok())
            .ok_or(Self::OUT_TOO_SHORT)?;
        extend_zeroed(out, end);
        let sealed = finish(self, &mut out[start..]);
        if sealed.is_err() {
            out.truncate(start);
        }
        sealed.map(|_| ())
    }

    /// Takes the next `frames` regular frames out of this message, to be sealed elsewhere and at any
    /// time, such as the parts of an upload side by side. They are behind all that was written so
    /// far, and before all that is written from now on: the message is whole with their bytes in
    /// that place, and is not opened by anybody without them.
    ///
    /// ```
    /// # use crypto_envelope::{
    /// #     AlgorithmSuite, EncryptionContext, Encryptor, SecretBytes, blocking,
    /// #     provider::RawAesProvider,
    /// # };
    /// # fn main() -> crypto_envelope::Result<()> {
    /// # let provider = RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?;
    /// # let encryptor = Encryptor::builder(provider)
    /// #     .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
    /// #     .frame_length(4)
    /// #     .build()?;
    /// let mut sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
    /// let mut message = vec![0; sealer.push_length(0)];
    /// sealer.push(&[], &mut message)?; // the header
    /// let frames = sealer.reserve(2)?;
    /// let mut end = vec![0; sealer.finish_length(3)];
    /// sealer.finish(b"end", &mut end)?;
    ///
    /// let mut middle = vec![0; frames.stored_length()];
    /// frames.seal(b"plaintxt", &mut middle)?; // on another thread, for example
    /// message.extend([middle, end].concat());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the suite signs, since a signature is about all bytes in their order, if
    /// the header was not written yet, or if plaintext waits for its frame to be full;
    /// [`Error::Limit`] as [`push`](Self::push). After an error the sealer is of no use.
    pub fn reserve(&mut self, frames: u32) -> Result<ReservedFrames> {
        const SIGNED: Error =
            Error::Misuse { what: "frames of a signed message are sealed in their order" };
        const NOT_NEXT: Error = Error::Misuse {
            what: "frames are reserved behind the header and behind frames that are full",
        };
        self.guarded(|sealer| {
            if sealer.signer.is_some() {
                return Err(SIGNED);
            }
            let first = sealer.next_of_run().ok_or(NOT_NEXT)?;
            let next = first.checked_add(frames).ok_or(TOO_MANY_FRAMES)?;
            let length = |of: usize| (frames as usize).checked_mul(of);
            let plaintext = length(sealer.frame_length).ok_or(Self::OUT_TOO_SHORT)?;
            let stored = length(stored_length(sealer.frame_length)).ok_or(Self::OUT_TOO_SHORT)?;
            sealer.check_bound(plaintext)?;
            sealer.next = next;
            sealer.count(plaintext, stored);
            Ok(ReservedFrames::new(sealer.frame_sealer(), first, frames))
        })
    }

    /// Seals frames elsewhere, for a sealer that gets all plaintext from now on in whole runs.
    pub(crate) fn frame_sealer(&self) -> FrameSealer {
        let (cipher, frame_length) = (self.cipher.clone(), self.frame_length);
        FrameSealer { cipher, frame_length, bound: self.bound }
    }

    /// Whether nothing was pushed yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.state == State::HeaderDue && !self.has_pending()
    }

    /// Whether there is plaintext that waits for its frame to be full.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// How much more plaintext makes that frame full.
    pub(crate) fn missing(&self) -> usize {
        if self.has_pending() { self.frame_length - self.pending.len() } else { 0 }
    }

    /// Whether so much plaintext may be in a buffer.
    pub(crate) fn may_buffer(&self, plaintext: usize) -> bool {
        plaintext <= self.max_buffered
    }

    /// The number of the next frame, if it can be part of a run: the header is out, and nothing
    /// is pending.
    pub(crate) fn next_of_run(&self) -> Option<u32> {
        (self.state == State::Body && self.pending.is_empty()).then_some(self.next)
    }

    /// Makes a run part of the message, with the bytes that it was sealed to.
    pub(crate) fn accept(&mut self, run: &Run, stored: &[u8]) -> Result<()> {
        const NOT_NEXT: Error = Error::Internal { what: "a run of frames is not the next one" };
        self.guarded(|sealer| {
            if run.is_empty() {
                return Ok(());
            }
            let next = sealer.next_of_run().filter(|next| *next == run.first).ok_or(NOT_NEXT)?;
            sealer.check_bound(run.plaintext_length())?;
            sealer.next = next.checked_add(run.frames).ok_or(TOO_MANY_FRAMES)?;
            sealer.hash(stored.get(..run.stored_length()).ok_or(NOT_NEXT)?);
            sealer.count(run.plaintext_length(), run.stored_length());
            Ok(())
        })
    }

    /// Seals every frame that is full, so that the final frame never is: some readers refuse one.
    /// Returns the plaintext that is left; there is none if something is pending.
    fn absorb<'p>(&mut self, plaintext: &'p [u8], out: &mut [u8]) -> Result<&'p [u8]> {
        let mut out = self.put_header(out);
        let mut rest = plaintext;
        if !self.pending.is_empty() {
            let fill = (self.frame_length - self.pending.len()).min(rest.len());
            let (head, tail) = rest.split_at(fill);
            self.keep(head)?;
            rest = tail;
            if self.pending.len() < self.frame_length {
                return Ok(rest);
            }
            let mut pending = std::mem::take(&mut self.pending);
            out = self.put_regular(&pending, out)?;
            pending.clear();
            self.pending = pending;
        }
        while rest.len() >= self.frame_length {
            let (frame, tail) = rest.split_at(self.frame_length);
            out = self.put_regular(frame, out)?;
            rest = tail;
        }
        Ok(rest)
    }

    fn put_header<'o>(&mut self, out: &'o mut [u8]) -> &'o mut [u8] {
        let (head, tail) = out.split_at_mut(self.due_header_length());
        if self.state == State::HeaderDue {
            let (body, authentication) = head.split_at_mut(self.header.body().len());
            body.copy_from_slice(self.header.body());
            authentication.copy_from_slice(&self.header.stored_authentication());
            self.state = State::Body;
            self.hash(head);
        }
        tail
    }

    fn put_regular<'o>(&mut self, plaintext: &[u8], out: &'o mut [u8]) -> Result<&'o mut [u8]> {
        // The final frame needs a number too, so the largest one is never a regular frame's.
        let number = self.next;
        self.next = number.checked_add(1).ok_or(TOO_MANY_FRAMES)?;
        let (frame, tail) = out.split_at_mut(plaintext.len() + Part::RegularFrame.overhead());
        self.cipher.seal(Part::RegularFrame, number, plaintext, frame)?;
        self.hash(frame);
        Ok(tail)
    }

    fn keep(&mut self, plaintext: &[u8]) -> Result<()> {
        if plaintext.len() > self.max_buffered.saturating_sub(self.pending.len()) {
            let limit = self.max_buffered as u64;
            return Err(Error::Limit { kind: LimitKind::Buffered, limit });
        }
        let most = self.frame_length.min(self.max_buffered);
        reserve_wiped(&mut self.pending, plaintext.len(), most);
        self.pending.extend_from_slice(plaintext);
        Ok(())
    }

    fn sign(&mut self, final_frame: &[u8], out: &mut [u8]) -> Result<()> {
        const FAILED: Error = Error::Internal { what: "signing the message failed" };
        self.hash(final_frame);
        if let Some(signer) = self.signer.take() {
            let mut footer = Vec::with_capacity(out.len());
            let signature = signer.finish().map_err(|_| FAILED)?;
            put_prefixed(&mut footer, &signature).ok_or(FAILED)?;
            out.copy_from_slice(&footer);
        }
        Ok(())
    }

    /// Whether so much more plaintext may be taken. Every byte passes here before it is sealed, or,
    /// in runs, before it is part of the message.
    fn check_bound(&self, plaintext: usize) -> Result<()> {
        self.bound.check(self.plaintext_length, plaintext)
    }

    fn count(&mut self, plaintext: usize, written: usize) {
        self.plaintext_length += plaintext as u64;
        self.message_length += written as u64;
    }

    fn hash(&mut self, written: &[u8]) {
        if let Some(signer) = &mut self.signer {
            signer.update(written);
        }
    }

    fn due_header_length(&self) -> usize {
        if self.state == State::HeaderDue { self.header.length() } else { 0 }
    }

    /// Runs steps, of which all have to succeed. After an error there is no other, nor after a panic.
    pub(crate) fn all_or_nothing<T>(
        &mut self,
        steps: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let mut fails = Fails(Some(self));
        let result = fails.0.as_mut().map_or(Err(FAILED_BEFORE), |sealer| steps(sealer));
        if result.is_ok() {
            fails.0 = None;
        }
        result
    }

    /// Runs a step; after one that failed there is no other.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.state == State::Failed {
            return Err(FAILED_BEFORE);
        }
        let result = step(self);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }
}

/// The sealer fails when this is dropped.
struct Fails<'s>(Option<&'s mut Sealer>);

impl Drop for Fails<'_> {
    fn drop(&mut self) {
        if let Some(sealer) = &mut self.0 {
            sealer.state = State::Failed;
        }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("header", &self.header)
            .field("next_frame", &self.next)
            .field("pending", &format_args!("{} bytes", self.pending.len()))
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

fn seal_header(
    fields: HeaderFields,
    keys: &MessageKeys,
    unstored: &EncryptionContext,
) -> Result<Header> {
    let body = fields.serialize()?;
    let mut tag = [0; TAG_LENGTH];
    keys.content
        .seal(&HEADER_IV, &header_aad(&body, unstored)?, &[], &mut [], &mut tag)
        .map_err(|_| Error::Internal { what: "sealing the header failed" })?;
    Ok(Header::assemble(fields, body, HeaderAuthentication { iv: HEADER_IV, tag }))
}

const FAILED_BEFORE: Error =
    Error::Misuse { what: "this sealer has failed before: start a new message" };
pub(crate) const TOO_MANY_FRAMES: Error =
    Error::Limit { kind: LimitKind::Frames, limit: MOST_FRAMES };

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{
        AlgorithmSuite, EncryptedDataKey, Encryptor, SecretBytes, UnverifiedHeader, blocking, io,
        parallel::Parallel,
        provider::RawAesProvider,
        test_vectors::{CommitmentVector, commitment_vectors},
    };

    /// The header and every frame come out as the vendors' own writers made them.
    #[test]
    fn official_messages_are_reproduced() -> Result<()> {
        let mut reproduced = 0;
        for vector in commitment_vectors().iter().filter(|vector| vector.must_open()) {
            let message = vector.bytes("ciphertext");
            let (header, _) = UnverifiedHeader::parse(&message, &Limits::default())?;
            let header = header.claims();
            if header.body_format() == BodyFormat::NonFramed {
                continue;
            }
            let sealed = sealer_like(vector, header)?.seal(&vector.plaintext())?;
            let signed = &sealed[..sealed.len() - header.footer_length()];
            // Of the others, some have an unsorted context, some other IVs, and some end with a
            // full frame. We write none of these.
            reproduced += usize::from(message.starts_with(signed));
        }
        assert_eq!(reproduced, 22);
        Ok(())
    }

    fn sealer_like(vector: &CommitmentVector, header: &Header) -> Result<Sealer> {
        let materials = EncryptionMaterials {
            suite: header.suite(),
            data_key: SecretBytes::from(vector.bytes("decrypted-dek")).into(),
            encrypted_data_keys: header.encrypted_data_keys().to_vec(),
            stored_context: header.stored_context().clone(),
            unstored_context: EncryptionContext::new(),
            signer: header.suite().signature_curve().and_then(|c| MessageSigner::generate(c).ok()),
        };
        let limits = Limits::default();
        Sealer::with_message_id(materials, header.body_format(), &limits, *header.message_id())
    }

    fn sealer(frame_length: u32) -> Result<Sealer> {
        sealer_of(frame_length, &SecretBytes::random(32)?, [0; 32])
    }

    fn sealer_of(
        frame_length: u32,
        data_key: &SecretBytes,
        message_id: [u8; 32],
    ) -> Result<Sealer> {
        let materials = EncryptionMaterials {
            suite: AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
            data_key: SecretBytes::from(data_key.expose()).into(),
            encrypted_data_keys: vec![EncryptedDataKey::new("p", "i", "c")?],
            stored_context: EncryptionContext::new(),
            unstored_context: EncryptionContext::new(),
            signer: None,
        };
        let frame_length = NonZeroU32::new(frame_length).expect("frames are not empty");
        let body_format = BodyFormat::Framed { frame_length };
        let message_id = MessageId::from_slice(&message_id);
        Sealer::with_message_id(materials, body_format, &Limits::default(), message_id)
    }

    fn several_threads() -> Parallel {
        Parallel::new().with_threads(3.try_into().expect("not zero")).with_slice(64)
    }

    #[test]
    fn several_threads_write_what_one_does() -> Result<()> {
        let data_key = SecretBytes::random(32)?;
        let sealer = || sealer_of(16, &data_key, [7; 32]);
        let parallel = several_threads();
        for length in [0, 15, 16, 63, 64, 65, 127, 128, 129, 1000, 1024] {
            let plaintext = vec![0xA5; length];
            let expected = sealer()?.seal(&plaintext)?;
            assert_eq!(parallel.seal(sealer()?, &plaintext)?, expected, "{length}");
            let mut streamed = Vec::new();
            parallel.encrypt(sealer()?, &plaintext[..], &mut streamed)?;
            assert_eq!(streamed, expected, "{length}");
            let mut from_one = Vec::new();
            io::encrypt(sealer()?, &plaintext[..], &mut from_one)?;
            assert_eq!(from_one, expected, "{length}");
        }
        Ok(())
    }

    #[test]
    fn several_threads_stop_at_the_last_number() -> Result<()> {
        let with_numbers_left = |left: u32| -> Result<Sealer> {
            let mut sealer = sealer(1)?;
            sealer.push(&[], &mut [0; 512])?;
            sealer.next = u32::MAX - left;
            Ok(sealer)
        };
        let parallel = several_threads();
        for (left, plaintext, fits) in [(200, 200, true), (200, 201, false), (0, 1, false)] {
            let plaintext = vec![0; plaintext];
            let in_memory = parallel.seal(with_numbers_left(left)?, &plaintext).map(drop);
            let streamed = parallel.encrypt(with_numbers_left(left)?, &plaintext[..], Vec::new());
            for sealed in [in_memory, streamed.map(drop)] {
                let full = matches!(&sealed, Err(Error::Limit { limit: MOST_FRAMES, .. }));
                assert!(if fits { sealed.is_ok() } else { full }, "{left}: {sealed:?}");
            }
        }
        Ok(())
    }

    /// What is in the buffer already must not be sealed again under the same numbers.
    #[test]
    fn a_piece_that_failed_is_the_last_one() -> Result<()> {
        let mut sealer = sealer(1)?;
        let mut out = vec![0; 1 << 16];
        sealer.push(&[], &mut out)?;
        sealer.next = u32::MAX - 200;
        out.fill(0);
        let full = several_threads().seal_piece(&mut sealer, &[0xAA; 256], &mut out);
        assert!(matches!(full, Err(Error::Limit { limit: MOST_FRAMES, .. })));
        assert!(out.iter().all(|byte| *byte == 0));
        assert!(matches!(sealer.push(&[0x55], &mut out), Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn a_sealer_that_panicked_has_failed() -> Result<()> {
        let mut sealer = sealer(1)?;
        let panics = |_: &mut Sealer| -> Result<()> { unreachable!("a test") };
        let panicked = std::panic::AssertUnwindSafe(|| sealer.all_or_nothing(panics));
        assert!(std::panic::catch_unwind(panicked).is_err());
        assert!(matches!(sealer.push(&[], &mut [0; 512]), Err(Error::Misuse { .. })));
        Ok(())
    }

    /// Not even away from the sealer, which would not accept it.
    #[test]
    fn no_frame_beyond_the_bound_is_sealed() -> Result<()> {
        for (most, fits) in [(31, false), (32, true), (u64::MAX, true)] {
            let mut sealer = sealer(16)?.at_most(most);
            let mut out = [0; 512];
            sealer.push(&[], &mut out)?;
            out.fill(0);
            let run = sealer.frame_sealer().seal(2, &[0; 16], &mut out);
            assert_eq!(run.is_ok(), fits, "{most}");
            assert_eq!(out.iter().any(|byte| *byte != 0), fits, "{most}");
            if let Err(error) = run {
                assert!(matches!(error, Error::Limit { kind: LimitKind::Plaintext, .. }));
            }
        }
        Ok(())
    }

    #[test]
    fn too_short_an_output_is_refused_for_good_by_several_threads() -> Result<()> {
        let mut sealer = sealer(16)?;
        let mut out = vec![0; sealer.push_length(400) - 1];
        let refused = several_threads().seal_piece(&mut sealer, &[0; 400], &mut out);
        assert!(matches!(refused, Err(Error::Misuse { .. })));
        assert!(matches!(sealer.push(&[], &mut [0; 512]), Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn reserved_frames_are_what_the_sealer_would_have_written() -> Result<()> {
        let key = SecretBytes::random(32)?;
        let plaintext = (0..=255).collect::<Vec<u8>>();
        let expected = sealer_of(16, &key, [3; 32])?.seal(&plaintext)?;

        let mut sealer = sealer_of(16, &key, [3; 32])?;
        let mut message = vec![0; sealer.push_length(48)];
        sealer.push(&plaintext[..48], &mut message)?;
        let (early, late) = (sealer.reserve(5)?, sealer.reserve(2)?);
        let rest = &plaintext[48 + 7 * 16..];
        let mut end = vec![0; sealer.finish_length(rest.len())];
        let sealed = sealer.finish(rest, &mut end)?;
        let mut middle = vec![0; early.stored_length() + late.stored_length()];
        let (before, behind) = middle.split_at_mut(early.stored_length());
        late.seal(&plaintext[48 + 80..48 + 112], behind)?;
        early.seal(&plaintext[48..48 + 80], before)?;
        message.extend([middle, end].concat());

        assert_eq!(message, expected);
        assert_eq!(
            (sealed.plaintext_length(), sealed.message_length()),
            (256, message.len() as u64)
        );
        Ok(())
    }

    #[test]
    fn frames_are_reserved_where_there_is_a_place_for_them() -> Result<()> {
        let mut out = [0; 512];
        let refused = |sealer: &mut Sealer| matches!(sealer.reserve(1), Err(Error::Misuse { .. }));
        assert!(refused(&mut sealer(16)?), "before the header");
        let mut waiting = sealer(16)?;
        waiting.push(&[0], &mut out)?;
        assert!(refused(&mut waiting), "within a frame");
        assert!(refused(&mut waiting), "after an error");

        let mut bound = sealer(16)?.at_most(40);
        bound.push(&[], &mut out)?;
        assert_eq!(bound.reserve(2)?.plaintext_length(), 32);
        assert!(matches!(bound.reserve(1), Err(Error::Limit { .. })));
        let mut last = sealer(16)?;
        last.push(&[], &mut out)?;
        last.next = u32::MAX - 1;
        assert!(last.reserve(1).is_ok());
        assert!(matches!(last.reserve(1), Err(Error::Limit { .. })));
        Ok(())
    }

    #[test]
    fn reserved_frames_take_what_fits() -> Result<()> {
        let mut out = [0; 512];
        let mut sealer = sealer(16)?;
        sealer.push(&[], &mut out)?;
        for (plaintext, room) in [(31, 96), (33, 96), (32, 95)] {
            let frames = sealer.reserve(2)?;
            let sealed = frames.seal(&vec![0; plaintext], &mut out[..room]);
            assert!(matches!(sealed, Err(Error::Misuse { .. })), "{plaintext} into {room}");
            let pieces = vec![0; plaintext];
            let sealed = sealer.reserve(2)?.seal_pieces(pieces.chunks(5), &mut out[..room]);
            assert!(matches!(sealed, Err(Error::Misuse { .. })), "{plaintext} into {room}");
        }
        Ok(())
    }

    /// However it is cut.
    #[test]
    fn reserved_frames_are_sealed_from_pieces() -> Result<()> {
        let plaintext = (0..=255).collect::<Vec<u8>>();
        let key = SecretBytes::random(32)?;
        let mut sealed = Vec::new();
        for piece in [256, 1, 5, 15, 16, 17, 31, 33, 100] {
            let mut sealer = sealer_of(16, &key, [3; 32])?;
            sealer.push(&[], &mut [0; 512])?;
            let frames = sealer.reserve(16)?;
            let mut out = vec![0; frames.stored_length()];
            frames.seal_pieces(plaintext.chunks(piece), &mut out)?;
            sealed.push(out);
        }
        assert!(sealed.windows(2).all(|pair| pair[0] == pair[1]));
        Ok(())
    }

    #[test]
    fn frames_of_signed_messages_are_sealed_in_order() -> Result<()> {
        let provider = RawAesProvider::new("test", "key", &SecretBytes::random(32)?)?;
        let sealer = Encryptor::new(provider);
        let mut sealer = blocking::wait(sealer.prepare(&EncryptionContext::new()))?;
        sealer.push(&[], &mut [0; 4096])?;
        assert!(matches!(sealer.reserve(1), Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn a_run_is_accepted_once() -> Result<()> {
        let mut sealer = sealer(16)?;
        let mut out = [0; 512];
        sealer.push(&[], &mut out)?;
        let run = sealer.frame_sealer().seal(1, &[0; 32], &mut out)?;
        sealer.accept(&run, &out)?;
        assert!(matches!(sealer.accept(&run, &out), Err(Error::Internal { .. })));
        assert!(matches!(sealer.finish(&[], &mut out), Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn the_last_number_is_for_a_final_frame_only() -> Result<()> {
        let mut nearly_full = sealer(1)?;
        nearly_full.next = u32::MAX - 1;
        let mut out = [0; 1024];
        // One regular frame with the last number but one, and the final frame.
        assert!(nearly_full.finish(b"a", &mut out).is_ok());

        let mut full = sealer(1)?;
        full.next = u32::MAX - 1;
        let refused = full.push(b"ab", &mut out);
        assert!(matches!(refused, Err(Error::Limit { limit: MOST_FRAMES, .. })));
        let after = full.push(b"d", &mut out);
        assert!(matches!(after, Err(Error::Misuse { .. })));
        Ok(())
    }

    #[test]
    fn message_length_is_exact() -> Result<()> {
        for (frame_length, plaintext) in [(16, 0), (16, 1), (16, 16), (16, 17), (16, 32), (7, 50)] {
            let sealer = sealer(frame_length)?;
            let forecast = sealer.message_length(plaintext as u64);
            let header = sealer.header().clone();
            let length = sealer.seal(&vec![0; plaintext])?.len() as u64;
            assert_eq!(forecast, Some(length));
            assert_eq!(header.estimate_plaintext_length(length), Some(plaintext as u64));
        }
        Ok(())
    }

    #[test]
    fn a_frame_that_never_ends_is_not_buffered_without_bound() -> Result<()> {
        let mut sealer = sealer(u32::MAX)?;
        sealer.max_buffered = 1000;
        let mut out = vec![0; 4096];
        assert!(sealer.push(&[0; 1000], &mut out).is_ok());
        assert!(matches!(sealer.push(&[0], &mut out), Err(Error::Limit { limit: 1000, .. })));
        Ok(())
    }

    #[test]
    fn the_work_is_counted_when_a_frame_is_full() -> Result<()> {
        let mut sealer = sealer(1000)?;
        assert_eq!(sealer.push_work(700), sealer.header().length().max(700));
        sealer.push(&[0; 700], &mut vec![0; sealer.push_length(700)])?;
        // What is kept moves when there is more of it.
        assert_eq!(sealer.push_work(299), 299 + 700);
        sealer.push(&[0; 299], &mut [])?;
        assert_eq!(sealer.push_work(0), 0);
        assert_eq!(sealer.push_work(1), 1000 + Part::RegularFrame.overhead());
        Ok(())
    }

    #[test]
    fn too_short_an_output_is_refused() -> Result<()> {
        let mut sealer = sealer(16)?;
        let room = sealer.push_length(40);
        let refused = sealer.push(&[0; 40], &mut vec![0; room - 1]);
        assert!(matches!(refused, Err(Error::Misuse { .. })));
        Ok(())
    }
}
