//! From KMS key to KMS key, inside KMS.

use crypto_envelope::{
    EncryptedDataKey, Result,
    provider::{KeyProvider, MultiProvider, RewrapRequest, Target},
};

use crate::{
    AwsKmsProvider,
    calls::{Calls, Unwrap},
    strict::stored,
};

/// One call for each target; `None` if KMS cannot do it by itself: all targets have to be symmetric
/// keys, and of the region that is called.
pub(crate) async fn natively(
    calls: &Calls,
    source: Unwrap<'_>,
    request: &RewrapRequest<'_>,
) -> Result<Option<Vec<EncryptedDataKey>>> {
    let Some(targets) = targets(calls, request, source.region) else { return Ok(None) };
    AwsKmsProvider::PROPERTIES.check(Target::Detached(request.target))?;
    let mut keys = Vec::new();
    for target in targets {
        let (key, context) = (target.key(), request.target_context);
        let wrapped = calls.re_encrypt(source, target.calls(), key, context).await?;
        keys.push(stored(wrapped)?);
    }
    Ok(Some(keys))
}

/// One call is made with one set of credentials, of one endpoint, in one region: those of the source
/// have to be those of all targets. Else an alias, say, would be looked up in another account.
fn targets<'a>(
    calls: &Calls,
    request: &RewrapRequest<'a>,
    region: &str,
) -> Option<Vec<&'a AwsKmsProvider>> {
    let targets = providers(request.target_provider)?;
    let is_there = |target: &&AwsKmsProvider| {
        let theirs = target.calls();
        theirs.clients().are(calls.clients())
            && theirs.region(target.key()).is_ok_and(|theirs| theirs == region)
            && calls.grant_tokens_with(theirs).is_some()
    };
    targets.iter().all(is_there).then_some(targets)
}

/// All that `provider` wraps with, if these are symmetric KMS keys. Other providers than those of the
/// core may wrap with some of their members only.
fn providers(provider: &dyn KeyProvider) -> Option<Vec<&AwsKmsProvider>> {
    let provider = provider.as_any()?;
    if let Some(one) = provider.downcast_ref::<AwsKmsProvider>() {
        return Some(vec![one]);
    }
    let members = provider.downcast_ref::<MultiProvider>()?.members();
    let all = members.into_iter().map(providers).collect::<Option<Vec<_>>>()?;
    Some(all.concat())
}
