//! What there is to know about an object, and why it cannot be known.

use aws_sdk_s3::operation::head_object::{HeadObjectOutput, builders::HeadObjectFluentBuilder};
use crypto_envelope::Result;

use crate::{
    ObjectKeys, ObjectPlace, SseCClient, SseCError, SseCErrorKind, WithCustomerKey as _,
    s3::{calls::Answered, error::About, look::Look, object_keys::ObjectKey, protection::Seal},
};

impl SseCClient {
    /// Size, metadata and entity tag of an object that is under one of these keys. All other options of the
    /// request are the caller's.
    ///
    /// # Errors
    ///
    /// As [`get_object`](Self::get_object).
    pub async fn head_object(
        &self,
        request: HeadObjectFluentBuilder,
        keys: impl Into<ObjectKeys>,
    ) -> Result<HeadObjectOutput> {
        Ok(self.head_with(request, &keys.into()).await?.0)
    }

    /// Whether there is an object, under whatever key.
    ///
    /// # Errors
    ///
    /// An [`SseCError`], if that cannot be told.
    pub async fn exists(&self, place: &ObjectPlace) -> Result<bool> {
        Ok(self.look(place).await? != Look::Missing)
    }

    /// The same, with the key that it was.
    pub(crate) async fn head_with(
        &self,
        request: HeadObjectFluentBuilder,
        keys: &ObjectKeys,
    ) -> Result<(HeadObjectOutput, ObjectKey)> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?
            .with_version(input.get_version_id().clone());
        let about = About { operation: OPERATION, place };
        let mut candidates = keys.candidates();
        let mut refused = None;
        while let Some(candidate) = candidates.next(&about.place).await? {
            let request = request.clone().with_customer_key(&candidate.key);
            let answer =
                self.call(&about, |guard| request.customize().interceptor(guard).send()).await;
            match answer {
                Ok(answer) => {
                    return Ok((answer.about(candidate.key.digest(), &about)?, candidate));
                }
                Err(error) if error.may_be_about_the_key() => refused = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.why_refused(about, refused).await.into())
    }

    /// One version with one key.
    pub(crate) async fn head_by(
        &self,
        place: &ObjectPlace,
        key: &ObjectKey,
    ) -> Result<Answered<HeadObjectOutput>, SseCError> {
        let request = self.head_request(place).with_customer_key(&key.key);
        let about = About { operation: OPERATION, place: place.clone() };
        self.call(&about, |guard| request.customize().interceptor(guard).send()).await
    }

    /// One version without a key.
    pub(crate) async fn head_plainly(
        &self,
        place: &ObjectPlace,
    ) -> Result<Answered<HeadObjectOutput>, SseCError> {
        let request = self.head_request(place);
        let about = About { operation: OPERATION, place: place.clone() };
        self.call(&about, |guard| request.customize().interceptor(guard).send()).await
    }

    /// One version as it is written.
    pub(crate) async fn head_sealed(
        &self,
        place: &ObjectPlace,
        seal: &Seal,
    ) -> Result<Answered<HeadObjectOutput>, SseCError> {
        match seal.customer_key() {
            Some(key) => self.head_by(place, key).await,
            None => self.head_plainly(place).await,
        }
    }

    fn head_request(&self, place: &ObjectPlace) -> HeadObjectFluentBuilder {
        self.s3()
            .head_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned))
    }

    /// Why all keys were refused for something that is read. Servers answer with the same status to a wrong
    /// key, to a key for an object that is under none, and to whoever may not read at all; without a key they
    /// have to say more.
    pub(crate) async fn why_refused(&self, about: About, refused: Option<SseCError>) -> SseCError {
        let Some(refused) = refused else {
            let finding = "no key was given to try";
            return SseCError::found(about, SseCErrorKind::KeyRequired, finding);
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

const OPERATION: &str = "HeadObject";
