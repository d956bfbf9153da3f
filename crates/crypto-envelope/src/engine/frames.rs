//! Sealing and opening one part of a body. Parts are independent of each other.

use crate::{
    Error, MessagePart, Result,
    crypto::{AesGcm, IV_LENGTH, TAG_LENGTH},
    message::{
        MessageId,
        body::{
            BLOCK_PREFIX, BodyAad, FINAL_FRAME_MARK, FINAL_OVERHEAD, FINAL_PREFIX, Part,
            REGULAR_OVERHEAD, REGULAR_PREFIX, frame_iv,
        },
    },
};

/// The content key of one message.
pub(super) struct FrameCipher {
    key: AesGcm,
    message_id: MessageId,
}

impl FrameCipher {
    pub(super) fn new(key: AesGcm, message_id: MessageId) -> Self {
        Self { key, message_id }
    }

    /// Seals a regular frame into `out`, which has exactly the length of the frame.
    pub(super) fn seal_regular(&self, number: u32, plaintext: &[u8], out: &mut [u8]) -> Result<()> {
        debug_assert_eq!(out.len(), plaintext.len() + REGULAR_OVERHEAD);
        let iv = frame_iv(number);
        out[..4].copy_from_slice(&number.to_be_bytes());
        out[4..REGULAR_PREFIX].copy_from_slice(&iv);
        self.seal(Part::RegularFrame, number, &iv, plaintext, &mut out[REGULAR_PREFIX..])
    }

    /// Seals the final frame into `out`, which has exactly the length of the frame.
    pub(super) fn seal_final(&self, number: u32, plaintext: &[u8], out: &mut [u8]) -> Result<()> {
        debug_assert_eq!(out.len(), plaintext.len() + FINAL_OVERHEAD);
        let iv = frame_iv(number);
        let length = u32::try_from(plaintext.len())
            .map_err(|_| Error::Internal { what: "the final frame is longer than a frame" })?;
        out[..4].copy_from_slice(&FINAL_FRAME_MARK.to_be_bytes());
        out[4..8].copy_from_slice(&number.to_be_bytes());
        out[8..8 + IV_LENGTH].copy_from_slice(&iv);
        out[8 + IV_LENGTH..FINAL_PREFIX].copy_from_slice(&length.to_be_bytes());
        self.seal(Part::FinalFrame, number, &iv, plaintext, &mut out[FINAL_PREFIX..])
    }

    /// Opens the regular frame `frame` into `out`, which has exactly the length of its plaintext.
    pub(super) fn open_regular(&self, number: u32, frame: &[u8], out: &mut [u8]) -> Result<()> {
        let (prefix, sealed) = frame.split_at(REGULAR_PREFIX);
        self.open(Part::RegularFrame, number, last_iv(prefix), sealed, out)
    }

    /// Opens the final frame.
    pub(super) fn open_final(&self, number: u32, frame: &[u8], out: &mut [u8]) -> Result<()> {
        let (prefix, sealed) = frame.split_at(FINAL_PREFIX);
        self.open(Part::FinalFrame, number, last_iv(&prefix[..8 + IV_LENGTH]), sealed, out)
    }

    /// Opens the block of a non-framed body.
    pub(super) fn open_block(&self, block: &[u8], out: &mut [u8]) -> Result<()> {
        let (prefix, sealed) = block.split_at(BLOCK_PREFIX);
        self.open(Part::Block, 1, last_iv(&prefix[..IV_LENGTH]), sealed, out)
    }

    fn seal(
        &self,
        part: Part,
        number: u32,
        iv: &[u8; IV_LENGTH],
        plaintext: &[u8],
        sealed: &mut [u8],
    ) -> Result<()> {
        let aad = BodyAad::new(&self.message_id, part, number, plaintext.len());
        let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
        self.key
            .seal(iv, aad.as_ref(), plaintext, ciphertext, tag)
            .map_err(|_| Error::Internal { what: "sealing a frame failed" })
    }

    fn open(
        &self,
        part: Part,
        number: u32,
        iv: Option<&[u8; IV_LENGTH]>,
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<()> {
        let aad = BodyAad::new(&self.message_id, part, number, out.len());
        let opened =
            iv.zip(sealed.split_last_chunk::<TAG_LENGTH>()).and_then(|(iv, (ciphertext, tag))| {
                self.key.open(iv, aad.as_ref(), ciphertext, tag, out).ok()
            });
        opened.ok_or(Error::Authentication {
            part: match part {
                Part::RegularFrame | Part::FinalFrame => MessagePart::Frame(number),
                Part::Block => MessagePart::Block,
            },
        })
    }
}

fn last_iv(prefix: &[u8]) -> Option<&[u8; IV_LENGTH]> {
    prefix.last_chunk()
}
