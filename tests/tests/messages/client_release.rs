//! When plaintext comes out, and what is left after a failure.

use std::io::{Read, Write};

use crypto_envelope::{
    Decryptor, Encryptor, Error, Limits, MessagePart, Result, UnverifiedHeader, blocking,
    io::{self, DecryptReader, EncryptWriter},
};
use crypto_envelope_tests::{
    client::{decrypt, encrypt, nothing},
    sides::{SIGNED, UNSIGNED, random_provider},
};

/// Pushes the message piece by piece; returns how much plaintext was out before the last byte.
fn released_early(decryptor: &Decryptor, message: &[u8]) -> Result<(usize, usize)> {
    let (header, body) = UnverifiedHeader::parse(message, &Limits::default())?;
    let mut opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let (last, body) = body.split_last().expect("a body");
    let mut out = vec![0; message.len()];
    let early = opener.push(body, &mut out)?;
    let late = opener.push(&[*last], &mut out)?;
    Ok((early, late + opener.finish()?.held_plaintext().len()))
}

#[test]
fn plaintext_comes_out_when_the_mode_says() -> Result<()> {
    let provider = random_provider()?;
    let text = [7; 250];
    let unsigned = encrypt(provider.clone(), UNSIGNED, &text, &nothing())?;
    let signed = encrypt(provider.clone(), SIGNED, &text, &nothing())?;
    let builder = || Decryptor::builder(provider.clone());

    let default = builder().build()?;
    assert_eq!(released_early(&default, &unsigned)?, (200, 50));
    assert_eq!(released_early(&default, &signed)?, (0, 250));
    let early = builder().release_before_signature().build()?;
    assert_eq!(released_early(&early, &signed)?, (200, 50));
    let late = builder().hold_until_end().build()?;
    assert_eq!(released_early(&late, &unsigned)?, (0, 250));
    assert_eq!(released_early(&late, &signed)?, (0, 250));
    Ok(())
}

#[test]
fn a_wrong_signature_keeps_the_last_frame_back() -> Result<()> {
    let provider = random_provider()?;
    let mut message = encrypt(provider.clone(), SIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let early = Decryptor::builder(provider).release_before_signature().build()?;
    let (header, body) = io::read_header(early.header_parser(), &message[..])?;
    let opener = blocking::wait(early.open(header, &nothing()))?;
    let mut reader = DecryptReader::new(opener, OneByte(body));
    let mut plaintext = Vec::new();
    let error = Error::from(reader.read_to_end(&mut plaintext).expect_err("a bad signature"));
    assert!(matches!(error, Error::Authentication { part: MessagePart::Signature, .. }));
    assert_eq!(plaintext.len(), 200);
    Ok(())
}

#[test]
fn a_message_without_its_end_is_truncated() -> Result<()> {
    let provider = random_provider()?;
    let encryptor =
        Encryptor::builder(provider.clone()).suite(UNSIGNED).frame_length(10).build()?;
    let mut message = Vec::new();
    let sealer = blocking::wait(encryptor.prepare(&nothing()))?;
    EncryptWriter::new(sealer, &mut message).write_all(&[7; 25])?;
    assert!(matches!(decrypt(provider, &message, &nothing()), Err(Error::Truncated { .. })));
    Ok(())
}

#[test]
fn a_writer_that_failed_stays_failed() -> Result<()> {
    let encryptor =
        Encryptor::builder(random_provider()?).suite(UNSIGNED).frame_length(10).build()?;
    let sealer = blocking::wait(encryptor.prepare(&nothing()))?;
    let mut writer = EncryptWriter::new(sealer, FailsOnce { failed: false });
    assert!(writer.write_all(&[7; 25]).is_err());
    assert!(writer.write_all(&[7; 25]).is_err());
    assert!(matches!(writer.finish(), Err(Error::Misuse { .. })));
    Ok(())
}

#[test]
fn a_reader_that_failed_stays_failed() -> Result<()> {
    let provider = random_provider()?;
    let mut message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let decryptor = Decryptor::new(provider);
    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut reader = DecryptReader::new(opener, body);
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
    // An end of file here would be a silent truncation.
    assert!(reader.read(&mut [0; 10]).is_err());
    assert!(reader.finished().is_none());
    Ok(())
}

/// Whoever asks whether it is finished wants to know that there is no more.
#[test]
fn a_reader_is_finished_when_all_was_read() -> Result<()> {
    let provider = random_provider()?;
    let message = encrypt(provider.clone(), SIGNED, &[7; 250], &nothing())?;
    let decryptor = Decryptor::new(provider);
    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut reader = DecryptReader::new(opener, body);
    reader.read_exact(&mut [0; 249])?;
    assert!(reader.finished().is_none());
    reader.read_exact(&mut [0; 1])?;
    assert!(reader.finished().is_some());
    Ok(())
}

#[test]
fn one_shot_leaves_the_buffer_as_it_was() -> Result<()> {
    let provider = random_provider()?;
    let mut message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let decryptor = Decryptor::new(provider);
    let (header, body) = UnverifiedHeader::parse(&message, &Limits::default())?;
    let opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut out = b"before".to_vec();
    out.reserve(1000);
    assert!(opener.open_into(body, &mut out).is_err());
    assert_eq!(out, b"before");
    Ok(())
}

#[test]
fn an_engine_that_failed_wipes_and_stays_failed() -> Result<()> {
    let provider = random_provider()?;
    let mut message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let decryptor = Decryptor::new(provider);
    let (header, body) = UnverifiedHeader::parse(&message, &Limits::default())?;
    let mut opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut out = vec![1; 1000];
    let part = MessagePart::Frame(3);
    let failed = opener.push(body, &mut out);
    assert!(matches!(failed, Err(Error::Authentication { part: p, .. }) if p == part));
    assert!(out.iter().all(|byte| *byte == 0));
    assert!(matches!(opener.push(b"", &mut out), Err(Error::Misuse { .. })));
    assert!(matches!(opener.finish(), Err(Error::Misuse { .. })));
    Ok(())
}

struct OneByte<R>(R);

impl<R: Read> Read for OneByte<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

struct FailsOnce {
    failed: bool,
}

impl Write for FailsOnce {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        self.failed = true;
        Err(std::io::Error::other("the disk is full"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
