//! Opening a message.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::{FRAME_LENGTH_ERROR, frames::FrameCipher, header::VerifiedHeader};
use crate::{
    EncryptionContext, Error, Limits, MessagePart, Result,
    crypto::MessageVerifier,
    message::{
        BodyFormat, Header,
        body::{
            BLOCK_OVERHEAD, BLOCK_PREFIX, FINAL_FRAME_MARK, FINAL_OVERHEAD, FINAL_PREFIX,
            LONGEST_BLOCK, Part, REGULAR_OVERHEAD,
        },
        codec::Reader,
        footer,
    },
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
    header: Header,
    context: EncryptionContext,
    cipher: FrameCipher,
    verifier: Option<MessageVerifier>,
    hold: Hold,
    limits: Limits,
    stage: Stage,
    /// The beginning of a part that is not complete.
    buffer: Vec<u8>,
    /// Where in the message the next part begins.
    position: u64,
    held: Zeroizing<Vec<u8>>,
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
enum Hold {
    Nothing,
    UntilEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The frame with this number comes next.
    Frame {
        number: u32,
        frame_length: usize,
    },
    Block,
    End,
    Failed,
}

/// A part of the body that is there as a whole.
struct Unit {
    part: Part,
    plaintext: usize,
    /// Of the part alone.
    length: usize,
    /// Of the part with the footer, where one follows.
    total: usize,
}

enum Need {
    /// At least so many bytes from the start of the part are needed to go on.
    Bytes(usize),
    Nothing(Unit),
}

impl Opener {
    pub(crate) fn new(
        header: VerifiedHeader,
        context: EncryptionContext,
        mut verifier: Option<MessageVerifier>,
        release: Release,
        limits: Limits,
    ) -> Result<Self> {
        let VerifiedHeader { header, keys } = header;
        let stage = match header.body_format() {
            BodyFormat::NonFramed => Stage::Block,
            BodyFormat::Framed { frame_length } => {
                check_body_part(u64::from(frame_length.get()), &limits)?;
                let frame_length = usize::try_from(frame_length.get()).unwrap_or(usize::MAX);
                Stage::Frame { number: 1, frame_length }
            }
        };
        let signed = verifier.is_some();
        if let Some(verifier) = &mut verifier {
            verifier.update(header.body());
            verifier.update(header.tag());
        }
        let hold = match release {
            Release::AtEnd => Hold::UntilEnd,
            Release::Verified if signed => Hold::UntilEnd,
            Release::Verified | Release::BeforeSignature => Hold::Nothing,
        };
        Ok(Self {
            cipher: FrameCipher::new(keys.content, *header.message_id()),
            position: header.length() as u64,
            header,
            context,
            verifier,
            hold,
            limits,
            stage,
            buffer: Vec::new(),
            held: Zeroizing::default(),
        })
    }

    /// The verified header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All pairs that the message is bound to: those of the header and those that the caller
    /// reproduced.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// How much room [`push`](Self::push) needs for so much ciphertext. It may write less.
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
        if self.stage == Stage::Failed {
            return Err(FAILED_BEFORE);
        }
        let opened = self.open_units(ciphertext, out);
        if opened.is_err() {
            out.zeroize();
            self.held.zeroize();
            self.stage = Stage::Failed;
        }
        opened
    }

    /// Confirms that the message ended where it should, and hands out what was held until then.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if something is missing.
    pub fn finish(self) -> Result<Finished> {
        match self.stage {
            Stage::End => {
                Ok(Finished { header: self.header, context: self.context, held: self.held })
            }
            Stage::Failed => Err(FAILED_BEFORE),
            Stage::Frame { .. } | Stage::Block => {
                Err(Error::Truncated { offset: self.position + self.buffer.len() as u64 })
            }
        }
    }

    /// Opens a whole body at once, behind what `out` holds already. Nothing is buffered; if
    /// anything is wrong, `out` is wiped back to what it was.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push) and [`finish`](Self::finish).
    pub fn open_into(mut self, body: &[u8], out: &mut Vec<u8>) -> Result<Finished> {
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
        match self.need(rest)? {
            Need::Nothing(unit) => {
                let (bytes, tail) = rest.split_at(unit.total);
                *rest = tail;
                self.open_unit(&unit, bytes, out)
            }
            Need::Bytes(_) => {
                self.keep(rest)?;
                *rest = &[];
                Ok(0)
            }
        }
    }

    /// Adds to the buffered part what it lacks, and opens it once it is complete.
    fn open_from_buffer(&mut self, rest: &mut &[u8], out: &mut [u8]) -> Result<usize> {
        loop {
            match self.need(&self.buffer)? {
                Need::Nothing(unit) => {
                    let mut buffer = std::mem::take(&mut self.buffer);
                    let written = self.open_unit(&unit, &buffer, out)?;
                    buffer.clear();
                    self.buffer = buffer;
                    return Ok(written);
                }
                Need::Bytes(_) if rest.is_empty() => return Ok(0),
                Need::Bytes(needed) => {
                    let (head, tail) = rest.split_at(rest.len().min(needed - self.buffer.len()));
                    self.keep(head)?;
                    *rest = tail;
                }
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() > self.limits.buffered.saturating_sub(self.buffer.len()) {
            let limit = self.limits.buffered as u64;
            return Err(Error::Limit { what: FRAME_LENGTH_ERROR, limit });
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// What the part that begins with `bytes` still needs.
    fn need(&self, bytes: &[u8]) -> Result<Need> {
        let mut reader = Reader::new(bytes, self.position);
        match self.stage {
            Stage::Frame { number, frame_length } => {
                self.frame_need(number, frame_length, bytes, &mut reader)
            }
            Stage::Block => self.block_need(bytes, &mut reader),
            Stage::End | Stage::Failed => {
                Err(reader.malformed("bytes after the end of the message"))
            }
        }
    }

    fn frame_need(
        &self,
        number: u32,
        frame_length: usize,
        bytes: &[u8],
        reader: &mut Reader<'_>,
    ) -> Result<Need> {
        if bytes.len() < 4 {
            return Ok(Need::Bytes(4));
        }
        let mark = reader.u32("frame number")?;
        if mark != FINAL_FRAME_MARK {
            check_number(mark, number, reader)?;
            let length = frame_length.saturating_add(REGULAR_OVERHEAD);
            let unit =
                Unit { part: Part::RegularFrame, plaintext: frame_length, length, total: length };
            return Ok(unit.if_within(bytes));
        }
        if bytes.len() < FINAL_PREFIX {
            return Ok(Need::Bytes(FINAL_PREFIX));
        }
        check_number(reader.u32("frame number")?, number, reader)?;
        reader.take(FINAL_PREFIX - 12, "frame IV")?;
        let plaintext = usize::try_from(reader.u32("length of the final frame")?);
        match plaintext {
            Ok(plaintext) if plaintext <= frame_length => {
                Ok(self.last_need(Part::FinalFrame, plaintext, FINAL_OVERHEAD, bytes))
            }
            _ => Err(reader.malformed("the final frame is longer than the frame length")),
        }
    }

    fn block_need(&self, bytes: &[u8], reader: &mut Reader<'_>) -> Result<Need> {
        if bytes.len() < BLOCK_PREFIX {
            return Ok(Need::Bytes(BLOCK_PREFIX));
        }
        reader.take(BLOCK_PREFIX - 8, "block IV")?;
        let length = u64::from_be_bytes(reader.array("block length")?);
        if length > LONGEST_BLOCK {
            return Err(reader.malformed("the block is longer than AES-GCM can encrypt"));
        }
        check_body_part(length, &self.limits)?;
        let plaintext = usize::try_from(length)
            .map_err(|_| reader.malformed("the block exceeds the address space"))?;
        Ok(self.last_need(Part::Block, plaintext, BLOCK_OVERHEAD, bytes))
    }

    /// The last part, and the footer with it: its plaintext is not to come out before the
    /// signature is verified, whatever the mode.
    fn last_need(&self, part: Part, plaintext: usize, overhead: usize, bytes: &[u8]) -> Need {
        let length = plaintext.saturating_add(overhead);
        let mut unit = Unit { part, plaintext, length, total: length };
        if self.verifier.is_some() {
            let footer = bytes.get(length..).and_then(footer::length);
            unit.total = length.saturating_add(footer.unwrap_or(footer::LENGTH_FIELD));
            if footer.is_none() {
                return Need::Bytes(unit.total);
            }
        }
        unit.if_within(bytes)
    }

    /// Opens a part, verifies the signature if it is the last, and moves on.
    fn open_unit(&mut self, unit: &Unit, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        let (part, footer) = bytes.split_at(unit.length);
        if let Some(verifier) = &mut self.verifier {
            verifier.update(part);
        }
        let (out, written) = match self.hold {
            Hold::Nothing => (&mut out[..unit.plaintext], unit.plaintext),
            Hold::UntilEnd => (hold_more(&mut self.held, unit.plaintext, &self.limits)?, 0),
        };
        self.stage = match (self.stage, unit.part) {
            (Stage::Frame { number, frame_length }, Part::RegularFrame) => {
                self.cipher.open_regular(number, part, out)?;
                // No overflow: the largest number is the mark of a final frame.
                Stage::Frame { number: number.saturating_add(1), frame_length }
            }
            (Stage::Frame { number, .. }, _) => {
                self.cipher.open_final(number, part, out)?;
                Stage::End
            }
            _ => {
                self.cipher.open_block(part, out)?;
                Stage::End
            }
        };
        if self.stage == Stage::End
            && let Some(verifier) = self.verifier.take()
        {
            verifier
                .verify(&footer[footer::LENGTH_FIELD..])
                .map_err(|_| Error::Authentication { part: MessagePart::Signature })?;
        }
        self.position += unit.total as u64;
        Ok(written)
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("header", &self.header)
            .field("stage", &self.stage)
            .field("position", &self.position)
            .field("held", &format_args!("{} bytes", self.held.len()))
            .finish_non_exhaustive()
    }
}

impl Unit {
    fn if_within(self, bytes: &[u8]) -> Need {
        if bytes.len() < self.total { Need::Bytes(self.total) } else { Need::Nothing(self) }
    }
}

/// What is known at the end of a message, all of it verified.
#[must_use = "plaintext that was held until the end is in here"]
pub struct Finished {
    header: Header,
    context: EncryptionContext,
    held: Zeroizing<Vec<u8>>,
}

impl Finished {
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

    /// All pairs that the message is bound to.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("header", &self.header)
            .field("held", &format_args!("{} bytes", self.held.len()))
            .finish_non_exhaustive()
    }
}

fn check_number(found: u32, expected: u32, reader: &Reader<'_>) -> Result<()> {
    if found == expected {
        Ok(())
    } else {
        Err(Error::Malformed {
            what: "the frame has not the number that comes next",
            offset: reader.offset() - 4,
        })
    }
}

fn check_body_part(length: u64, limits: &Limits) -> Result<()> {
    if length > limits.body_part {
        return Err(Error::Limit {
            what: "bytes of a frame or block (Limits::max_body_part)",
            limit: limits.body_part,
        });
    }
    Ok(())
}

fn hold_more<'h>(held: &'h mut Vec<u8>, length: usize, limits: &Limits) -> Result<&'h mut [u8]> {
    let start = held.len();
    if length > limits.held_plaintext.saturating_sub(start) {
        let limit = limits.held_plaintext as u64;
        return Err(Error::Limit { what: HELD_TOO_MUCH, limit });
    }
    held.resize(start + length, 0);
    Ok(&mut held[start..])
}

const FAILED_BEFORE: Error = Error::Misuse { what: "this opener has failed before" };
const HELD_TOO_MUCH: &str = "plaintext held until the end of the message is verified: \
     decrypt into a file that is kept only on success (release_before_signature), or raise \
     Limits::max_held_plaintext";
