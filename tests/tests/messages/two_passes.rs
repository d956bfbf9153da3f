//! Signed messages that are read twice, so that nothing has to be held.

use std::io::{Cursor, Read, Seek, SeekFrom};

use crypto_envelope::{
    DecryptorBuilder, EncryptionContext, Error, Finished, LimitKind, Limits, MessagePart, Result,
    blocking, io,
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::sides::{SIGNED, Sides, UNSIGNED};

const LENGTH: usize = 10_000;

/// With a decryptor that may hold nothing.
fn sides() -> Result<Sides> {
    let limits = Limits::default().with_max_held_plaintext(0);
    Sides::with_decryptor(SIGNED, 100, |builder| builder.limits(limits))
}

fn seal(sides: &Sides) -> Result<Vec<u8>> {
    blocking::wait(sides.seal(&data::plaintext(LENGTH, 1)))
}

fn open(sides: &Sides, source: impl Read + Seek, out: &mut Vec<u8>) -> Result<Finished> {
    let (header, body) = io::read_header(sides.decryptor.header_parser(), source)?;
    let opener = blocking::wait(sides.decryptor.open(header, &EncryptionContext::new()))?;
    io::decrypt_seekable(opener, body, out)
}

/// Gives other bytes once somebody went back.
struct Exchanged {
    first: Cursor<Vec<u8>>,
    second: Vec<u8>,
}

impl Read for Exchanged {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.first.read(buffer)
    }
}

impl Seek for Exchanged {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        if matches!(to, SeekFrom::Start(_)) {
            self.first = Cursor::new(std::mem::take(&mut self.second));
        }
        self.first.seek(to)
    }
}

#[test]
fn nothing_is_held_and_all_comes_out() -> Result<()> {
    let sides = sides()?;
    let message = seal(&sides)?;
    let mut out = Vec::new();
    let finished = open(&sides, Cursor::new(&message), &mut out)?;
    assert_eq!(finished.plaintext_length(), LENGTH as u64);
    assert!(finished.held_plaintext().is_empty());
    assert!(out == data::plaintext(LENGTH, 1));

    let (header, body) = io::read_header(sides.decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(sides.decryptor.open(header, &EncryptionContext::new()))?;
    let once = io::decrypt(opener, body, Vec::new());
    assert!(matches!(&once, Err(Error::Limit { kind: LimitKind::HeldPlaintext, .. })));
    let told = once.map_err(|error| error.to_string()).err().unwrap_or_default();
    assert!(told.contains("two passes over a seekable source"), "{told}");
    Ok(())
}

/// The message need not stand at the beginning of its source.
#[test]
fn a_message_in_the_middle_of_a_file() -> Result<()> {
    let sides = sides()?;
    let mut file = Cursor::new([&[7; 333][..], &seal(&sides)?].concat());
    file.set_position(333);
    let mut out = Vec::new();
    open(&sides, file, &mut out)?;
    assert!(out == data::plaintext(LENGTH, 1));
    Ok(())
}

#[test]
fn nothing_comes_out_unless_the_signature_is_genuine() -> Result<()> {
    let sides = sides()?;
    let message = seal(&sides)?;
    let signature = message.len() - 1;
    for place in [signature, signature - 60, 9000, 3000] {
        let mut changed = message.clone();
        changed[place] ^= 1;
        let mut out = Vec::new();
        assert!(open(&sides, Cursor::new(changed), &mut out).is_err(), "{place}");
        assert!(out.is_empty(), "{place}");
    }
    let mut out = Vec::new();
    let cut = open(&sides, Cursor::new(&message[..signature]), &mut out);
    assert!(matches!(cut, Err(Error::Truncated { .. })));
    assert!(out.is_empty());
    Ok(())
}

/// The second pass trusts nothing of the first.
#[test]
fn a_source_that_changes_between_the_passes_is_found_out() -> Result<()> {
    let sides = sides()?;
    let message = seal(&sides)?;
    for (place, part) in [
        (message.len() - 1, MessagePart::Signature),
        (message.len() - 200, MessagePart::Frame(100)),
        (message.len() - LENGTH, MessagePart::Frame(26)),
    ] {
        let mut second = message.clone();
        second[place] ^= 1;
        let mut out = Vec::new();
        let source = Exchanged { first: Cursor::new(message.clone()), second };
        let result = open(&sides, source, &mut out);
        let found = match &result {
            Err(Error::Authentication { part: found, .. }) => Some(*found),
            _ => None,
        };
        assert_eq!(found, Some(part), "{result:?}");
        assert!(out.len() < LENGTH, "{place}");
        assert!(data::plaintext(LENGTH, 1).starts_with(&out), "{place}");
    }
    Ok(())
}

/// All or nothing stays all or nothing.
#[test]
fn what_is_to_be_held_until_the_end_is_held() -> Result<()> {
    let sides = Sides::with_decryptor(SIGNED, 100, DecryptorBuilder::hold_until_end)?;
    let message = seal(&sides)?;
    let mut second = message.clone();
    second[message.len() - 200] ^= 1;
    let mut out = Vec::new();
    let source = Exchanged { first: Cursor::new(message), second };
    assert_eq!(open(&sides, source, &mut out)?.plaintext_length(), LENGTH as u64);
    assert!(out == data::plaintext(LENGTH, 1));
    Ok(())
}

#[test]
fn an_unsigned_message_is_read_once() -> Result<()> {
    let sides = Sides::new(UNSIGNED, 4096)?;
    let message = blocking::wait(sides.seal(b"once"))?;
    let mut out = Vec::new();
    open(&sides, Exchanged { first: Cursor::new(message), second: Vec::new() }, &mut out)?;
    assert_eq!(out, b"once");
    Ok(())
}

#[test]
fn an_opener_that_has_begun_is_of_no_use() -> Result<()> {
    let sides = sides()?;
    let source = Cursor::new(seal(&sides)?);
    let (header, body) = io::read_header(sides.decryptor.header_parser(), source)?;
    let mut opener = blocking::wait(sides.decryptor.open(header, &EncryptionContext::new()))?;
    opener.push(&[0], &mut [])?;
    let result = io::decrypt_seekable(opener, body, Vec::new());
    assert!(matches!(result, Err(Error::Misuse { .. })));
    Ok(())
}
