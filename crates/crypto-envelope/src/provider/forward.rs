//! A provider behind a pointer is a provider.

use std::{any::Any, sync::Arc};

use async_trait::async_trait;

use super::{
    GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, ProviderIdentity,
    RewrapRequest, UnwrapRequest, Unwrapped, WrapRequest,
};
use crate::{EncryptedDataKey, Result};

macro_rules! forward {
    ($pointer:ident) => {
        // A method added to the trait must be forwarded too, or its default would be called here
        // instead of the provider's own.
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<P: KeyProvider + ?Sized> KeyProvider for $pointer<P> {
            async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
                (**self).generate(request).await
            }

            async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
                (**self).wrap(request).await
            }

            async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
                (**self).unwrap(request).await
            }

            fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
                (**self).describe(key)
            }

            fn properties(&self) -> Properties {
                (**self).properties()
            }

            fn members(&self) -> Vec<&dyn KeyProvider> {
                (**self).members()
            }

            fn as_any(&self) -> Option<&dyn Any> {
                (**self).as_any()
            }

            fn identity(&self) -> ProviderIdentity {
                (**self).identity()
            }

            async fn rewrap(&self, request: RewrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
                (**self).rewrap(request).await
            }

            async fn rewrap_natively(
                &self,
                request: RewrapRequest<'_>,
            ) -> Result<Option<Vec<EncryptedDataKey>>> {
                (**self).rewrap_natively(request).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
