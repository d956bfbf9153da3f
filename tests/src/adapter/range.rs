//! Opening a whole message by reading it in ranges.

use std::{io::Read, ops::Range};

use bytes::Bytes;
use crypto_envelope::{
    Decryptor, EncryptionContext, Error, PolicyViolation, Result, aio, blocking,
    ranges::{RangeOptions, RangeReader},
};

type Opened = Result<(Vec<u8>, EncryptionContext)>;

/// Range by range up to the proved end, and once more as a stream, which must give the same.
pub(super) fn open(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
    piece: usize,
) -> Opened {
    let open = |decryptor: &Decryptor| {
        RangeReader::open_with(decryptor, message, expected, awkward_options())
    };
    let mut reader = unless_signed(decryptor, open)?;
    let mut plaintext = Vec::new();
    for range in pieces(reader.length()?, piece) {
        plaintext.extend(reader.read_range(range)?);
    }
    let mut stream = Vec::new();
    reader.read_to_end(&mut stream)?;
    same(&plaintext, &stream)?;
    Ok((plaintext, reader.context().clone()))
}

/// All ranges at once, and the last one once more by its suffix.
pub(super) fn open_async(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
    piece: usize,
) -> Opened {
    let source = Bytes::copy_from_slice(message);
    let open = |decryptor: &Decryptor| {
        blocking::wait(aio::RangeReader::open(decryptor, source.clone(), expected))
    };
    let reader = unless_signed(decryptor, open)?;
    let length = blocking::wait(reader.length())?;
    let ranges: Vec<_> = pieces(length, piece).collect();
    let plaintext = blocking::wait(reader.read_ranges(&ranges))?.concat();
    let suffix = blocking::wait(reader.read_suffix(piece as u64))?;
    same(&plaintext[plaintext.len() - suffix.len()..], &suffix)?;
    Ok((plaintext, reader.context().clone()))
}

/// Opens as it is, and only what is refused since it is signed, and as that, with the option for
/// it.
fn unless_signed<R>(decryptor: &Decryptor, open: impl Fn(&Decryptor) -> Result<R>) -> Result<R> {
    match open(decryptor) {
        Err(Error::Policy(PolicyViolation::SignedRange { suite, .. })) if suite.is_signing() => {
            open(&decryptor.to_builder().danger_ignore_signature_in_ranges().build()?)
        }
        opened => opened,
    }
}

fn pieces(length: u64, piece: usize) -> impl Iterator<Item = Range<u64>> {
    (0..length).step_by(piece).map(move |start| start..start + piece as u64)
}

/// Many fetches, and no merging.
fn awkward_options() -> RangeOptions {
    RangeOptions::default().with_first_fetch(100).with_merge_gap(0).with_read_ahead(1000)
}

fn same(one: &[u8], other: &[u8]) -> Result<()> {
    if one == other { Ok(()) } else { Err(Error::invalid_input("two ways, two plaintexts")) }
}
