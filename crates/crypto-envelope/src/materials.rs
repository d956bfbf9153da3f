//! What is needed to seal or open one message, obtained from key providers.

use std::sync::Arc;

use crate::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, Header, Limits, PolicyViolation,
    Result, SecretBytes, UnwrapAttempt,
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
    pub(crate) data_key: Arc<SecretBytes>,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) stored_context: EncryptionContext,
    /// Bound to the message, but not stored in its header.
    pub(crate) unstored_context: EncryptionContext,
    pub(crate) signer: Option<MessageSigner>,
}

impl EncryptionMaterials {
    /// The same for another message, if the suite derives keys of its own for each. The secrets are
    /// shared, not copied.
    pub(crate) fn for_another_message(&self) -> Self {
        Self {
            suite: self.suite,
            data_key: Arc::clone(&self.data_key),
            encrypted_data_keys: self.encrypted_data_keys.clone(),
            stored_context: self.stored_context.clone(),
            unstored_context: self.unstored_context.clone(),
            signer: self.signer.as_ref().map(MessageSigner::for_another_message),
        }
    }
}

/// What opens a message.
pub(crate) struct DecryptionMaterials {
    /// To which the message commits, if its suite does.
    pub(crate) keys: MessageKeys,
    pub(crate) binding: Binding,
}

/// What a message is bound to, which is known without a key.
pub(crate) struct Binding {
    /// All pairs.
    context: EncryptionContext,
    unstored_context: EncryptionContext,
    verifier: Option<MessageVerifier>,
}

impl Binding {
    /// Checks all that can be refused before `provider` is asked. `expected` are the pairs that the
    /// caller reproduces.
    pub(crate) fn of(
        provider: &dyn KeyProvider,
        header: &Header,
        expected: &EncryptionContext,
        required_keys: &[String],
    ) -> Result<Self> {
        serving(provider, Target::Message(header.suite()))?;
        header.stored_context().check_of_message()?;
        let verifier = MessageVerifier::of_message(header)?;
        required_keys.iter().try_for_each(|key| expected.require(key))?;
        let unstored_context = unstored_context(header.stored_context(), expected, required_keys)?;
        let context = header.stored_context().merged(&unstored_context);
        Ok(Self { context, unstored_context, verifier })
    }

    /// All pairs.
    pub(crate) fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Those that the header leaves out.
    pub(crate) fn unstored(&self) -> &EncryptionContext {
        &self.unstored_context
    }

    pub(crate) fn into_parts(self) -> (EncryptionContext, Option<MessageVerifier>) {
        (self.context, self.verifier)
    }
}

/// What can be refused before a data key is generated.
pub(crate) fn check_encryption(
    provider: &dyn KeyProvider,
    suite: AlgorithmSuite,
    context: &EncryptionContext,
    required_keys: &[String],
) -> Result<()> {
    provider.properties().check(Target::Message(suite))?;
    context.check_unreserved()?;
    required_keys.iter().try_for_each(|key| context.require(key))
}

/// Has `provider` generate a data key under `context`.
pub(crate) async fn for_encryption(
    provider: &dyn KeyProvider,
    suite: AlgorithmSuite,
    context: &EncryptionContext,
    required_keys: &[String],
) -> Result<EncryptionMaterials> {
    check_encryption(provider, suite, context, required_keys)?;

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
        data_key: Arc::new(generated.data_key),
        encrypted_data_keys: generated.encrypted_data_keys,
        stored_context,
        unstored_context,
        signer,
    })
}

/// The keys of a message, and the data key that they come from.
pub(crate) struct UnwrappedKeys {
    pub(crate) data_key: SecretBytes,
    pub(crate) keys: MessageKeys,
}

/// Why no data key was found.
pub(crate) struct UnwrapFailure {
    pub(crate) error: Error,
    /// Whether some key could be unwrapped and is not the one of this message: another message with
    /// the same encrypted data keys may open.
    pub(crate) found_others: bool,
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

/// The providers in `provider` that serve the target, in their order: for encrypting all of several
/// have to, for decrypting one is enough.
pub(crate) fn serving(provider: &dyn KeyProvider, target: Target) -> Result<Vec<&dyn KeyProvider>> {
    let members = provider.members();
    if members.is_empty() {
        provider.properties().check(target)?;
        return Ok(vec![provider]);
    }
    let (mut found, mut refusal) = (Vec::new(), None);
    for member in members {
        match serving(member, target) {
            Ok(members) => found.extend(members),
            Err(error) => refusal = Some(error),
        }
    }
    match refusal {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// Has `provider` unwrap the data key of a message under all pairs of its context.
///
/// Tries each provider on all encrypted data keys, in the order of the message, before the next: this
/// is also the order of the official SDKs, where it decides which calls a key service gets. A key that unwraps to a key to which the
/// message does not commit is not genuine either, and must look the same: otherwise whoever sees
/// the error would learn which wrapped keys are well padded.
pub(crate) async fn unwrap_first(
    provider: &dyn KeyProvider,
    header: &Header,
    context: &EncryptionContext,
    limits: &Limits,
) -> Result<UnwrappedKeys, UnwrapFailure> {
    let target = Target::Message(header.suite());
    let mut failures = Failures::of(header.encrypted_data_keys());
    let providers =
        serving(provider, target).map_err(|error| UnwrapFailure { error, found_others: false })?;
    for provider in providers {
        for (index, key) in header.encrypted_data_keys().iter().enumerate() {
            if let Err(error) = limits.check_failed_unwraps(failures.count) {
                failures.add(index, provider, error);
                return Err(failures.into_failure());
            }
            let error = match provider.unwrap(UnwrapRequest::new(key, target, context)).await {
                Ok(Unwrapped::Key(data_key)) => match keys_of(header, &data_key) {
                    Ok(keys) => return Ok(UnwrappedKeys { data_key, keys }),
                    Err(error) => {
                        failures.found_others = true;
                        error
                    }
                },
                Ok(Unwrapped::NotMine) => continue,
                Err(error) => error,
            };
            failures.add(index, provider, error);
        }
    }
    Err(failures.into_failure())
}

/// What each provider said of each encrypted data key.
struct Failures<'m> {
    keys: &'m [EncryptedDataKey],
    /// By the position of the key.
    attempts: Vec<(usize, UnwrapAttempt)>,
    count: usize,
    found_others: bool,
}

impl<'m> Failures<'m> {
    fn of(keys: &'m [EncryptedDataKey]) -> Self {
        Self { keys, attempts: Vec::new(), count: 0, found_others: false }
    }

    fn add(&mut self, index: usize, provider: &dyn KeyProvider, error: Error) {
        self.count += 1;
        match error {
            // Several providers in one: what each of them said is worth more than that all failed.
            Error::NoUsableKey { attempts } => {
                self.attempts.extend(attempts.into_iter().map(|attempt| (index, attempt)));
            }
            error => {
                let attempt = UnwrapAttempt::of(provider, &self.keys[index], Some(error));
                self.attempts.push((index, attempt));
            }
        }
    }

    /// In the order of the message; keys that are nobody's among them.
    fn into_failure(mut self) -> UnwrapFailure {
        for (index, key) in self.keys.iter().enumerate() {
            if !self.attempts.iter().any(|(failed, _)| *failed == index) {
                let attempt = UnwrapAttempt::new(key.provider_id(), key.key_name(), None);
                self.attempts.push((index, attempt));
            }
        }
        self.attempts.sort_by_key(|(index, _)| *index);
        let attempts = self.attempts.into_iter().map(|(_, one)| one).collect();
        let found_others = self.found_others;
        UnwrapFailure { error: Error::NoUsableKey { attempts }, found_others }
    }
}

/// The keys of a message, if it commits to them.
pub(crate) fn keys_of(header: &Header, data_key: &SecretBytes) -> Result<MessageKeys> {
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{BodyFormat, Decryptor, Sealer, blocking, provider::RawAesProvider};

    const COMMITTING: [AlgorithmSuite; 2] = [
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    ];

    /// Else who can write messages could have a root key of a ring unwrapped for one.
    #[test]
    fn what_was_wrapped_for_a_key_ring_opens_no_message() -> Result<()> {
        let key = SecretBytes::random(32)?;
        let provider = Arc::new(RawAesProvider::new("example", "key", &key)?);
        let decryptor = Decryptor::new(provider.clone());
        for suite in COMMITTING {
            for key in ["crypto-envelope-ring", "my-ring"] {
                let context = EncryptionContext::from([("tenant", "blue")]);
                let materials = for_encryption(&*provider, suite, &context, &[]);
                let mut materials = blocking::wait(materials)?;
                materials.stored_context.insert(key, "value");
                let request = GenerateRequest::for_message(suite, &materials.stored_context);
                let generated = blocking::wait(provider.generate(request))?;
                materials.data_key = Arc::new(generated.data_key);
                materials.encrypted_data_keys = generated.encrypted_data_keys;
                let body_format = BodyFormat::Framed { frame_length: NonZeroU32::MIN };
                let sealer = Sealer::new(materials, body_format, &Limits::default())?;
                let message = sealer.seal(b"text")?;
                let opened = blocking::wait(decryptor.decrypt(&message, &context));
                if key == "my-ring" {
                    assert_eq!(opened?.plaintext(), b"text");
                } else {
                    let Err(Error::Policy(PolicyViolation::ReservedContextKey { key: found })) =
                        opened
                    else {
                        unreachable!("{key} is reserved")
                    };
                    assert_eq!(found, key);
                }
            }
        }
        Ok(())
    }
}
