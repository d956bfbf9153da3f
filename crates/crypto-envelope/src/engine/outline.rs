//! What can be said of a whole message without a key.

use std::fmt;

use super::{MessageVerifier, UnverifiedHeader, parts::Parts, signature::verify_part};
use crate::{Error, Header, Limits, Result};

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
    message_length: u64,
}

impl Outline {
    /// Reads a whole message that is in memory. [`Outliner`] and
    /// [`io::outline`](crate::io::outline) take one in pieces.
    ///
    /// # Errors
    ///
    /// What is wrong with its form, as [`Decryptor::decrypt`](crate::Decryptor::decrypt) would
    /// say it; [`Error::Authentication`] if the signature does not fit.
    pub fn of(message: &[u8], limits: &Limits) -> Result<Self> {
        let (header, body) = UnverifiedHeader::parse(message, limits)?;
        let mut outliner = Outliner::new(header, limits)?;
        outliner.push(body)?;
        outliner.finish()
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

    /// Length of the whole message in bytes.
    #[must_use]
    pub fn message_length(&self) -> u64 {
        self.message_length
    }
}

/// Draws the [`Outline`] of a message that arrives in pieces of any size.
pub struct Outliner {
    header: UnverifiedHeader,
    parts: Parts,
    verifier: Option<MessageVerifier>,
    health: Health,
    frames: u64,
    plaintext_length: u64,
}

impl Outliner {
    /// Begins behind the header.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if the header exceeds the limits; [`Error::Policy`] if it names a key to
    /// verify a signature that its suite does not have, or none although it has one.
    pub fn new(header: UnverifiedHeader, limits: &Limits) -> Result<Self> {
        let claims = header.claims();
        limits.check_header(claims)?;
        let verifier = MessageVerifier::of_message(claims)?;
        let parts = Parts::new(claims, limits.clone());
        let health = Health::Good;
        Ok(Self { header, parts, verifier, health, frames: 0, plaintext_length: 0 })
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Limit`] or [`Error::Authentication`] as soon as the bytes
    /// show it. The outliner is then of no use, and says so with [`Error::Misuse`].
    pub fn push(&mut self, body: &[u8]) -> Result<()> {
        if self.health == Health::Failed {
            return Err(FAILED_BEFORE);
        }
        let taken = self.take_parts(body);
        if taken.is_err() {
            self.health = Health::Failed;
        }
        taken
    }

    fn take_parts(&mut self, body: &[u8]) -> Result<()> {
        let mut rest = body;
        while let Some((unit, bytes)) = self.parts.next(&mut rest)? {
            self.frames += 1;
            self.plaintext_length += unit.plaintext as u64;
            verify_part(&mut self.verifier, &unit, bytes)?;
        }
        Ok(())
    }

    /// The outline, if the message has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if something is missing; [`Error::Misuse`] after an earlier error.
    pub fn finish(self) -> Result<Outline> {
        let Self { header, parts, verifier, health, frames, plaintext_length } = self;
        let message_length = parts.position();
        if health == Health::Failed {
            return Err(FAILED_BEFORE);
        }
        if !parts.is_at_end() || verifier.is_some() {
            return Err(Error::Truncated { offset: message_length });
        }
        Ok(Outline { header, frames, plaintext_length, message_length })
    }
}

impl fmt::Debug for Outliner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outliner")
            .field("header", &self.header)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    Failed,
}

const FAILED_BEFORE: Error = Error::Misuse { what: "this outliner has failed before" };
