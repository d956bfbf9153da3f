//! RSA keys: anybody encrypts, KMS decrypts.

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, SecretBytes, blocking,
    provider::{ProviderErrorKind, RsaKey, RsaPadding},
};
use crypto_envelope_aws_kms::{AwsKmsRsaProvider, aws_sdk_kms::types::KeySpec};
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    vectors::Result,
};

use crate::{
    HOME, changes::check_pair, context, ensure, is_refused, opens, other_context, unwrap, wrap,
};

pub(crate) const NEEDS: Ability = Ability::Rsa;

pub(crate) fn offline_public_key(kms: &Running) -> Result<()> {
    for spec in [KeySpec::Rsa2048, KeySpec::Rsa3072, KeySpec::Rsa4096] {
        let arn = kms.create_rsa_key(HOME, spec)?;
        for padding in PADDINGS {
            for context in [EncryptionContext::new(), context()] {
                let opening = AwsKmsRsaProvider::new(kms.clients(), &arn, padding)?;
                opens(offline(kms, &arn, padding)?, opening, &context)?;
            }
        }
    }
    Ok(())
}

pub(crate) fn public_key_of_kms(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    for padding in PADDINGS {
        let opening = AwsKmsRsaProvider::new(kms.clients(), &arn, padding)?;
        opens(online(kms, &arn, padding)?, opening, &context())?;
    }
    Ok(())
}

/// KMS does not see it: the provider itself compares.
pub(crate) fn another_context(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let provider = online(kms, &arn, RsaPadding::OaepSha256)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    let outcome = unwrap(&provider, &key, &other_context());
    ensure(matches!(outcome, Err(Error::Authentication { .. })), "the context is bound")
}

pub(crate) fn another_padding(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let [sha1, sha256] = PADDINGS.map(|padding| online(kms, &arn, padding));
    let (sha1, sha256) = (sha1?, sha256?);
    for (wrapping, unwrapping) in [(&sha1, &sha256), (&sha256, &sha1)] {
        let key = wrap(wrapping, &SecretBytes::random(32)?)?;
        let outcome = unwrap(unwrapping, &key, &context());
        is_refused(outcome, ProviderErrorKind::WrongContext, "InvalidCiphertextException")?;
    }
    Ok(())
}

pub(crate) fn a_changed_key(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let provider = online(kms, &arn, RsaPadding::OaepSha256)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    let mut bytes = key.ciphertext().to_vec();
    bytes[255] ^= 1;
    let changed = EncryptedDataKey::new(key.provider_id(), key.provider_info(), bytes)?;
    let outcome = unwrap(&provider, &changed, &context());
    is_refused(outcome, ProviderErrorKind::WrongContext, "InvalidCiphertextException")
}

pub(crate) fn conformance_with_sha1(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let provider = online(kms, &arn, RsaPadding::OaepSha1)?;
    check_pair(&provider, &provider)
}

pub(crate) fn conformance_with_sha256(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let provider = online(kms, &arn, RsaPadding::OaepSha256)?;
    check_pair(&provider, &provider)
}

pub(crate) fn conformance_of_offline_encryption(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let padding = RsaPadding::OaepSha256;
    let unwrapping = AwsKmsRsaProvider::new(kms.clients(), &arn, padding)?;
    check_pair(&offline(kms, &arn, padding)?, &unwrapping)
}

fn offline(kms: &Running, arn: &str, padding: RsaPadding) -> Result<AwsKmsRsaProvider> {
    let public_key = RsaKey::parse(&kms.public_key(arn)?)?;
    Ok(AwsKmsRsaProvider::offline(arn, padding, &public_key)?)
}

fn online(kms: &Running, arn: &str, padding: RsaPadding) -> Result<AwsKmsRsaProvider> {
    let provider = AwsKmsRsaProvider::new(kms.clients(), arn, padding)?;
    Ok(blocking::wait(provider.with_public_key_of_kms())?)
}

const PADDINGS: [RsaPadding; 2] = [RsaPadding::OaepSha1, RsaPadding::OaepSha256];
