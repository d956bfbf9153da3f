//! What uploads, downloads and copies have in common.

use std::{num::NonZeroUsize, sync::Arc};

use crypto_envelope::Error;

use crate::{SseCError, SseCErrorKind};

/// Told how many more bytes are where they were to go.
#[derive(Clone, Default)]
pub(crate) struct Progress(Option<Arc<dyn Fn(u64) + Send + Sync>>);

impl Progress {
    pub(crate) fn to(tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(crate) fn advance(&self, bytes: u64) {
        if let Some(tell) = &self.0 {
            tell(bytes);
        }
    }
}

/// Whether another transfer can go on behind this error.
pub(crate) fn can_go_on(error: &Error) -> bool {
    use SseCErrorKind::{Denied, NotSent, Other, Throttled, Unavailable};
    match SseCError::kind_in(error) {
        Some(kind) => matches!(kind, Denied | NotSent | Other | Throttled | Unavailable),
        None => !matches!(error, Error::SourceChanged),
    }
}

/// How many parts are on their way at the same time if it is not said.
pub(crate) const PARALLEL: NonZeroUsize = NonZeroUsize::new(4).expect("it is not 0");
