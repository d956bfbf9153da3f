//! The rules that every [`KeyProvider`] must keep, as checks.
//!
//! ```
//! use crypto_envelope::{SecretBytes, blocking, provider::RawAesProvider};
//! use crypto_envelope_testkit::conformance;
//!
//! # fn main() -> crypto_envelope::Result<()> {
//! let provider = RawAesProvider::new("my-app", "key-1", &SecretBytes::random(32)?)?;
//! blocking::wait(async { Ok(conformance::check(&provider).await) })?
//!     .expect("the provider keeps the rules");
//! # Ok(())
//! # }
//! ```

use std::{error::Error as StdError, fmt};

use crypto_envelope::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, PolicyViolation, SecretBytes,
    provider::{
        DetachedTarget, GenerateRequest, KeyProvider, RewrapRequest, Target, UnwrapRequest,
        Unwrapped, WrapRequest,
    },
};

use crate::redaction;

/// A rule that a provider broke.
#[derive(Debug)]
pub struct Violation {
    rule: &'static str,
    detail: String,
}

impl Violation {
    /// The rule, as one word that a test can compare.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.detail)
    }
}

impl StdError for Violation {}

/// Runs all checks, for each target that the provider serves.
///
/// The data key and the IV of a [COS object](DetachedTarget::CosObject) are wrapped as 48 bytes together or
/// as 32 and 16 bytes one by one. A provider of that target may refuse the other way, and other lengths, as
/// [`Error::InvalidInput`]: it is checked with what it wraps.
///
/// # Errors
///
/// The first rule that it breaks.
pub async fn check(provider: &dyn KeyProvider) -> Result<(), Violation> {
    check_pair(provider, provider).await
}

/// As [`check`], where one provider wraps and another one unwraps what it wrapped: a public and a
/// private key, or a named key and whatever finds it again.
///
/// # Errors
///
/// The first rule that they break.
pub async fn check_pair(
    wrapping: &dyn KeyProvider,
    unwrapping: &dyn KeyProvider,
) -> Result<(), Violation> {
    let mut served = 0;
    for target in targets() {
        let pair = Pair { wrapping, unwrapping, lengths: &lengths(target) };
        let refusing = pair.refusing(target);
        if refusing.is_empty() {
            served += 1;
            let lengths = wrapped_lengths(wrapping, target).await?;
            let pair = Pair { lengths: &lengths, ..pair };
            generated_keys_unwrap(pair, target).await?;
            wrapped_secrets_unwrap(pair, target).await?;
            keys_are_fresh(pair, target).await?;
            foreign_keys_are_not_mine(pair, target).await?;
            damaged_keys_do_not_unwrap(pair, target).await?;
            changed_names_do_not_unwrap(pair, target).await?;
            context_is_bound_as_stated(pair, target).await?;
            own_keys_are_described(pair, target).await?;
            nothing_is_shown(pair, target).await?;
            if let Target::Detached(carrier) = target {
                rewrapped_keys_unwrap(pair, carrier).await?;
            }
        }
        for provider in refusing {
            other_targets_are_refused(provider, target).await?;
        }
    }
    ensure(served > 0, "targets", || "the provider serves no target at all".into())
}

/// Who wraps and who unwraps; often they are the same.
#[derive(Clone, Copy)]
struct Pair<'a> {
    wrapping: &'a dyn KeyProvider,
    unwrapping: &'a dyn KeyProvider,
    /// Of the secrets that are wrapped.
    lengths: &'a [usize],
}

impl<'a> Pair<'a> {
    /// Of data keys: 32 bytes, where there is a choice.
    fn key_length(self) -> usize {
        let longest = self.lengths.iter().copied().max().unwrap_or(KEY);
        if self.lengths.contains(&KEY) { KEY } else { longest }
    }

    /// Those that do not serve the target.
    fn refusing(self, target: Target) -> Vec<&'a dyn KeyProvider> {
        let mut both = vec![self.wrapping, self.unwrapping];
        both.retain(|provider| !provider.properties().targets.allows(target));
        both
    }
}

/// A generated key has the length asked for, and each of its wrapped forms gives it back.
async fn generated_keys_unwrap(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let generated = p
        .wrapping
        .generate(GenerateRequest::new(target, p.key_length(), &context()))
        .await
        .map_err(|error| failed("generate", &error))?;
    ensure(generated.data_key.len() == p.key_length(), "generate", || {
        format!("a key of {} bytes, not {}", generated.data_key.len(), p.key_length())
    })?;
    ensure(!generated.encrypted_data_keys.is_empty(), "generate", || "no wrapped key".into())?;
    for key in &generated.encrypted_data_keys {
        let secret = unwrap(p, "generate", key, target, &context()).await?;
        ensure(secret.equals(generated.data_key.expose()), "generate", || {
            "a wrapped key gives another key".into()
        })?;
    }
    Ok(())
}

/// Secrets survive wrapping, at every length that the target may have.
async fn wrapped_secrets_unwrap(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    for &length in p.lengths {
        let (secret, keys) = wrap(p.wrapping, target, length).await?;
        for key in &keys {
            let found = unwrap(p, "wrap", key, target, &context()).await?;
            ensure(found.equals(secret.expose()), "wrap", || {
                format!("a secret of {length} bytes comes back as another one")
            })?;
        }
    }
    Ok(())
}

/// No key is generated twice, and no wrapping either.
async fn keys_are_fresh(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let context = context();
    let request = GenerateRequest::new(target, p.key_length(), &context);
    let one = p.wrapping.generate(request).await.map_err(|error| failed("fresh", &error))?;
    let two = p.wrapping.generate(request).await.map_err(|error| failed("fresh", &error))?;
    ensure(!one.data_key.equals(two.data_key.expose()), "fresh", || {
        "two calls generated the same key".into()
    })?;
    ensure(one.encrypted_data_keys != two.encrypted_data_keys, "fresh", || {
        "two keys have the same wrapped form".into()
    })
}

/// A key of somebody else is `NotMine`, also one of the same kind of provider with another name
/// that [`describe`](KeyProvider::describe) does not know.
async fn foreign_keys_are_not_mine(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let foreign = EncryptedDataKey::new("testkit: somebody else", "their key", vec![7; 48])
        .map_err(|error| failed("foreign", &error))?;
    ensure(p.unwrapping.describe(&foreign).is_none(), "foreign", || {
        "a foreign key is described".into()
    })?;
    is_not_mine(p.unwrapping, &foreign, target).await?;

    let (_, keys) = wrap(p.wrapping, target, p.key_length()).await?;
    for key in &keys {
        let renamed = EncryptedDataKey::new(key.provider_id(), "another key", key.ciphertext())
            .map_err(|error| failed("foreign", &error))?;
        if p.unwrapping.describe(&renamed).is_none() {
            is_not_mine(p.unwrapping, &renamed, target).await?;
        }
    }
    Ok(())
}

async fn is_not_mine(
    p: &dyn KeyProvider,
    key: &EncryptedDataKey,
    target: Target,
) -> Result<(), Violation> {
    let answer = p.unwrap(UnwrapRequest::new(key, target, &context())).await;
    ensure(matches!(answer, Ok(Unwrapped::NotMine)), "foreign", || {
        format!("unwrapping a foreign key answers {answer:?}")
    })
}

/// A changed or shortened ciphertext never gives the key; where the wrapper is authenticated it
/// is an error.
async fn damaged_keys_do_not_unwrap(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let (secret, keys) = wrap(p.wrapping, target, p.key_length()).await?;
    for key in &keys {
        for damaged in damaged(key).map_err(|error| failed("damage", &error))? {
            match p.unwrapping.unwrap(UnwrapRequest::new(&damaged, target, &context())).await {
                Err(_) => {}
                Ok(Unwrapped::Key(found)) => {
                    let detected = p.unwrapping.properties().authenticates_wrapper;
                    ensure(!detected && !found.equals(secret.expose()), "damage", || {
                        "a damaged key was unwrapped".into()
                    })?;
                }
                Ok(Unwrapped::NotMine) => {
                    return Err(violation("damage", "a damaged key is called foreign"));
                }
            }
        }
    }
    Ok(())
}

/// A changed provider info never gives the key, where the wrapper is authenticated.
async fn changed_names_do_not_unwrap(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    if !p.unwrapping.properties().authenticates_wrapper {
        return Ok(());
    }
    let (_, keys) = wrap(p.wrapping, target, p.key_length()).await?;
    for key in &keys {
        for index in 0..key.provider_info().len() {
            let mut info = key.provider_info().to_vec();
            info[index] ^= 1;
            let changed = EncryptedDataKey::new(key.provider_id(), info, key.ciphertext())
                .map_err(|error| failed("info", &error))?;
            let answer =
                p.unwrapping.unwrap(UnwrapRequest::new(&changed, target, &context())).await;
            ensure(!matches!(answer, Ok(Unwrapped::Key(_))), "info", || {
                "a key with a changed provider info was unwrapped".into()
            })?;
        }
    }
    Ok(())
}

/// Another context is an error exactly if the provider says that it binds the context.
async fn context_is_bound_as_stated(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let (secret, keys) = wrap(p.wrapping, target, p.key_length()).await?;
    for other in [
        EncryptionContext::new(),
        EncryptionContext::from([("testkit", "other")]),
        EncryptionContext::from([("testkit", "conformance"), ("more", "pairs")]),
    ] {
        for key in &keys {
            let answer = p.unwrapping.unwrap(UnwrapRequest::new(key, target, &other)).await;
            let opened = matches!(&answer, Ok(Unwrapped::Key(k)) if k.equals(secret.expose()));
            ensure(opened != p.unwrapping.properties().binds_context, "context", || {
                let bound = p.unwrapping.properties().binds_context;
                format!("properties() says {bound} of binding the context, and it is not so")
            })?;
        }
    }
    Ok(())
}

/// The provider's own keys are described.
async fn own_keys_are_described(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let (_, keys) = wrap(p.wrapping, target, p.key_length()).await?;
    ensure(keys.iter().all(|key| p.unwrapping.describe(key).is_some()), "describe", || {
        "an own key is not described".into()
    })
}

/// Neither `Debug` output nor errors show a key.
async fn nothing_is_shown(p: Pair<'_>, target: Target) -> Result<(), Violation> {
    let context = context();
    let generated = p
        .wrapping
        .generate(GenerateRequest::new(target, p.key_length(), &context))
        .await
        .map_err(|error| failed("redaction", &error))?;
    let secret = SecretBytes::from(generated.data_key.expose());
    let secrets = [secret.expose()];
    let leak = |leak: redaction::Leak| violation("redaction", &leak.to_string());
    redaction::hunt_debug(p.wrapping, &secrets).map_err(leak)?;
    redaction::hunt_debug(p.unwrapping, &secrets).map_err(leak)?;
    redaction::hunt_debug(&generated, &secrets).map_err(leak)?;
    for key in &generated.encrypted_data_keys {
        redaction::hunt_debug(key, &secrets).map_err(leak)?;
        redaction::hunt_debug(&p.unwrapping.describe(key), &secrets).map_err(leak)?;
        let damaged = damaged(key).map_err(|error| failed("redaction", &error))?;
        // All kinds of damage, but not every byte: that was checked for its own sake.
        for damaged in damaged.into_iter().rev().step_by(13) {
            if let Err(error) =
                p.unwrapping.unwrap(UnwrapRequest::new(&damaged, target, &context)).await
            {
                redaction::hunt_error(&error, &secrets).map_err(leak)?;
            }
        }
    }
    Ok(())
}

/// A target that is not served is refused by every method, with the error made for it.
async fn other_targets_are_refused(p: &dyn KeyProvider, target: Target) -> Result<(), Violation> {
    let context = context();
    let secret = SecretBytes::from(vec![7; key_length(target)]);
    let key = EncryptedDataKey::new("testkit", "key", vec![7; 48])
        .map_err(|error| failed("targets", &error))?;
    let mut answers = vec![
        p.generate(GenerateRequest::new(target, key_length(target), &context)).await.err(),
        p.wrap(WrapRequest::new(&secret, target, &context)).await.err(),
        p.unwrap(UnwrapRequest::new(&key, target, &context)).await.err(),
    ];
    if let Target::Detached(carrier) = target {
        answers.push(p.rewrap(RewrapRequest::new(&key, carrier, &context, p)).await.err());
    }
    let refused =
        |e: &Option<Error>| matches!(e, Some(Error::Policy(PolicyViolation::Target { .. })));
    ensure(answers.iter().all(refused), "targets", || {
        format!("{target} are not refused: begin each method with properties().check(target)")
    })
}

/// A rewrapped key opens under the new context.
async fn rewrapped_keys_unwrap(p: Pair<'_>, carrier: DetachedTarget) -> Result<(), Violation> {
    let target = Target::Detached(carrier);
    let (secret, keys) = wrap(p.wrapping, target, p.key_length()).await?;
    let new_context = EncryptionContext::from([("testkit", "rewrapped")]);
    for key in &keys {
        let old_context = context();
        let request = RewrapRequest::new(key, carrier, &old_context, p.wrapping)
            .with_target_context(&new_context);
        let rewrapped =
            p.unwrapping.rewrap(request).await.map_err(|error| failed("rewrap", &error))?;
        ensure(!rewrapped.is_empty(), "rewrap", || "no wrapped key".into())?;
        for key in &rewrapped {
            let found = unwrap(p, "rewrap", key, target, &new_context).await?;
            ensure(found.equals(secret.expose()), "rewrap", || "another key".into())?;
        }
    }
    Ok(())
}

async fn wrap(
    p: &dyn KeyProvider,
    target: Target,
    length: usize,
) -> Result<(SecretBytes, Vec<EncryptedDataKey>), Violation> {
    let secret = SecretBytes::random(length).map_err(|error| failed("wrap", &error))?;
    let keys = p
        .wrap(WrapRequest::new(&secret, target, &context()))
        .await
        .map_err(|error| failed("wrap", &error))?;
    ensure(!keys.is_empty(), "wrap", || "no wrapped key".into())?;
    Ok((secret, keys))
}

async fn unwrap(
    p: Pair<'_>,
    rule: &'static str,
    key: &EncryptedDataKey,
    target: Target,
    context: &EncryptionContext,
) -> Result<SecretBytes, Violation> {
    match p.unwrapping.unwrap(UnwrapRequest::new(key, target, context)).await {
        Ok(Unwrapped::Key(secret)) => Ok(secret),
        Ok(Unwrapped::NotMine) => {
            Err(violation(rule, "unwrap answers NotMine for a key that wrap has just made"))
        }
        Err(error) => Err(failed(rule, &error)),
    }
}

/// Every byte of the ciphertext changed, one after the other, and the ciphertext cut short.
fn damaged(key: &EncryptedDataKey) -> crypto_envelope::Result<Vec<EncryptedDataKey>> {
    let ciphertext = key.ciphertext();
    let changed = (0..ciphertext.len()).map(|index| {
        let mut bytes = ciphertext.to_vec();
        bytes[index] ^= 1 << (index % 8);
        bytes
    });
    let shortened = [0, 1, ciphertext.len() / 2, ciphertext.len().saturating_sub(1)]
        .map(|length| ciphertext[..length.min(ciphertext.len())].to_vec());
    changed
        .chain(shortened)
        .map(|bytes| EncryptedDataKey::new(key.provider_id(), key.provider_info(), bytes))
        .collect()
}

fn targets() -> impl Iterator<Item = Target> {
    let messages = AlgorithmSuite::ALL.iter().copied().map(Target::Message);
    messages.chain(DetachedTarget::ALL.iter().copied().map(Target::Detached))
}

/// The key of a message has the length that its suite says.
fn key_length(target: Target) -> usize {
    match target {
        Target::Message(suite) => suite.data_key_length(),
        _ => KEY,
    }
}

/// Of secrets, as they occur with the target.
fn lengths(target: Target) -> Vec<usize> {
    match target {
        Target::Message(suite) => vec![suite.data_key_length()],
        Target::Detached(DetachedTarget::CosObject) => vec![IV, KEY, KEY + IV],
        _ => vec![1, 16, 24, 32, 48],
    }
}

/// Those that the provider wraps. It has a choice where the formats of the target have one.
async fn wrapped_lengths(p: &dyn KeyProvider, target: Target) -> Result<Vec<usize>, Violation> {
    let mut wrapped = lengths(target);
    if target != Target::Detached(DetachedTarget::CosObject) {
        return Ok(wrapped);
    }
    for length in lengths(target) {
        let secret = SecretBytes::random(length).map_err(|error| failed("wrap", &error))?;
        let answer = p.wrap(WrapRequest::new(&secret, target, &context())).await;
        if matches!(answer, Err(Error::InvalidInput { .. })) {
            wrapped.retain(|wrapped| *wrapped != length);
        }
    }
    let is_enough =
        wrapped.contains(&(KEY + IV)) || [KEY, IV].iter().all(|one| wrapped.contains(one));
    ensure(is_enough, "wrap", || "a data key and its IV are wrapped in no way".into())?;
    Ok(wrapped)
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("testkit", "conformance")])
}

fn ensure(
    holds: bool,
    rule: &'static str,
    detail: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { rule, detail: detail() }) }
}

fn violation(rule: &'static str, detail: &str) -> Violation {
    Violation { rule, detail: detail.to_owned() }
}

fn failed(rule: &'static str, error: &Error) -> Violation {
    violation(rule, &error.to_string())
}

/// Lengths in bytes: of a data key, and of the IV of a body.
const KEY: usize = 32;
const IV: usize = 16;
