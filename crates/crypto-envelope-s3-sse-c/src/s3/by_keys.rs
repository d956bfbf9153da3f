//! What is read with keys of which one is the right one.

use std::future::Future;

use crypto_envelope::Result;

use crate::{
    ObjectKeys, SseCClient, SseCError, SseCErrorKind, SseCustomerKey,
    s3::{calls::Answered, error::About, look::Look, object_keys::ObjectKey},
};

impl SseCClient {
    /// Asks with one key after the other until the server takes one.
    pub(crate) async fn read_by_keys<T, F>(
        &self,
        keys: &ObjectKeys,
        about: &About,
        ask: impl Fn(&SseCustomerKey) -> F,
    ) -> Result<(T, ObjectKey)>
    where
        F: Future<Output = Result<Answered<T>, SseCError>>,
    {
        let mut candidates = keys.candidates();
        let mut refused = None;
        while let Some(candidate) = candidates.next(&about.place).await? {
            match ask(&candidate.key).await {
                Ok(answer) => return Ok((answer.under(candidate.key.digest(), about)?, candidate)),
                Err(error) if error.may_be_about_the_key() => refused = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.why_refused(about, refused).await.into())
    }

    /// Why all keys were refused for something that is read. Servers answer with the same status to a wrong
    /// key, to a key for an object that is under none, and to whoever may not read at all; without a key they
    /// have to say more.
    async fn why_refused(&self, about: &About, refused: Option<SseCError>) -> SseCError {
        let Some(refused) = refused else {
            let finding = "no key was given to try";
            return SseCError::found(about.clone(), SseCErrorKind::KeyRequired, finding);
        };
        match self.look(&about.place).await {
            Ok(Look::Open { server_side }) => {
                let how = match server_side {
                    Some(how) => {
                        format!("the object is encrypted with a key of the server ({how})")
                    }
                    None => "the object is not encrypted".to_owned(),
                };
                let finding = format!("{how}, and not with a customer key");
                refused.found_out(SseCErrorKind::NotEncrypted, finding)
            }
            Ok(Look::Keyed) => {
                let finding = "the object is under another customer key than those that were tried";
                refused.found_out(SseCErrorKind::WrongKey, finding)
            }
            Ok(Look::Missing) => {
                refused.found_out(SseCErrorKind::NotFound, "there is no such object")
            }
            Err(error) if error.kind() == SseCErrorKind::Denied => {
                let finding =
                    "whoever has these credentials may not read it, with or without a key";
                error.found_out(SseCErrorKind::Denied, finding)
            }
            Err(error) => error,
        }
    }
}

impl SseCError {
    /// Of an object that was said to be under no customer key, and that was refused without one.
    pub(crate) fn with_need_of_key(self) -> Self {
        if self.status() == Some(400) && self.may_be_about_the_key() {
            return self
                .found_out(SseCErrorKind::KeyRequired, "the object is under a customer key");
        }
        self
    }
}
