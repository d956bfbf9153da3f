//! Sealing and opening one part of a body. Parts are independent of each other.

use crate::{
    Error, MessagePart, Result,
    crypto::{AesGcm, TAG_LENGTH},
    message::{
        MessageId,
        body::{BodyAad, Part, Prefix},
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

    /// Seals a frame into `out`, which has exactly the length of the frame.
    pub(super) fn seal(
        &self,
        part: Part,
        number: u32,
        plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<()> {
        let prefix = Prefix::of_frame(part, number, plaintext.len());
        let aad = BodyAad::new(&self.message_id, &prefix, plaintext.len());
        let (ciphertext, tag) = prefix
            .write_frame(out)
            .split_last_chunk_mut::<TAG_LENGTH>()
            .ok_or(Error::Internal { what: "no room for a frame" })?;
        self.key
            .seal(&prefix.iv, aad.as_ref(), plaintext, ciphertext, tag)
            .map_err(|_| Error::Internal { what: "sealing a frame failed" })
    }

    /// Opens the part `bytes`, which begins with `prefix`, into `out`, which has exactly the
    /// length of its plaintext.
    pub(super) fn open(&self, prefix: &Prefix, bytes: &[u8], out: &mut [u8]) -> Result<()> {
        let aad = BodyAad::new(&self.message_id, prefix, out.len());
        let opened = bytes[prefix.part.prefix_length()..]
            .split_last_chunk::<TAG_LENGTH>()
            .and_then(|(ciphertext, tag)| {
                self.key.open(&prefix.iv, aad.as_ref(), ciphertext, tag, out).ok()
            });
        opened.ok_or(Error::Authentication {
            part: match prefix.part {
                Part::RegularFrame | Part::FinalFrame => MessagePart::Frame(prefix.number),
                Part::Block => MessagePart::Block,
            },
        })
    }
}
