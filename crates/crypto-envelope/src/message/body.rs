//! Frames and blocks: lengths, marks and the additional authenticated data of each part.

use super::{MESSAGE_ID_LENGTH, MessageId};
use crate::crypto::{IV_LENGTH, TAG_LENGTH};

/// What a part of the body is; bound into its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    RegularFrame,
    FinalFrame,
    Block,
}

impl Part {
    fn label(self) -> &'static [u8] {
        match self {
            Self::RegularFrame => b"AWSKMSEncryptionClient Frame",
            Self::FinalFrame => b"AWSKMSEncryptionClient Final Frame",
            Self::Block => LONGEST_LABEL,
        }
    }
}

/// The additional authenticated data of one part, built without an allocation.
pub(crate) struct BodyAad {
    bytes: [u8; MESSAGE_ID_LENGTH + LONGEST_LABEL.len() + 4 + 8],
    length: usize,
}

impl BodyAad {
    /// `sequence` is the number of the frame, 1 for a block; `length` that of its plaintext.
    pub(crate) fn new(message_id: &MessageId, part: Part, sequence: u32, length: usize) -> Self {
        let mut aad = Self { bytes: [0; _], length: 0 };
        aad.put(message_id.as_ref());
        aad.put(part.label());
        aad.put(&sequence.to_be_bytes());
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

/// The IV that writers give to a frame: its number.
pub(crate) fn frame_iv(sequence: u32) -> [u8; IV_LENGTH] {
    let mut iv = [0; IV_LENGTH];
    iv[IV_LENGTH - 4..].copy_from_slice(&sequence.to_be_bytes());
    iv
}

/// Stands where a regular frame has its number.
pub(crate) const FINAL_FRAME_MARK: u32 = u32::MAX;
/// Number, IV.
pub(crate) const REGULAR_PREFIX: usize = 4 + IV_LENGTH;
/// Mark, number, IV, length.
pub(crate) const FINAL_PREFIX: usize = 4 + 4 + IV_LENGTH + 4;
/// IV, length.
pub(crate) const BLOCK_PREFIX: usize = IV_LENGTH + 8;
/// What a regular frame is longer than its plaintext.
pub(crate) const REGULAR_OVERHEAD: usize = REGULAR_PREFIX + TAG_LENGTH;
/// What the final frame is longer than its plaintext.
pub(crate) const FINAL_OVERHEAD: usize = FINAL_PREFIX + TAG_LENGTH;
/// What a block is longer than its plaintext.
pub(crate) const BLOCK_OVERHEAD: usize = BLOCK_PREFIX + TAG_LENGTH;
/// Longest plaintext of one block: what AES-GCM can encrypt under one IV (SP 800-38D, 5.2.1.1).
pub(crate) const LONGEST_BLOCK: u64 = (1 << 36) - 32;

const LONGEST_LABEL: &[u8] = b"AWSKMSEncryptionClient Single Block";
