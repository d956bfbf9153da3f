//! The parts of a body: what stands before their ciphertext, and what their tags cover.

use super::{LONGEST_MESSAGE_ID, MessageId, codec::Reader};
use crate::{
    Result,
    crypto::{IV_LENGTH, TAG_LENGTH},
};

/// What a part of the body is; bound into its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    RegularFrame,
    FinalFrame,
    Block,
}

impl Part {
    /// Bytes before the ciphertext.
    pub(crate) const fn prefix_length(self) -> usize {
        match self {
            Self::RegularFrame => 4 + IV_LENGTH,
            Self::FinalFrame => 4 + 4 + IV_LENGTH + 4,
            Self::Block => IV_LENGTH + 8,
        }
    }

    /// Bytes that the part adds to its plaintext.
    pub(crate) const fn overhead(self) -> usize {
        self.prefix_length() + TAG_LENGTH
    }

    fn label(self) -> &'static [u8] {
        match self {
            Self::RegularFrame => b"AWSKMSEncryptionClient Frame",
            Self::FinalFrame => b"AWSKMSEncryptionClient Final Frame",
            Self::Block => LONGEST_LABEL,
        }
    }
}

/// What stands before the ciphertext of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) part: Part,
    /// Number of the frame; 1 for a block.
    pub(crate) number: u32,
    pub(crate) iv: [u8; IV_LENGTH],
    /// Length of the plaintext, where the part says it: not in a regular frame.
    pub(crate) length: Option<u64>,
}

impl Prefix {
    /// The prefix of a frame that we write: its IV is its number.
    pub(crate) fn of_frame(part: Part, number: u32, length: usize) -> Self {
        let mut iv = [0; IV_LENGTH];
        iv[IV_LENGTH - 4..].copy_from_slice(&number.to_be_bytes());
        let length = (part != Part::RegularFrame).then_some(length as u64);
        Self { part, number, iv, length }
    }

    /// Reads the prefix of a frame from the front of `bytes`, which is at `offset` in the
    /// message; or says how many bytes it needs for that.
    pub(crate) fn read_frame(bytes: &[u8], offset: u64) -> Result<Result<Self, NeedsBytes>> {
        let mut reader = Reader::new(bytes, offset);
        if bytes.len() < 4 {
            return Ok(Err(NeedsBytes::of_prefix(4)));
        }
        let first = reader.u32("frame number")?;
        let part = if first == FINAL_FRAME_MARK { Part::FinalFrame } else { Part::RegularFrame };
        if bytes.len() < part.prefix_length() {
            return Ok(Err(NeedsBytes::of_prefix(part.prefix_length())));
        }
        let number = match part {
            Part::FinalFrame => reader.u32("frame number")?,
            _ => first,
        };
        let iv = reader.array("frame IV")?;
        let length = match part {
            Part::FinalFrame => Some(u64::from(reader.u32("length of the final frame")?)),
            _ => None,
        };
        Ok(Ok(Self { part, number, iv, length }))
    }

    /// Reads the prefix of a block.
    pub(crate) fn read_block(bytes: &[u8], offset: u64) -> Result<Result<Self, NeedsBytes>> {
        if bytes.len() < Part::Block.prefix_length() {
            return Ok(Err(NeedsBytes::of_prefix(Part::Block.prefix_length())));
        }
        let mut reader = Reader::new(bytes, offset);
        let iv = reader.array("block IV")?;
        let length = Some(u64::from_be_bytes(reader.array("block length")?));
        Ok(Ok(Self { part: Part::Block, number: 1, iv, length }))
    }

    /// Writes the prefix of a frame to the front of `out` and returns what is behind it.
    pub(crate) fn write_frame<'o>(&self, out: &'o mut [u8]) -> &'o mut [u8] {
        let mark = (self.part == Part::FinalFrame).then_some(FINAL_FRAME_MARK.to_be_bytes());
        let length = self.length.map(|length| {
            // A frame's length is one of 32 bits.
            let [_, _, _, _, low @ ..] = length.to_be_bytes();
            low
        });
        let number = self.number.to_be_bytes();
        let fields: [&[u8]; 4] = [
            mark.as_ref().map_or(&[], |mark| mark),
            &number,
            &self.iv,
            length.as_ref().map_or(&[], |length| length),
        ];
        fields.into_iter().fold(out, |out, field| {
            let (head, tail) = out.split_at_mut(field.len());
            head.copy_from_slice(field);
            tail
        })
    }
}

/// More bytes of the part must be there to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NeedsBytes {
    /// So many from its start.
    pub(crate) total: usize,
    /// How many of these are not plaintext.
    pub(crate) overhead: usize,
}

impl NeedsBytes {
    fn of_prefix(length: usize) -> Self {
        Self { total: length, overhead: length }
    }
}

/// The additional authenticated data of one part, built without an allocation.
pub(crate) struct BodyAad {
    bytes: [u8; LONGEST_MESSAGE_ID + LONGEST_LABEL.len() + 4 + 8],
    length: usize,
}

impl BodyAad {
    /// `length` is that of the plaintext.
    pub(crate) fn new(message_id: &MessageId, prefix: &Prefix, length: usize) -> Self {
        let mut aad = Self { bytes: [0; _], length: 0 };
        aad.put(message_id.as_ref());
        aad.put(prefix.part.label());
        aad.put(&prefix.number.to_be_bytes());
        aad.put(&(length as u64).to_be_bytes());
        aad
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }
}

impl AsRef<[u8]> for BodyAad {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Longest plaintext of one block: what AES-GCM can encrypt under one IV (SP 800-38D, 5.2.1.1).
pub(crate) const LONGEST_BLOCK: u64 = (1 << 36) - 32;

/// Stands where a regular frame has its number.
const FINAL_FRAME_MARK: u32 = u32::MAX;
const LONGEST_LABEL: &[u8] = b"AWSKMSEncryptionClient Single Block";
