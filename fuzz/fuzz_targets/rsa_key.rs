//! Whatever is read as an RSA key, there is no panic, and its public half leads back to itself.
#![no_main]

use crypto_envelope::provider::{RawRsaProvider, RsaKey, RsaPadding};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(key) = RsaKey::parse(input) else { return };
    let public = RsaKey::parse(key.public_key()).expect("a public key");
    assert!(!public.is_private());
    assert_eq!(public.public_key(), key.public_key());
    // Not every key that can be read can be used: short ones, or numbers that do not fit together.
    let _ = RawRsaProvider::new("fuzz", "key", RsaPadding::OaepSha256, &key);
    let _ = RawRsaProvider::new("fuzz", "key", RsaPadding::OaepSha256, &public);
});
