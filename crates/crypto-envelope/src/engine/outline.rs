//! What can be said of a whole message without a key.

use super::{UnverifiedHeader, body_scan::BodyScan};
use crate::{Error, Header, Limits, MessagePart, Result, materials::verifier_of, message::footer};

/// The outline of a message: its header, the number of its frames, and, if it is signed, that the
/// signature fits the public key that the message itself names.
///
/// All of it is a **claim**. Anybody can make such a message, and sign it with a key of his own;
/// only opening it with the data key shows what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    header: UnverifiedHeader,
    frames: u64,
    plaintext_length: u64,
}

impl Outline {
    /// Reads a whole message.
    ///
    /// # Errors
    ///
    /// What is wrong with its form, as [`Decryptor::decrypt`](crate::Decryptor::decrypt) would
    /// say it; [`Error::Authentication`] if the signature does not fit.
    pub fn of(message: &[u8], limits: &Limits) -> Result<Self> {
        let (header, mut body) = UnverifiedHeader::parse(message, limits)?;
        let claims = header.claims();
        limits.check_header(claims)?;
        let mut verifier = verifier_of(claims)?;
        if let Some(verifier) = &mut verifier {
            verifier.update(claims.body());
            verifier.update(&claims.stored_authentication());
        }
        let mut scan = BodyScan::new(claims, limits.clone());
        let (mut frames, mut plaintext_length) = (0, 0);
        while !scan.is_at_end() {
            let truncated = |_| Error::Truncated { offset: message.len() as u64 };
            let unit = scan.unit(body)?.map_err(truncated)?;
            let (bytes, rest) = body.split_at(unit.total);
            let (part, footer) = bytes.split_at(unit.length);
            scan.advance(&unit);
            frames += 1;
            plaintext_length += unit.plaintext as u64;
            body = rest;
            if let Some(verifier) = &mut verifier {
                verifier.update(part);
            }
            if let Some(verifier) = verifier.take_if(|_| scan.is_at_end()) {
                verifier
                    .verify(&footer[footer::LENGTH_FIELD..])
                    .map_err(|_| Error::Authentication { part: MessagePart::Signature })?;
            }
        }
        if !body.is_empty() {
            scan.unit(body)?.map_err(|_| Error::Internal { what: "a body behind its end" })?;
        }
        Ok(Self { header, frames, plaintext_length })
    }

    /// What the header says.
    #[must_use]
    pub fn claims(&self) -> &Header {
        self.header.claims()
    }

    /// Number of frames, the final one included; 1 for a body that is not framed.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Length of the plaintext in bytes, as the parts say it.
    #[must_use]
    pub fn plaintext_length(&self) -> u64 {
        self.plaintext_length
    }
}
