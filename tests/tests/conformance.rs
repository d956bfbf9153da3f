//! Every provider of this workspace keeps the rules, also behind a pointer.

#[path = "../../examples/custom_provider.rs"]
mod custom_provider;

use std::{error::Error, sync::Arc};

use crypto_envelope::{
    SecretBytes, blocking,
    provider::{KeyProvider, MultiProvider, RawAesProvider, RawRsaProvider, RsaKey, RsaPadding},
};
use crypto_envelope_testkit::conformance;
use custom_provider::StaticRandomProvider;

type TestResult = Result<(), Box<dyn Error>>;

fn check(provider: &dyn KeyProvider) -> TestResult {
    Ok(blocking::wait(async { Ok(conformance::check(provider).await) })??)
}

fn raw_aes(length: usize) -> crypto_envelope::Result<RawAesProvider> {
    RawAesProvider::new("conformance", format!("AES-{length}"), &SecretBytes::random(length)?)
}

#[test]
fn raw_aes_of_every_length() -> TestResult {
    for length in [16, 24, 32] {
        check(&raw_aes(length)?)?;
    }
    Ok(())
}

const PRIVATE_RSA_KEY: &[u8] = include_bytes!("../vectors/rsa/private.pkcs8.pem");

fn raw_rsa(padding: RsaPadding) -> crypto_envelope::Result<RawRsaProvider> {
    RawRsaProvider::new("conformance", "RSA", padding, &RsaKey::parse(PRIVATE_RSA_KEY)?)
}

/// One by one, since RSA takes its time and tests share the cores.
mod raw_rsa_with {
    use super::{RsaPadding, TestResult, check, raw_rsa};

    #[test]
    fn oaep_sha1() -> TestResult {
        check(&raw_rsa(RsaPadding::OaepSha1)?)
    }

    #[test]
    fn oaep_sha256() -> TestResult {
        check(&raw_rsa(RsaPadding::OaepSha256)?)
    }

    #[test]
    fn oaep_sha384() -> TestResult {
        check(&raw_rsa(RsaPadding::OaepSha384)?)
    }

    #[test]
    fn oaep_sha512() -> TestResult {
        check(&raw_rsa(RsaPadding::OaepSha512)?)
    }

    #[test]
    fn pkcs1() -> TestResult {
        check(&raw_rsa(RsaPadding::DangerPkcs1V15)?)
    }
}

#[test]
fn several_providers_as_one() -> TestResult {
    check(&MultiProvider::new(raw_aes(32)?))?;
    check(&MultiProvider::new(raw_aes(32)?).with_child(raw_aes(16)?))?;
    let mixed = MultiProvider::new(raw_aes(32)?).with_child(raw_rsa(RsaPadding::OaepSha256)?);
    let properties = mixed.properties();
    assert!(!properties.binds_context && !properties.authenticates_wrapper);
    assert_eq!(properties.targets, RawRsaProvider::PROPERTIES.targets);
    Ok(())
}

#[test]
fn behind_pointers() -> TestResult {
    let shared: Arc<dyn KeyProvider> = Arc::new(raw_aes(32)?);
    check(&shared)?;
    check(&Arc::new(raw_aes(32)?))?;
    let boxed: Box<dyn KeyProvider> = Box::new(raw_aes(32)?);
    check(&boxed)
}

#[test]
fn the_custom_provider_of_the_example() -> TestResult {
    check(&StaticRandomProvider::new(["one", "two"])?)
}
