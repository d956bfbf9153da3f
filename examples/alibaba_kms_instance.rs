//! Key operations by the gateway of a KMS instance alone: a message under a key of it, with the context that
//! is bound to it, and what the gateway does for small things directly.
//!
//! It runs against a fake instance; see `ExampleKms` for one of yours.

use std::{error::Error, sync::Arc};

use crypto_envelope::{Decryptor, EncryptionContext, Encryptor, blocking};
use crypto_envelope_alibaba_kms::{
    AadStyle, AlibabaKmsInstanceProvider,
    instance::{AdvanceDecrypt, AdvanceEncrypt},
};
use crypto_envelope_examples::ExampleKms;

fn main() -> Result<(), Box<dyn Error>> {
    let kms = ExampleKms::from_env()?;
    let context = EncryptionContext::from([("tenant", "blue")]);

    // Data of any size: KMS wraps the key, this machine encrypts.
    let provider = Arc::new(AlibabaKmsInstanceProvider::new(&kms.instance, &kms.key_id)?);
    let encryptor = Encryptor::new(provider.clone());
    let message = blocking::wait(encryptor.encrypt(&vec![7; 1 << 20], &context))?;
    let opened = blocking::wait(Decryptor::new(provider).decrypt(&message, &context))?;
    assert_eq!(opened.plaintext(), vec![7; 1 << 20]);

    // A few bytes: KMS encrypts them itself, with the newest version of the key.
    let aad = AadStyle::default().aad(&context);
    let call = AdvanceEncrypt::new(&kms.key_id, &b"a password"[..]).aad(aad.clone());
    let sealed = blocking::wait(kms.instance.call(call))?;
    let call = AdvanceDecrypt::new(sealed.ciphertext_blob).aad(aad);
    let opened = blocking::wait(kms.instance.call(call))?;
    assert!(opened.plaintext.equals(b"a password"));
    Ok(())
}
