//! Both gateways: keys are found by the OpenAPI and used by the instance, inside of a VPC. What an
//! instance wraps for it, the OpenAPI can open as well, for the day when the instance is out of reach.
//!
//! It runs against fakes; see `ExampleKms` for gateways of yours.

use std::error::Error;

use crypto_envelope::{Decryptor, EncryptionContext, Encryptor, blocking};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstanceProvider, AlibabaKmsOpenApiProvider, InstanceCalls, openapi::DescribeKey,
};
use crypto_envelope_examples::ExampleKms;

fn main() -> Result<(), Box<dyn Error>> {
    let kms = ExampleKms::from_env()?;
    let described = blocking::wait(kms.openapi.call(DescribeKey::new(&kms.key_id)))?.key;
    assert_eq!(described.key_state.as_deref(), Some("Enabled"));

    let context = EncryptionContext::from([("tenant", "blue")]);
    let by_instance = AlibabaKmsInstanceProvider::new(&kms.instance, &described.key_id)?
        .with_calls(InstanceCalls::Kms1Compatible);
    let message = blocking::wait(Encryptor::new(by_instance).encrypt(b"an invoice", &context))?;

    let by_openapi = AlibabaKmsOpenApiProvider::new(&kms.openapi, &described.key_id)?;
    let opened = blocking::wait(Decryptor::new(by_openapi).decrypt(&message, &context))?;
    assert_eq!(opened.plaintext(), b"an invoice");
    Ok(())
}
