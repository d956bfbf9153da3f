//! The least that the same bytes need.

use std::io::{Read, Result, Write};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use sha2::{Digest, Sha384};

/// As much as the additional data of a frame of this suite.
const AAD: [u8; 72] = [0; 72];
const TAG: usize = 16;
/// Bytes in front of the ciphertext of a frame.
const PREFIX: usize = 16;
const CHUNK: usize = 1 << 20;

/// AES-256-GCM over frames, by AWS-LC alone.
pub struct Frames {
    key: LessSafeKey,
    frame_length: usize,
}

impl Frames {
    /// Frames of so many bytes of plaintext.
    ///
    /// # Panics
    ///
    /// Never: the key has the right length.
    #[must_use]
    pub fn new(frame_length: usize) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("the length is right");
        Self { key: LessSafeKey::new(key), frame_length }
    }

    /// Seals whole frames into the places that they have in a message.
    ///
    /// # Panics
    ///
    /// If `out` is too short.
    pub fn seal(&self, plaintext: &[u8], out: &mut [u8]) {
        let frames = out.chunks_exact_mut(self.frame_length + PREFIX + TAG);
        for (number, (plaintext, frame)) in
            (1..).zip(plaintext.chunks_exact(self.frame_length).zip(frames))
        {
            let (ciphertext, tag) = frame[PREFIX..].split_at_mut(self.frame_length);
            self.key
                .seal_out_of_place_scatter(
                    nonce(number),
                    Aad::from(AAD),
                    plaintext,
                    ciphertext,
                    &[],
                    tag,
                )
                .expect("sealing works");
        }
    }

    /// Opens what [`seal`](Self::seal) made.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn open(&self, sealed: &[u8], out: &mut [u8]) {
        let frames = sealed.chunks_exact(self.frame_length + PREFIX + TAG);
        for (number, (frame, plaintext)) in
            (1..).zip(frames.zip(out.chunks_exact_mut(self.frame_length)))
        {
            let (ciphertext, tag) = frame[PREFIX..].split_at(self.frame_length);
            self.key
                .open_separate_gather(nonce(number), Aad::from(AAD), ciphertext, tag, plaintext)
                .expect("it is genuine");
        }
    }
}

fn nonce(number: u32) -> Nonce {
    let mut iv = [0; 12];
    iv[8..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(iv)
}

/// AES-256-CTR, by AWS-LC alone.
pub struct Stream(EncryptingKey);

impl Stream {
    /// Under this key.
    ///
    /// # Panics
    ///
    /// If the key has not 32 bytes.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let key = UnboundCipherKey::new(&AES_256, key).expect("the length is right");
        Self(EncryptingKey::ctr(key).expect("AES has this mode"))
    }

    /// Encrypts in place, from this counter on.
    ///
    /// # Panics
    ///
    /// Never: any counter will do.
    pub fn apply(&self, counter: [u8; 16], data: &mut [u8]) {
        let context = EncryptionContext::Iv128(FixedLength::from(counter));
        self.0.less_safe_encrypt(data, context).expect("encrypting works");
    }
}

/// Reads, copies frame by frame, and writes: encryption without a cipher.
///
/// # Errors
///
/// Those of reader and writer.
pub fn read_copy_write(
    frame_length: usize,
    mut reader: impl Read,
    mut writer: impl Write,
) -> Result<()> {
    let stored = frame_length + PREFIX + TAG;
    let mut input = vec![0; CHUNK.max(frame_length)];
    let mut out = vec![0; input.len() / frame_length * stored];
    loop {
        let length = fill(&mut reader, &mut input)?;
        let mut written = 0;
        for (from, to) in input[..length].chunks(frame_length).zip(out.chunks_exact_mut(stored)) {
            to[PREFIX..PREFIX + from.len()].copy_from_slice(from);
            written += stored;
        }
        writer.write_all(&out[..written])?;
        if length < input.len() {
            return Ok(());
        }
    }
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

/// SHA-384, over memory.
#[must_use]
pub fn hash(bytes: &[u8]) -> Vec<u8> {
    Sha384::digest(bytes).to_vec()
}
