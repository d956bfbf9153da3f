//! Which provider it is.

use std::any::TypeId;

use super::KeyProvider;

/// Tells one living provider from all others: where it is in memory, and its type.
///
/// The address may be used again once the provider is dropped, so whoever keeps an identity keeps
/// the provider too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderIdentity {
    address: usize,
    kind: TypeId,
}

impl ProviderIdentity {
    pub(super) fn of<P: KeyProvider + ?Sized>(provider: &P) -> Self {
        Self { address: std::ptr::from_ref(provider).cast::<()>().addr(), kind: TypeId::of::<P>() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Result, SecretBytes, provider::RawAesProvider};

    #[test]
    fn pointers_to_one_provider_are_one() -> Result<()> {
        let key = SecretBytes::random(32)?;
        let one = Arc::new(RawAesProvider::new("ns", "name", &key)?);
        let again: Arc<dyn KeyProvider> = Arc::clone(&one) as _;
        let other = Arc::new(RawAesProvider::new("ns", "name", &key)?);
        assert_eq!(one.identity(), again.identity());
        assert_eq!(one.identity(), Arc::new(again).identity());
        assert_ne!(one.identity(), other.identity());
        Ok(())
    }
}
