//! A stream that fits in no memory: generated, sealed, piped, opened and compared on the fly.

use std::{
    env,
    io::{Read, pipe},
    thread,
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking,
    io::{self, DecryptReader},
    provider::RawAesProvider,
};
use crypto_envelope_testkit::data::PlaintextReader;
use crypto_envelope_tests::vectors::Result;

/// 64 MiB, or 8 GiB with `cargo xtask test --large`.
fn length() -> u64 {
    if env::var_os("CRYPTO_ENVELOPE_LARGE").is_some() { 8 << 30 } else { 64 << 20 }
}

#[test]
fn a_large_stream_goes_through() -> Result<()> {
    let provider = || RawAesProvider::new("large", "key", &SecretBytes::from(vec![9; 32]));
    let encryptor = Encryptor::builder(provider()?)
        .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
        .frame_length(4096)
        .build()?;
    let nothing = EncryptionContext::new();
    let sealer = blocking::wait(encryptor.prepare(&nothing))?;
    let (from_sealer, to_opener) = pipe()?;
    let sealing =
        thread::spawn(move || io::encrypt(sealer, PlaintextReader::new(length(), 1), to_opener));

    let decryptor = Decryptor::new(provider()?);
    let (header, body) = io::read_header(decryptor.header_parser(), from_sealer)?;
    let opener = blocking::wait(decryptor.open(header, &nothing))?;
    let mut opened = DecryptReader::new(opener, body);
    let mut expected = PlaintextReader::new(length(), 1);
    let (mut found, mut wanted) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut total = 0;
    loop {
        let length = opened.read(&mut found)?;
        if length == 0 {
            break;
        }
        expected.read_exact(&mut wanted[..length])?;
        assert!(found[..length] == wanted[..length], "another plaintext near byte {total}");
        total += length as u64;
    }
    assert_eq!(total, length());
    assert!(opened.finished().is_some());
    let sealed = sealing.join().map_err(|_| "sealing panicked")??;
    assert_eq!(sealed.plaintext_length(), length());
    Ok(())
}

/// A million frames, on the stack of an ordinary worker thread: nothing recurses.
#[test]
fn a_million_frames_on_a_small_stack() -> Result<()> {
    let work = || -> crypto_envelope::Result<u64> {
        let provider = || RawAesProvider::new("large", "key", &SecretBytes::from(vec![9; 32]));
        let encryptor = Encryptor::builder(provider()?).frame_length(1).build()?;
        let nothing = EncryptionContext::new();
        let mut message = Vec::new();
        let sealer = blocking::wait(encryptor.prepare(&nothing))?;
        io::encrypt(sealer, PlaintextReader::new(1_000_000, 1), &mut message)?;

        let decryptor = Decryptor::builder(provider()?).release_before_signature().build()?;
        let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
        let opener = blocking::wait(decryptor.open(header, &nothing))?;
        let finished = io::decrypt(opener, body, std::io::sink())?;
        Ok(finished.plaintext_length())
    };
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(work)?;
    assert_eq!(thread.join().map_err(|_| "the thread panicked")??, 1_000_000);
    Ok(())
}
