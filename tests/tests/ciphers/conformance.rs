//! Every provider of this workspace keeps the rules, also behind a pointer.

#[path = "../../../examples/custom_provider.rs"]
mod custom_provider;

use std::{error::Error, sync::Arc};

use crypto_envelope::{
    SecretBytes, blocking,
    provider::{
        EcCurve, EcKey, KeyProvider, MultiProvider, RawAesProvider, RawEcdhProvider,
        RawRsaProvider, RsaKey, RsaPadding,
    },
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

const PRIVATE_RSA_KEY: &[u8] = include_bytes!("../../vectors/rsa/private.pkcs8.pem");

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
fn raw_ecdh_between_keys_on_every_curve() -> TestResult {
    for curve in [EcCurve::P256, EcCurve::P384, EcCurve::P521] {
        let (own, peer) = (EcKey::generate(curve)?, EcKey::generate(curve)?);
        check(&RawEcdhProvider::between(&own, &peer.to_public())?)?;
    }
    Ok(())
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

/// COS objects alone, by their formats.
mod tencent_cos {
    use std::{fs, sync::Arc};

    use crypto_envelope_tencent_cos::{
        CosAesProvider, CosAesWrapping, CosKmsProvider, CosRsaProvider, CosRsaWrapping,
    };
    use crypto_envelope_tests::{
        tencent_cos::rsa_key,
        tencent_kms::{KmsWriter, OneKeyKms},
    };

    use super::{SecretBytes, TestResult, blocking, check, conformance};

    #[test]
    fn aes_of_every_wrapping() -> TestResult {
        for wrapping in [
            CosAesWrapping::JavaKeyWrap,
            CosAesWrapping::PythonMasterIv,
            CosAesWrapping::DangerPythonFixedKeystream,
        ] {
            for length in [16, 24, 32] {
                check(&CosAesProvider::new(&SecretBytes::random(length)?, wrapping)?)?;
            }
        }
        Ok(())
    }

    fn rsa(
        key: &str,
        wrapping: CosRsaWrapping,
    ) -> Result<CosRsaProvider, Box<dyn std::error::Error>> {
        let key = CosRsaProvider::key_of(&fs::read(rsa_key(key))?, None)?;
        Ok(CosRsaProvider::new(&key, wrapping)?)
    }

    #[test]
    fn rsa_as_python_with_oaep() -> TestResult {
        check(&rsa("rsa2048.pkcs8.pem", CosRsaWrapping::PythonOaepSha1)?)
    }

    #[test]
    fn rsa_as_python_with_pkcs1() -> TestResult {
        check(&rsa("rsa2048.pkcs8.pem", CosRsaWrapping::DangerPythonPkcs1V15)?)
    }

    #[test]
    fn rsa_as_java() -> TestResult {
        check(&rsa("rsa2048.pkcs8.pem", CosRsaWrapping::JavaOaepSha256)?)
    }

    #[cfg(feature = "rustcrypto-rsa")]
    #[test]
    fn rsa_as_java_by_itself() -> TestResult {
        check(&rsa("rsa2048.pkcs8.pem", CosRsaWrapping::JavaOaepSha256Mgf1Sha1)?)
    }

    #[test]
    fn the_public_half_wraps_for_the_private_one() -> TestResult {
        let wrapping = CosRsaWrapping::PythonOaepSha1;
        let (public, private) =
            (rsa("rsa2048.pub.pem", wrapping)?, rsa("rsa2048.pkcs8.pem", wrapping)?);
        let checked = async { Ok(conformance::check_pair(&public, &private).await) };
        Ok(blocking::wait(checked)??)
    }

    /// It only unwraps, so somebody else wraps.
    #[test]
    fn kms() -> TestResult {
        let kms = Arc::new(OneKeyKms::new()?);
        let (writer, reader) = (KmsWriter(kms.clone()), CosKmsProvider::new(kms));
        Ok(blocking::wait(async { Ok(conformance::check_pair(&writer, &reader).await) })??)
    }
}
