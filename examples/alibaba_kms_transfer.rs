//! From KMS 1.0 to an instance: a program that was written for the OpenAPI keeps its calls and its
//! ciphertexts, and an instance serves them.
//!
//! It runs against fakes; see `ExampleKms` for gateways of yours.

use std::error::Error;

use crypto_envelope::{EncryptionContext, blocking};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsTransfer,
    openapi::{Decrypt, DescribeKey, Encrypt, GenerateDataKey},
    transfer::Gateway,
};
use crypto_envelope_examples::ExampleKms;

fn main() -> Result<(), Box<dyn Error>> {
    let kms = ExampleKms::from_env()?;
    let context = EncryptionContext::from([("order", "4711")]);

    // What there is from before.
    let call = Encrypt::new(&kms.key_id, &b"a card number"[..]).encryption_context(context.clone());
    let old = blocking::wait(kms.openapi.call(call))?.ciphertext_blob;

    // The same calls, to another client.
    let transfer = AlibabaKmsTransfer::new(&kms.instance).with_openapi(&kms.openapi);
    let call = Decrypt::new(&old).encryption_context(context.clone());
    assert!(blocking::wait(transfer.call(call))?.plaintext.equals(b"a card number"));
    let call = GenerateDataKey::new(&kms.key_id).encryption_context(context.clone());
    let made = blocking::wait(transfer.call(call))?;
    // What an instance cannot do goes to the OpenAPI.
    blocking::wait(transfer.call(DescribeKey::new(&kms.key_id)))?;

    // There is a way back as well.
    let call = Decrypt::new(&made.ciphertext_blob).encryption_context(context);
    let opened = blocking::wait(transfer.call_by(Gateway::OpenApi, call))?.decoded()?;
    assert!(opened.equals(made.plaintext.expose()));
    Ok(())
}
