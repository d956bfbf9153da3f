//! Objects that are there already.

use crypto_envelope::{Error, Result};

use crate::{ObjectPlace, SseCClient, SseCError, SseCErrorKind};

/// What to do about an object that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Replace,
    Refuse,
    /// Only if it has this entity tag.
    Only(String),
}

impl Existing {
    pub(crate) fn if_none_match(&self) -> Option<String> {
        matches!(self, Self::Refuse).then(|| "*".to_owned())
    }

    pub(crate) fn if_match(&self) -> Option<String> {
        match self {
            Self::Only(tag) => Some(tag.clone()),
            Self::Replace | Self::Refuse => None,
        }
    }
}

impl SseCClient {
    /// Fails if there is an object, whatever it is under.
    pub(crate) async fn refuse_existing(&self, place: &ObjectPlace) -> Result<()> {
        if !self.exists(place).await? {
            return Ok(());
        }
        Err(SseCError::found(place.about("HeadObject"), SseCErrorKind::AlreadyExists, THERE).into())
    }

    /// Why a write under this condition failed: because there was an object by then, or of something else.
    pub(crate) async fn why_not_written(
        &self,
        error: Error,
        place: &ObjectPlace,
        existing: &Existing,
    ) -> Error {
        match SseCError::find_in(&error) {
            Some(ours)
                if *existing == Existing::Refuse && ours.kind() == SseCErrorKind::Changed =>
            {
                match self.exists(place).await {
                    Ok(true) => ours.clone().found_out(SseCErrorKind::AlreadyExists, THERE).into(),
                    _ => error,
                }
            }
            _ => error,
        }
    }
}

const THERE: &str = "there is an object already";
