//! What one sees of an object without a key.

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind,
    s3::{calls::send, error::is_about_the_caller},
};

/// What one sees of an object without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// All of it. It may be encrypted with a key of the server.
    Open { server_side: Option<String> },
    /// That it is under a customer key.
    Keyed,
    /// Nothing: there is none.
    Missing,
}

impl SseCClient {
    /// Looks at an object without a key, by its first byte: answers to HEAD have no words, and say the same of an
    /// object under a key, of credentials that have expired, and of a wrong region.
    pub(crate) async fn look(&self, place: &ObjectPlace) -> Result<Look, SseCError> {
        let request = self
            .s3()
            .get_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned))
            .range("bytes=0-0");
        let about = place.about("GetObject");
        match send!(self, &about, request).await {
            Ok(answer) => {
                Ok(Look::Open { server_side: answer.seen.server_side().map(ToOwned::to_owned) })
            }
            // It has no first byte, which some servers see before they ask for a key.
            Err(error) if error.status() == Some(416) => self.look_at_nothing(place).await,
            Err(error) if error.kind() == SseCErrorKind::NotFound => Ok(Look::Missing),
            Err(error) if error.status() == Some(400) && error.may_be_about_the_key() => {
                Ok(Look::Keyed)
            }
            Err(error) => Err(error),
        }
    }

    /// The same of an empty object.
    async fn look_at_nothing(&self, place: &ObjectPlace) -> Result<Look, SseCError> {
        match self.head_plainly(place).await {
            Ok(answer) => {
                Ok(Look::Open { server_side: answer.seen.server_side().map(ToOwned::to_owned) })
            }
            Err(error) if error.status() == Some(400) => Ok(Look::Keyed),
            Err(error) if error.kind() == SseCErrorKind::NotFound => Ok(Look::Missing),
            Err(error) => Err(error),
        }
    }
}

impl SseCError {
    /// Whether another key may be answered otherwise.
    pub(crate) fn may_be_about_the_key(&self) -> bool {
        matches!(self.status(), Some(400 | 403)) && !self.code().is_some_and(is_about_the_caller)
    }
}
