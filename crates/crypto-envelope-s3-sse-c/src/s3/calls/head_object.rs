//! What there is to know about an object, and why it cannot be known.

use aws_sdk_s3::operation::head_object::{HeadObjectOutput, builders::HeadObjectFluentBuilder};
use crypto_envelope::Result;

use crate::{
    ObjectKeys, ObjectPlace, Protection, SseCClient, SseCError, SseCustomerKey,
    WithCustomerKey as _,
    s3::{
        calls::{Answered, send},
        look::Look,
        object_keys::ObjectKey,
        protection::Seal,
    },
};

impl SseCClient {
    /// Size, metadata and entity tag of an object that is under one of these keys, or
    /// [protected otherwise](Protection). All other options of the request are the caller's.
    ///
    /// # Errors
    ///
    /// As [`get_object`](Self::get_object).
    pub async fn head_object(
        &self,
        request: HeadObjectFluentBuilder,
        protection: impl Into<Protection>,
    ) -> Result<HeadObjectOutput> {
        let protection = protection.into();
        if let Protection::CustomerKey(keys) = &protection {
            return Ok(self.head_by_keys(request, keys).await?.0);
        }
        let about = place_of(&request)?.about(OPERATION);
        let answer = send!(self, &about, request).await;
        let answer = answer.map_err(SseCError::with_need_of_key)?;
        protection.check_read(&answer.seen, &about)?;
        Ok(answer.output)
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
    pub(crate) async fn head_by_keys(
        &self,
        request: HeadObjectFluentBuilder,
        keys: &ObjectKeys,
    ) -> Result<(HeadObjectOutput, ObjectKey)> {
        let about = place_of(&request)?.about(OPERATION);
        let ask = |key: &SseCustomerKey| {
            let request = request.clone().with_customer_key(key);
            async { send!(self, &about, request).await }
        };
        self.read_by_keys(keys, &about, ask).await
    }

    /// One version with one key.
    pub(crate) async fn head_by(
        &self,
        place: &ObjectPlace,
        key: &ObjectKey,
    ) -> Result<Answered<HeadObjectOutput>, SseCError> {
        let request = self.head_request(place).with_customer_key(&key.key);
        let about = place.about(OPERATION);
        send!(self, &about, request).await
    }

    /// One version without a key.
    pub(crate) async fn head_plainly(
        &self,
        place: &ObjectPlace,
    ) -> Result<Answered<HeadObjectOutput>, SseCError> {
        let request = self.head_request(place);
        let about = place.about(OPERATION);
        send!(self, &about, request).await
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

    pub(crate) fn head_request(&self, place: &ObjectPlace) -> HeadObjectFluentBuilder {
        self.s3()
            .head_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned))
    }
}

fn place_of(request: &HeadObjectFluentBuilder) -> Result<ObjectPlace> {
    let input = request.as_input();
    let place = ObjectPlace::of(input.get_bucket().as_deref(), input.get_key().as_deref())?;
    Ok(place.with_version(input.get_version_id().clone()))
}

const OPERATION: &str = "HeadObject";
