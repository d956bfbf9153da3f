//! What is given to a call, as its message has it. The functions look alike for the macro that calls them.
#![expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    reason = "they look alike for the macro"
)]

use crypto_envelope::{Error, Result, SecretBytes};

/// How the keys of a pair are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyFormat {
    /// As bytes.
    Der,
    /// As text.
    Pem,
}

/// What a signature is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageType {
    /// Of the message: KMS hashes it.
    Raw,
    /// Of the hash of the message, made by the hash of the algorithm: 32 bytes of SHA-256.
    Digest,
}

pub(crate) fn text(name: &str, text: &str) -> Result<String> {
    check(name, text.as_bytes())?;
    any_text(name, text)
}

/// An empty one is none.
pub(crate) fn any_text(name: &str, text: &str) -> Result<String> {
    if text.len() > LONGEST_TEXT {
        let message = format!("{name} is longer than {LONGEST_TEXT} bytes");
        return Err(Error::invalid_input(message));
    }
    Ok(text.to_owned())
}

pub(crate) fn bytes(name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    check(name, bytes)?;
    Ok(bytes.to_vec())
}

pub(crate) fn secret(name: &str, secret: &SecretBytes) -> Result<SecretBytes> {
    check(name, secret.expose())?;
    Ok(SecretBytes::from(secret.expose()))
}

/// An empty one is none.
pub(crate) fn aad(name: &str, aad: &[u8]) -> Result<Vec<u8>> {
    if aad.len() > LONGEST_AAD {
        let message = format!(
            "{name} has {} bytes, and {LONGEST_AAD} are the most: give its SHA-256",
            aad.len()
        );
        return Err(Error::invalid_input(message));
    }
    Ok(aad.to_vec())
}

pub(crate) fn iv(name: &str, iv: &[u8]) -> Result<Vec<u8>> {
    if !IV_LENGTHS.contains(&iv.len()) {
        let message =
            format!("{name} has {} bytes, but has to have 12 (AES_GCM) or 16 (AES_CBC)", iv.len());
        return Err(Error::invalid_input(message));
    }
    Ok(iv.to_vec())
}

/// Of secret bytes that KMS makes.
pub(crate) fn length(name: &str, length: &u32) -> Result<i32> {
    let number = i32::try_from(*length).ok().filter(|number| (1..=LONGEST_RANDOM).contains(number));
    number.ok_or_else(|| {
        let message = format!("{name} is {length}, but has to be from 1 to {LONGEST_RANDOM}");
        Error::invalid_input(message)
    })
}

pub(crate) fn key_format(_: &str, format: &KeyFormat) -> Result<String> {
    let name = match format {
        KeyFormat::Der => "DER",
        KeyFormat::Pem => "PEM",
    };
    Ok(name.to_owned())
}

pub(crate) fn message_type(_: &str, message_type: &MessageType) -> Result<String> {
    let name = match message_type {
        MessageType::Raw => "RAW",
        MessageType::Digest => "DIGEST",
    };
    Ok(name.to_owned())
}

/// What is to be signed by an algorithm.
pub(crate) fn check_signed(
    algorithm: &str,
    message_type: MessageType,
    message: &[u8],
) -> Result<()> {
    let is_sha256 = algorithm.ends_with("SHA_256");
    if message_type == MessageType::Digest && is_sha256 && message.len() != SHA256_LENGTH {
        let message = format!(
            "Message has {} bytes, but the digest for {algorithm} has {SHA256_LENGTH}",
            message.len()
        );
        return Err(Error::invalid_input(message));
    }
    Ok(())
}

/// What is empty is not sent: KMS cannot tell it from what was left out.
fn check(name: &str, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() { Err(Error::invalid_input(format!("{name} is empty"))) } else { Ok(()) }
}

/// In bytes. Ids and names are far shorter.
const LONGEST_TEXT: usize = 64 << 10;
/// In bytes (KMS instance API reference, `Encrypt`).
const LONGEST_AAD: usize = 8192;
/// In bytes (KMS instance API reference, `GenerateDataKey`, `GenerateRandom`).
const LONGEST_RANDOM: i32 = 1024;
const SHA256_LENGTH: usize = 32;
const IV_LENGTHS: [usize; 2] = [12, 16];
