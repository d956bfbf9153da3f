//! What the client demands of contexts, suites and input.

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, Error, Limits, PolicyViolation,
    Result, UnverifiedHeader, blocking,
};
use crypto_envelope_tests::{
    client::{decrypt, encrypt, nothing},
    sides::{SIGNED, UNSIGNED, random_provider},
    vectors::COMMITMENT_POLICIES,
};

#[test]
fn the_defaults_are_those_of_the_official_sdks() -> Result<()> {
    let sealer = blocking::wait(Encryptor::new(random_provider()?).prepare(&nothing()))?;
    assert_eq!(sealer.header().suite(), SIGNED);
    let format = sealer.header().body_format();
    assert!(format!("{format:?}").contains("4096"), "{format:?}");
    Ok(())
}

#[test]
fn expected_pairs_must_be_there_with_their_values() -> Result<()> {
    let provider = random_provider()?;
    let context = EncryptionContext::from([("a", "1"), ("b", "2")]);
    let message = encrypt(provider.clone(), UNSIGNED, b"text", &context)?;

    for good in [nothing(), EncryptionContext::from([("b", "2")]), context] {
        assert_eq!(decrypt(provider.clone(), &message, &good)?, b"text");
    }
    let other_value = EncryptionContext::from([("a", "2")]);
    assert!(matches!(
        decrypt(provider.clone(), &message, &other_value),
        Err(Error::Policy(PolicyViolation::ContextMismatch { key, .. })) if key == "a"
    ));
    let other_key = EncryptionContext::from([("c", "1")]);
    assert!(matches!(
        decrypt(provider, &message, &other_key),
        Err(Error::Policy(PolicyViolation::ContextMissing { key, .. })) if key == "c"
    ));
    Ok(())
}

#[test]
fn required_pairs_are_bound_without_being_stored() -> Result<()> {
    let provider = random_provider()?;
    let context = EncryptionContext::from([("tenant", "blue"), ("purpose", "test")]);
    for suite in [UNSIGNED, SIGNED] {
        let encryptor = Encryptor::builder(provider.clone())
            .suite(suite)
            .required_context_keys(["tenant"])
            .build()?;
        let message = blocking::wait(encryptor.encrypt(b"text", &context))?;
        assert!(!message.windows(4).any(|window| window == b"blue"));

        let decryptor =
            Decryptor::builder(provider.clone()).required_context_keys(["tenant"]).build()?;
        let tenant = |value: &str| EncryptionContext::from([("tenant", value)]);
        let opened = blocking::wait(decryptor.decrypt(&message, &tenant("blue")))?;
        assert!(opened.context().contains_all(&context));

        assert!(matches!(
            blocking::wait(decryptor.decrypt(&message, &nothing())),
            Err(Error::Policy(PolicyViolation::ContextMissing { .. }))
        ));
        assert!(blocking::wait(decryptor.decrypt(&message, &tenant("red"))).is_err());
        assert!(decrypt(provider.clone(), &message, &nothing()).is_err());

        let missing = blocking::wait(encryptor.encrypt(b"text", &nothing()));
        assert!(matches!(missing, Err(Error::Policy(PolicyViolation::ContextMissing { .. }))));
    }
    Ok(())
}

/// Else a reader could be made to reproduce the verification key of a message that has none.
#[test]
fn required_keys_must_not_be_reserved() -> Result<()> {
    let key = ["aws-crypto-public-key"];
    let encryptor = Encryptor::builder(random_provider()?).required_context_keys(key).build();
    let decryptor = Decryptor::builder(random_provider()?).required_context_keys(key).build();
    for refused in [encryptor.err(), decryptor.err()] {
        assert!(matches!(refused, Some(Error::Policy(PolicyViolation::ReservedContextKey { .. }))));
    }
    Ok(())
}

#[test]
fn reserved_keys_are_refused() -> Result<()> {
    for key in ["aws-crypto-public-key", "aws-crypto-anything"] {
        let context = EncryptionContext::from([(key, "value")]);
        for suite in [UNSIGNED, SIGNED] {
            assert!(matches!(
                encrypt(random_provider()?, suite, b"", &context),
                Err(Error::Policy(PolicyViolation::ReservedContextKey { .. }))
            ));
        }
    }
    Ok(())
}

#[test]
fn commitment_policies_are_kept_on_both_sides() -> Result<()> {
    let provider = random_provider()?;
    for &suite in AlgorithmSuite::ALL {
        let mut message = None;
        for policy in COMMITMENT_POLICIES {
            let builder =
                Encryptor::builder(provider.clone()).commitment_policy(policy).suite(suite);
            match builder.build() {
                Ok(encryptor) => {
                    assert!(policy.permits_encrypt(suite), "{policy} {suite}");
                    message = Some(blocking::wait(encryptor.encrypt(b"text", &nothing()))?);
                }
                Err(Error::Policy(PolicyViolation::Commitment { .. })) => {
                    assert!(!policy.permits_encrypt(suite), "{policy} {suite}");
                }
                Err(error) => return Err(error),
            }
        }
        let message = message.unwrap_or_default();
        for policy in COMMITMENT_POLICIES {
            let decryptor =
                Decryptor::builder(provider.clone()).commitment_policy(policy).build()?;
            let opened = blocking::wait(decryptor.decrypt(&message, &nothing()));
            let refused = matches!(opened, Err(Error::Policy(PolicyViolation::Commitment { .. })));
            assert_eq!(refused, !policy.permits_decrypt(suite), "{policy} {suite}");
            assert!(refused || opened.is_ok_and(|opened| opened.plaintext() == b"text"));
        }
    }
    Ok(())
}

#[test]
fn signed_messages_can_be_refused_after_the_header() -> Result<()> {
    let provider = random_provider()?;
    let decryptor = Decryptor::builder(provider.clone()).unsigned_only().build()?;
    let unsigned = encrypt(provider.clone(), UNSIGNED, b"text", &nothing())?;
    assert!(blocking::wait(decryptor.decrypt(&unsigned, &nothing())).is_ok());

    let signed = encrypt(provider, SIGNED, b"text", &nothing())?;
    let (header, _) = UnverifiedHeader::parse(&signed, &Limits::default())?;
    assert!(matches!(
        blocking::wait(decryptor.open(header, &nothing())),
        Err(Error::Policy(PolicyViolation::SignedMessage { .. }))
    ));
    Ok(())
}

#[test]
fn base64_is_recognised() -> Result<()> {
    let error = decrypt(random_provider()?, b"AgR4TfvRMU2dVZJbgXIyxeNt", &nothing());
    assert!(matches!(error, Err(Error::InBase64)));
    Ok(())
}
