//! What is needed to seal or open one message, obtained from key providers.

use crate::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, Header, PolicyViolation, Result,
    SecretBytes, UnwrapAttempt,
    context::PUBLIC_KEY,
    engine::{MessageKeys, MessageSigner, MessageVerifier},
    provider::{
        GenerateRequest, GeneratedKey, KeyProvider, ProviderError, ProviderErrorKind, Target,
        UnwrapRequest, Unwrapped,
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
    /// To which the message commits, if its suite does.
    pub(crate) keys: MessageKeys,
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
    required_keys.iter().try_for_each(|key| context.require(key))?;

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
    let verifier = MessageVerifier::of_message(header)?;
    required_keys.iter().try_for_each(|key| expected.require(key))?;
    let unstored_context = unstored_context(header.stored_context(), expected, required_keys)?;
    let context = header.stored_context().merged(&unstored_context);
    let keys = unwrap_first(provider, header, target, &context).await?;
    Ok(DecryptionMaterials { keys, context, unstored_context, verifier })
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

/// Tries the encrypted data keys in the order of the message. One that unwraps to a key to which the
/// message does not commit is not genuine either, and must look the same: otherwise whoever sees
/// the error would learn which wrapped keys are well padded.
async fn unwrap_first(
    provider: &dyn KeyProvider,
    header: &Header,
    target: Target,
    context: &EncryptionContext,
) -> Result<MessageKeys> {
    let mut attempts = Vec::new();
    for key in header.encrypted_data_keys() {
        let error = match provider.unwrap(UnwrapRequest::new(key, target, context)).await {
            Ok(Unwrapped::Key(data_key)) => match keys_of(header, &data_key) {
                Ok(keys) => return Ok(keys),
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
        attempts.push(UnwrapAttempt::of(provider, key, error));
    }
    Err(Error::NoUsableKey { attempts })
}

fn keys_of(header: &Header, data_key: &SecretBytes) -> Result<MessageKeys> {
    check_length(data_key, header.suite())?;
    let keys = MessageKeys::derive(header.suite(), data_key, header.message_id().as_ref())?;
    if keys.fit(header) { Ok(keys) } else { Err(Error::unauthentic_key()) }
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
