//! Keys on elliptic curves: KMS agrees with whoever has the other one.

use crypto_envelope::{
    EncryptedDataKey, Error, SecretBytes, blocking,
    provider::{EcCurve, EcKey, KeyProvider, ProviderErrorKind, RawEcdhProvider, WrapRequest},
};
use crypto_envelope_aws_kms::{AwsKmsEcdhProvider, aws_sdk_kms::types::KeySpec};
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    vectors::Result,
};

use crate::{
    HOME, KEY_RING, changes::check_pair, context, ensure, is_refused, opens, other_context, unwrap,
    wrap,
};

pub(crate) const NEEDS: Ability = Ability::Ecdh;

pub(crate) fn with_a_key_of_ones_own(kms: &Running) -> Result<()> {
    for (spec, curve) in CURVES {
        let (alice, bob) = (load(kms, spec)?, EcKey::generate(curve)?);
        let of_alice = || alice.clone().with_peer(&bob.to_public());
        let of_bob = || RawEcdhProvider::between(&bob, alice.public_key());
        opens(of_alice()?, of_bob()?, &context())?;
        opens(of_bob()?, of_alice()?, &context())?;
        opens(of_alice()?, RawEcdhProvider::discovery(&bob)?, &context())?;
        opens(of_bob()?, alice.clone(), &context())?;
        opens(RawEcdhProvider::to(alice.public_key())?, alice.clone(), &context())?;
    }
    Ok(())
}

pub(crate) fn between_keys_of_kms(kms: &Running) -> Result<()> {
    for (spec, _) in CURVES {
        let (alice, bob) = (load(kms, spec.clone())?, load(kms, spec)?);
        let [of_alice, of_bob] = [(&alice, &bob), (&bob, &alice)]
            .map(|(own, peer)| own.clone().with_peer(peer.public_key()));
        let (of_alice, of_bob) = (of_alice?, of_bob?);
        opens(of_alice.clone(), of_bob, &context())?;
        opens(of_alice.clone(), of_alice.clone(), &context())?;
        opens(of_alice, bob, &context())?;
    }
    Ok(())
}

pub(crate) fn bound_to_their_context(kms: &Running) -> Result<()> {
    let provider = pair(kms)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    let outcome = unwrap(&provider, &key, &other_context());
    ensure(matches!(outcome, Err(Error::Authentication { .. })), "the context is bound")
}

pub(crate) fn a_changed_agreement(kms: &Running) -> Result<()> {
    let provider = pair(kms)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    for byte in [0, 32, 64, 96] {
        let mut bytes = key.ciphertext().to_vec();
        bytes[byte] ^= 1;
        let changed = EncryptedDataKey::new(key.provider_id(), key.provider_info(), bytes)?;
        let outcome = unwrap(&provider, &changed, &context());
        ensure(matches!(outcome, Err(Error::Authentication { .. })), "the change is noticed")?;
    }
    Ok(())
}

pub(crate) fn a_key_for_something_else(kms: &Running) -> Result<()> {
    let arn = kms.create_rsa_key(HOME, KeySpec::Rsa2048)?;
    let outcome = blocking::wait(AwsKmsEcdhProvider::load(kms.clients(), &arn));
    let Err(error) = outcome else { return Err("it is taken".into()) };
    ensure(error.to_string().contains("does not agree"), &error.to_string())?;
    // KMS says so as well.
    let bob = EcKey::generate(EcCurve::P256)?;
    let provider = AwsKmsEcdhProvider::new(kms.clients(), &arn, &bob)?.with_peer(&bob)?;
    let (secret, context) = (SecretBytes::random(32)?, context());
    let request = WrapRequest::new(&secret, KEY_RING, &context);
    let outcome = blocking::wait(provider.wrap(request));
    is_refused(outcome, ProviderErrorKind::Unsupported, "InvalidKeyUsageException")
}

pub(crate) fn conformance_of_agreement(kms: &Running) -> Result<()> {
    let provider = pair(kms)?;
    check_pair(&provider, &provider)
}

fn pair(kms: &Running) -> Result<AwsKmsEcdhProvider> {
    let bob = EcKey::generate(EcCurve::P256)?;
    Ok(load(kms, KeySpec::EccNistP256)?.with_peer(&bob)?)
}

fn load(kms: &Running, spec: KeySpec) -> Result<AwsKmsEcdhProvider> {
    let arn = kms.create_agreement_key(HOME, spec)?;
    Ok(blocking::wait(AwsKmsEcdhProvider::load(kms.clients(), &arn))?)
}

const CURVES: [(KeySpec, EcCurve); 3] = [
    (KeySpec::EccNistP256, EcCurve::P256),
    (KeySpec::EccNistP384, EcCurve::P384),
    (KeySpec::EccNistP521, EcCurve::P521),
];
