//! What is sealed in some pieces opens in others.
#![no_main]

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking, io, provider::RawAesProvider,
};
use libfuzzer_sys::fuzz_target;
use std::{io::Write, sync::Arc};

fuzz_target!(|input: (u16, u16, &[u8])| {
    let (frame_length, piece, plaintext) = input;
    let key = SecretBytes::from(vec![0; 32]);
    let provider = Arc::new(RawAesProvider::new("fuzz", "key", &key).expect("a good key"));
    let encryptor = Encryptor::builder(provider.clone()).frame_length(u32::from(frame_length) + 1);
    let nothing = EncryptionContext::new();
    let sealer = blocking::wait(encryptor.build().expect("good options").prepare(&nothing));
    let mut writer = io::EncryptWriter::new(sealer.expect("a sealer"), Vec::new());
    plaintext
        .chunks(usize::from(piece) + 1)
        .for_each(|bytes| writer.write_all(bytes).expect("sealed"));
    let message = writer.finish().expect("sealed");
    let opened = blocking::wait(Decryptor::new(provider).decrypt(&message, &nothing));
    assert_eq!(opened.expect("opened").plaintext(), plaintext);
});
