//! Many frames on a small stack.

use std::thread;

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking, io, provider::RawAesProvider,
};
use crypto_envelope_testkit::data::PlaintextReader;
use crypto_envelope_tests::vectors::Result;

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
