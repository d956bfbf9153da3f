//! Wrapped keys that somebody changed.

use crypto_envelope::{
    EncryptedDataKey, SecretBytes, blocking,
    provider::{KeyProvider, ProviderErrorKind},
};
use crypto_envelope_aws_kms::{
    AwsKmsArn, AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider, AwsKmsProvider,
};
use crypto_envelope_testkit::conformance;
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    vectors::Result,
};

use crate::{HOME, context, ensure, is_refused, unwrap, wrap};

pub(crate) const NEEDS: Ability = Ability::NoticesChanges;

/// Those behind what names the key, which each server has in a form of its own.
pub(crate) fn every_byte_counts(kms: &Running) -> Result<()> {
    let provider = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    let length = key.ciphertext().len();
    for index in length - 32..length {
        let mut bytes = key.ciphertext().to_vec();
        bytes[index] ^= 1;
        let changed = EncryptedDataKey::new(key.provider_id(), key.provider_info(), bytes)?;
        let outcome = unwrap(&provider, &changed, &context());
        is_refused(outcome, ProviderErrorKind::WrongContext, "InvalidCiphertextException")?;
    }
    Ok(())
}

pub(crate) fn conformance_of_one_key(kms: &Running) -> Result<()> {
    let provider = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    check_pair(&provider, &provider)
}

pub(crate) fn conformance_of_discovery(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    let filter = AwsKmsDiscoveryFilter::new("aws", [AwsKmsArn::parse(&arn)?.account()])?;
    let wrapping = AwsKmsProvider::new(kms.clients(), &arn)?;
    check_pair(&wrapping, &AwsKmsDiscoveryProvider::new(kms.clients(), filter))?;
    check_pair(&wrapping, &AwsKmsDiscoveryProvider::any_account(kms.clients()))
}

/// A key that one may use, in the place of the one that wrapped.
pub(crate) fn a_key_under_another_name(kms: &Running) -> Result<()> {
    let arns = [kms.create_key(HOME)?, kms.create_key(HOME)?];
    let wrapping = AwsKmsProvider::new(kms.clients(), &arns[0])?;
    let key = wrap(&wrapping, &SecretBytes::random(32)?)?;
    let renamed = EncryptedDataKey::new(key.provider_id(), arns[1].as_str(), key.ciphertext())?;
    let strict = AwsKmsProvider::new(kms.clients(), &arns[1])?;
    let discovery = AwsKmsDiscoveryProvider::any_account(kms.clients());
    ensure(unwrap(&strict, &renamed, &context()).is_err(), "its own key refuses")?;
    ensure(unwrap(&discovery, &renamed, &context()).is_err(), "discovery refuses")
}

pub(crate) fn check_pair(wrapping: &dyn KeyProvider, unwrapping: &dyn KeyProvider) -> Result<()> {
    let outcome =
        blocking::wait(async { Ok(conformance::check_pair(wrapping, unwrapping).await) })?;
    Ok(outcome?)
}
