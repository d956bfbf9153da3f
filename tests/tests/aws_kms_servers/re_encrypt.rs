//! Keys that move from one KMS key to another inside KMS.

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, SecretBytes, blocking,
    provider::{DetachedTarget, KeyProvider, ProviderErrorKind, RewrapRequest},
};
use crypto_envelope_aws_kms::{AwsKmsDiscoveryProvider, AwsKmsKeysBuilder, AwsKmsProvider};
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    vectors::Result,
};

use crate::{HOME, context, ensure, is_refused, other_context, unwraps_to, wrap};

pub(crate) const NEEDS: Ability = Ability::ReEncrypt;

pub(crate) fn within_kms(kms: &Running) -> Result<()> {
    let (from, to, secret) = (provider(kms)?, provider(kms)?, SecretBytes::random(48)?);
    let keys = rewrap(&from, &wrap(&from, &secret)?, &context(), &to)?;
    was_done_by_kms(kms)?;
    unwraps_to(&to, &keys[0], &other_context(), &secret)
}

pub(crate) fn under_several_keys(kms: &Running) -> Result<()> {
    let arns = [kms.create_key(HOME)?, kms.create_key(HOME)?];
    let (from, secret) = (provider(kms)?, SecretBytes::random(32)?);
    let to = AwsKmsKeysBuilder::new(kms.clients()).key(&arns[0]).key(&arns[1]).build()?;
    let keys = rewrap(&from, &wrap(&from, &secret)?, &context(), &to)?;
    was_done_by_kms(kms)?;
    for (arn, key) in arns.iter().zip(&keys) {
        let alone = AwsKmsProvider::new(kms.clients(), arn)?;
        unwraps_to(&alone, key, &other_context(), &secret)?;
    }
    ensure(keys.len() == 2, "one for each key")
}

pub(crate) fn found_by_discovery(kms: &Running) -> Result<()> {
    let (from, to, secret) = (provider(kms)?, provider(kms)?, SecretBytes::random(32)?);
    let discovery = AwsKmsDiscoveryProvider::any_account(kms.clients());
    let keys = rewrap(&discovery, &wrap(&from, &secret)?, &context(), &to)?;
    was_done_by_kms(kms)?;
    unwraps_to(&to, &keys[0], &other_context(), &secret)
}

pub(crate) fn another_source_context(kms: &Running) -> Result<()> {
    let (from, to) = (provider(kms)?, provider(kms)?);
    let key = wrap(&from, &SecretBytes::random(32)?)?;
    let outcome = rewrap(&from, &key, &other_context(), &to);
    is_refused(outcome, ProviderErrorKind::WrongContext, "InvalidCiphertextException")
}

/// Not every server looks at the name of the source: it must not be left to them alone.
pub(crate) fn another_source_key(kms: &Running) -> Result<()> {
    let arns = [kms.create_key(HOME)?, kms.create_key(HOME)?];
    let [wrapping, named] = arns.each_ref().map(|arn| AwsKmsProvider::new(kms.clients(), arn));
    let (wrapping, named, to) = (wrapping?, named?, provider(kms)?);
    let key = wrap(&wrapping, &SecretBytes::random(32)?)?;
    let renamed = EncryptedDataKey::new(key.provider_id(), arns[1].as_str(), key.ciphertext())?;
    rewrap(&wrapping, &key, &context(), &to)?;
    ensure(rewrap(&named, &renamed, &context(), &to).is_err(), "the source key is pinned")
}

fn provider(kms: &Running) -> Result<AwsKmsProvider> {
    Ok(AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?)
}

fn rewrap(
    from: &dyn KeyProvider,
    key: &EncryptedDataKey,
    context: &EncryptionContext,
    to: &dyn KeyProvider,
) -> Result<Vec<EncryptedDataKey>, Error> {
    let target_context = other_context();
    let request = RewrapRequest::new(key, DetachedTarget::KeyRing, context, to)
        .with_target_context(&target_context);
    blocking::wait(from.rewrap(request))
}

/// Where it can be seen: the secret was not shown.
fn was_done_by_kms(kms: &Running) -> Result<()> {
    let Some(calls) = kms.calls() else { return Ok(()) };
    ensure(calls.iter().any(|call| call.operation == "ReEncrypt"), "KMS did it")?;
    ensure(calls.iter().all(|call| call.operation != "Decrypt"), "the secret is not shown")
}
