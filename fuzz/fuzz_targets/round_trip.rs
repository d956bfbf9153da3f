//! What is sealed in some pieces opens in others.
#![no_main]

use std::io::Write;

use crypto_envelope::{AlgorithmSuite, EncryptionContext, blocking, io::EncryptWriter};
use crypto_envelope_fuzz::{DECRYPTOR, Pieces, encryptor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [suite, frame_length, seed, plaintext @ ..] = input else { return };
    let suite = AlgorithmSuite::ALL[usize::from(*suite) % AlgorithmSuite::ALL.len()];
    let encryptor = encryptor(suite, u32::from(*frame_length) + 1);
    let nothing = EncryptionContext::new();
    let sealer = blocking::wait(encryptor.prepare(&nothing)).expect("a sealer");
    let mut writer = EncryptWriter::new(sealer, Vec::new());
    Pieces::new(*seed, plaintext).for_each(|piece| writer.write_all(piece).expect("sealed"));
    let (message, _) = writer.finish().expect("sealed");
    let opened = blocking::wait(DECRYPTOR.decrypt(&message, &nothing));
    assert_eq!(opened.expect("opened").plaintext(), plaintext);
});
