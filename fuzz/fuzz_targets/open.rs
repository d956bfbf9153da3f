//! Whatever is decrypted, there is no panic. The key is known, so that mutated messages of the
//! corpus get far.
#![no_main]

use crypto_envelope::{
    CommitmentPolicy, Decryptor, EncryptionContext, SecretBytes, blocking, provider::RawAesProvider,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let key = SecretBytes::from(vec![0; 32]);
    let provider = RawAesProvider::new("fuzz", "key", &key).expect("a good key");
    let decryptor = Decryptor::builder(provider)
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .expect("good options");
    let _ = blocking::wait(decryptor.decrypt(message, &EncryptionContext::new()));
});
