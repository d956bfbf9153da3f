//! Whatever is decrypted, there is no panic, and all ways agree. The keys of the corpus are known,
//! so that its messages get far.
#![no_main]

use crypto_envelope::{Decrypted, EncryptionContext, Limits, Outline, Result, blocking, io};
use crypto_envelope_fuzz::{DECRYPTOR, Pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [seed, message @ ..] = input else { return };
    let at_once = blocking::wait(DECRYPTOR.decrypt(message, &EncryptionContext::new()));
    let at_once = at_once.map(Decrypted::into_plaintext);
    let as_stream = decrypt_stream(Pieces::new(*seed, message));
    match (at_once, as_stream) {
        (Ok(plaintext), Ok(streamed)) => {
            assert_eq!(plaintext, streamed);
            let outline = Outline::of(message, &Limits::default()).expect("what opens has one");
            assert_eq!(outline.plaintext_length(), plaintext.len() as u64);
        }
        (at_once, as_stream) => assert_eq!(reason(at_once), reason(as_stream)),
    }
});

fn decrypt_stream(message: Pieces<'_>) -> Result<Vec<u8>> {
    let (header, body) = io::read_header(DECRYPTOR.header_parser(), message)?;
    let opener = blocking::wait(DECRYPTOR.open(header, &EncryptionContext::new()))?;
    let mut plaintext = Vec::new();
    io::decrypt(opener, body, &mut plaintext)?;
    Ok(plaintext)
}

fn reason(outcome: Result<Vec<u8>>) -> Option<String> {
    outcome.err().map(|error| error.to_string())
}
