//! Keys that do not work now.

use crypto_envelope::{
    SecretBytes, blocking,
    provider::{GenerateRequest, KeyProvider, ProviderErrorKind, Target, WrapRequest},
};
use crypto_envelope_aws_kms::AwsKmsProvider;
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    vectors::Result,
};

use crate::{HOME, KEY_RING, SUITE, context, is_refused, unwrap, unwraps_to, wrap};

pub(crate) const NEEDS: Ability = Ability::KeyStates;

pub(crate) fn disabled_and_enabled(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    let provider = AwsKmsProvider::new(kms.clients(), &arn)?;
    let secret = SecretBytes::random(32)?;
    let key = wrap(&provider, &secret)?;
    kms.disable_key(&arn)?;
    let outcome = unwrap(&provider, &key, &context());
    is_refused(outcome, ProviderErrorKind::Disabled, "DisabledException")?;
    does_not_wrap(&provider, "DisabledException")?;
    kms.enable_key(&arn)?;
    unwraps_to(&provider, &key, &context(), &secret)
}

pub(crate) fn waiting_for_deletion(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    let provider = AwsKmsProvider::new(kms.clients(), &arn)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    kms.schedule_key_deletion(&arn)?;
    let outcome = unwrap(&provider, &key, &context());
    is_refused(outcome, ProviderErrorKind::Disabled, "KMSInvalidStateException")?;
    does_not_wrap(&provider, "KMSInvalidStateException")
}

fn does_not_wrap(provider: &dyn KeyProvider, code: &str) -> Result<()> {
    let (context, secret) = (context(), SecretBytes::random(32)?);
    let request = GenerateRequest::new(Target::Message(SUITE), 32, &context);
    let outcome = blocking::wait(provider.generate(request));
    is_refused(outcome, ProviderErrorKind::Disabled, code)?;
    let outcome = blocking::wait(provider.wrap(WrapRequest::new(&secret, KEY_RING, &context)));
    is_refused(outcome, ProviderErrorKind::Disabled, code)
}
