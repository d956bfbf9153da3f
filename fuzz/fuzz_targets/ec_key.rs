//! Whatever is read as a key on an elliptic curve, there is no panic, and its public half leads back to itself.
#![no_main]

use crypto_envelope::provider::{EcKey, RawEcdhProvider};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(key) = EcKey::parse(input) else { return };
    let public = EcKey::parse(&key.public_key()).expect("a public key");
    assert!(!public.is_private());
    assert_eq!(public.public_key(), key.public_key());
    let agrees = RawEcdhProvider::between(&key, &public);
    assert_eq!(agrees.is_ok(), key.is_private());
});
