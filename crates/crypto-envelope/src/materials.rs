//! What is needed to seal or open one message, obtained from key providers.

use crate::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, Header, PolicyViolation, Result,
    SecretBytes, UnwrapAttempt,
    context::PUBLIC_KEY,
    engine::{MessageSigner, MessageVerifier},
    provider::{
        GenerateRequest, GeneratedKey, KeyProvider, ProviderError, ProviderErrorKind,
        RawAesProvider, Target, UnwrapRequest, Unwrapped,
    },
};

/// What seals a message.
pub(crate) struct EncryptionMaterials {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) data_key: SecretBytes,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) stored_context: EncryptionContext,
    /// Bound to the message, but not stored in its header.
    pub(crate) unstored_context: EncryptionContext,
    pub(crate) signer: Option<MessageSigner>,
}

/// What opens a message.
pub(crate) struct DecryptionMaterials {
    pub(crate) data_key: SecretBytes,
    /// All pairs.
    pub(crate) context: EncryptionContext,
    pub(crate) unstored_context: EncryptionContext,
    pub(crate) verifier: Option<MessageVerifier>,
}

/// Has `provider` generate a data key under `context`.
pub(crate) async fn for_encryption(
    provider: &dyn KeyProvider,
    suite: AlgorithmSuite,
    context: &EncryptionContext,
    required_keys: &[String],
) -> Result<EncryptionMaterials> {
    provider.properties().check(Target::Message(suite))?;
    context.check_unreserved()?;
    check_required(context, required_keys)?;

    let mut full_context = context.clone();
    let signer = match suite.signature_curve() {
        Some(curve) => {
            let signer = MessageSigner::generate(curve)
                .map_err(|_| Error::Internal { what: "making the signing key failed" })?;
            full_context.insert(PUBLIC_KEY, signer.public_key());
            Some(signer)
        }
        None => None,
    };
    let generated = provider.generate(GenerateRequest::for_message(suite, &full_context)).await?;
    check_generated(&generated, suite)?;
    let (unstored_context, stored_context) = full_context.partition(required_keys);
    Ok(EncryptionMaterials {
        suite,
        data_key: generated.data_key,
        encrypted_data_keys: generated.encrypted_data_keys,
        stored_context,
        unstored_context,
        signer,
    })
}

/// Has `provider` unwrap the data key of a message. `expected` are the pairs that the caller
/// reproduces.
pub(crate) async fn for_decryption(
    provider: &dyn KeyProvider,
    header: &Header,
    expected: &EncryptionContext,
    required_keys: &[String],
) -> Result<DecryptionMaterials> {
    let target = Target::Message(header.suite());
    provider.properties().check(target)?;
    let verifier = verifier_of(header)?;
    check_required(expected, required_keys)?;
    let unstored_context = unstored_context(header.stored_context(), expected, required_keys)?;
    let context = header.stored_context().merged(&unstored_context);
    let data_key = unwrap_first(provider, header, target, &context).await?;
    Ok(DecryptionMaterials { data_key, context, unstored_context, verifier })
}

/// What a provider generates is taken over only if it can be used.
fn check_generated(generated: &GeneratedKey, suite: AlgorithmSuite) -> Result<()> {
    if generated.encrypted_data_keys.is_empty() {
        let message = "it did not wrap the data key that it made";
        return Err(ProviderError::new(ProviderErrorKind::Other, message).into());
    }
    check_length(&generated.data_key, suite)
}

fn check_length(data_key: &SecretBytes, suite: AlgorithmSuite) -> Result<()> {
    let (found, needed) = (data_key.len(), suite.data_key_length());
    if found == needed {
        return Ok(());
    }
    let message = format!("a data key of {found} bytes, where the suite needs {needed}");
    Err(ProviderError::new(ProviderErrorKind::Other, message).into())
}

/// Tries the encrypted data keys in the order of the message.
async fn unwrap_first(
    provider: &dyn KeyProvider,
    header: &Header,
    target: Target,
    context: &EncryptionContext,
) -> Result<SecretBytes> {
    let mut attempts = Vec::new();
    for key in header.encrypted_data_keys() {
        let error = match provider.unwrap(UnwrapRequest::new(key, target, context)).await {
            Ok(Unwrapped::Key(data_key)) => match check_length(&data_key, header.suite()) {
                Ok(()) => return Ok(data_key),
                Err(error) => Some(error),
            },
            Ok(Unwrapped::NotMine) => None,
            // Several providers in one: what each of them said is worth more than that all failed.
            Err(Error::NoUsableKey { attempts: theirs }) => {
                attempts.extend(theirs);
                continue;
            }
            Err(error) => Some(error),
        };
        attempts.push(UnwrapAttempt::new(key.provider_id(), key_id(provider, key), error));
    }
    Err(Error::NoUsableKey { attempts })
}

/// A message is signed exactly if it says with which key: else a signature was stripped.
pub(crate) fn verifier_of(header: &Header) -> Result<Option<MessageVerifier>> {
    let suite = header.suite();
    let contradiction = || Error::from(PolicyViolation::VerificationKey { suite });
    match (suite.signature_curve(), header.stored_context().value(PUBLIC_KEY)) {
        (Some(curve), Some(key)) => {
            MessageVerifier::new(curve, key).map(Some).map_err(|_| contradiction())
        }
        (None, None) => Ok(None),
        _ => Err(contradiction()),
    }
}

fn check_required(context: &EncryptionContext, required_keys: &[String]) -> Result<()> {
    match required_keys.iter().find(|key| context.value(key).is_none()) {
        Some(key) => Err(PolicyViolation::ContextMissing { key: key.clone() }.into()),
        None => Ok(()),
    }
}

/// Compares the pairs that the caller expects with those of the header; returns those that the
/// header may leave out and does.
fn unstored_context(
    stored: &EncryptionContext,
    expected: &EncryptionContext,
    required_keys: &[String],
) -> Result<EncryptionContext> {
    let mut unstored = EncryptionContext::new();
    for (key, value) in expected.iter() {
        let key = key.to_owned();
        match stored.value(&key) {
            Some(found) if found == value => {}
            Some(_) => return Err(PolicyViolation::ContextMismatch { key }.into()),
            None if required_keys.contains(&key) => {
                unstored.insert(key, value);
            }
            None => return Err(PolicyViolation::ContextMissing { key }.into()),
        }
    }
    Ok(unstored)
}

/// The name of a wrapped key, from whoever knows how it is written.
fn key_id(provider: &dyn KeyProvider, key: &EncryptedDataKey) -> String {
    provider
        .describe(key)
        .or_else(|| RawAesProvider::recognize(key))
        .and_then(|description| description.key_id)
        .unwrap_or_else(|| key.provider_info().escape_ascii().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Curve;
    use crate::message::{BodyFormat, HeaderAuthentication, HeaderFields, MessageId};

    fn header(suite: AlgorithmSuite, context: EncryptionContext) -> Header {
        let fields = HeaderFields {
            suite,
            message_id: MessageId::from_slice(&[0; 32]),
            context,
            encrypted_data_keys: Vec::new(),
            body_format: BodyFormat::NonFramed,
            commitment: None,
        };
        let authentication = HeaderAuthentication { iv: [0; 12], tag: [0; 16] };
        Header::assemble(fields, Vec::new(), authentication)
    }

    #[test]
    fn a_signature_is_there_exactly_if_its_key_is() -> Result<()> {
        let with_bad_key = EncryptionContext::from([(PUBLIC_KEY, "AAAA")]);
        for suite in AlgorithmSuite::ALL {
            let curve = suite.signature_curve().unwrap_or(Curve::P384);
            let signer = MessageSigner::generate(curve).map_err(|_| Error::no_randomness())?;
            let with_key = EncryptionContext::from([(PUBLIC_KEY, signer.public_key())]);
            let verifier =
                |context: &EncryptionContext| verifier_of(&header(suite, context.clone()));
            let contradiction = |result: Result<Option<MessageVerifier>>| {
                matches!(result, Err(Error::Policy(PolicyViolation::VerificationKey { .. })))
            };
            let (good, bad) = if suite.is_signing() {
                (&with_key, &EncryptionContext::new())
            } else {
                (&EncryptionContext::new(), &with_key)
            };
            assert_eq!(verifier(good)?.is_some(), suite.is_signing());
            assert!(contradiction(verifier(bad)), "{suite}");
            assert!(contradiction(verifier(&with_bad_key)), "{suite}");
        }
        Ok(())
    }
}
