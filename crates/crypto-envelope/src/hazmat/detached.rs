//! Keys that stand beside the data that they open.

use crate::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes, UnwrapAttempt, materials,
    provider::{DetachedTarget, KeyProvider, Target, UnwrapRequest, Unwrapped},
};

/// Has the first provider in `provider` that can do it unwrap a key, as with messages.
///
/// # Errors
///
/// [`Error::Policy`] if none of them serves the target; [`Error::NoUsableKey`] with what each of them said.
pub async fn unwrap_detached(
    provider: &dyn KeyProvider,
    key: &EncryptedDataKey,
    target: DetachedTarget,
    context: &EncryptionContext,
) -> Result<SecretBytes> {
    let target = Target::Detached(target);
    let mut attempts = Vec::new();
    for provider in materials::serving(provider, target)? {
        let error = match provider.unwrap(UnwrapRequest::new(key, target, context)).await {
            Ok(Unwrapped::Key(secret)) => return Ok(secret),
            Ok(Unwrapped::NotMine) => None,
            Err(Error::NoUsableKey { attempts: of_several }) => {
                attempts.extend(of_several);
                continue;
            }
            Err(error) => Some(error),
        };
        attempts.push(UnwrapAttempt::of(provider, key, error));
    }
    Err(Error::no_usable_key(attempts))
}
