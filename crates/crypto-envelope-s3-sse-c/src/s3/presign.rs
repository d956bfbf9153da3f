//! Requests for others to send.

use std::{error::Error as StdError, fmt, future::Future, time::Duration};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        get_object::builders::GetObjectFluentBuilder, put_object::builders::PutObjectFluentBuilder,
    },
    presigning::{PresignedRequest, PresigningConfig},
};
use crypto_envelope::{Error, Result, service::place};
use crypto_envelope_aws::{Failure, guard::Transport};
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};

use crate::{
    ObjectKeys, ObjectPlace, SseCClient, SseCError, WithCustomerKey as _,
    s3::{calls::put_object::check_untouched, error::About},
};

/// A signed request for one object, under its key: whoever sends it has to send all of its headers along, **the key
/// among them**, so it is for those alone who may have the key of this object. The URL by itself opens nothing.
///
/// Whoever sends it should look at the answer, too: see
/// [`SseCustomerKey::is_echoed_by`](crate::SseCustomerKey::is_echoed_by).
#[derive(Clone)]
pub struct PresignedSseCRequest {
    method: String,
    uri: String,
    headers: HeaderMap,
}

impl PresignedSseCRequest {
    /// Of HTTP, such as `GET`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// With the signature in it.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// All that have to be sent. Those of the key are marked as sensitive.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn of(request: &PresignedRequest) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers() {
            let (Ok(header), Ok(mut value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            else {
                return Err(Error::invalid_input("a header of the request cannot be sent"));
            };
            value.set_sensitive(name.contains("customer-key"));
            headers.insert(header, value);
        }
        let (method, uri) = (request.method().to_owned(), request.uri().to_owned());
        Ok(Self { method, uri, headers })
    }
}

/// Shows neither the key nor the signature.
impl fmt::Debug for PresignedSseCRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.uri.split('?').next().unwrap_or_default();
        let names: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("PresignedSseCRequest")
            .field("method", &self.method)
            .field("uri", &uri)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

impl SseCClient {
    /// A request for somebody else to read an object with, that is good for so long, at most a week. With keys of
    /// a ring, the object is looked at first, for the epoch that it is under.
    ///
    /// # Errors
    ///
    /// As [`head_object`](Self::head_object); [`Error::InvalidInput`] for other times.
    pub async fn presign_get(
        &self,
        request: GetObjectFluentBuilder,
        keys: impl Into<ObjectKeys>,
        good_for: Duration,
    ) -> Result<PresignedSseCRequest> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?;
        let about = place.about("GetObject");
        let key = match keys.into() {
            ObjectKeys::Key(key) => key,
            keys @ ObjectKeys::Ring(_) => {
                let head = self
                    .s3()
                    .head_object()
                    .set_bucket(input.get_bucket().clone())
                    .set_key(input.get_key().clone())
                    .set_version_id(input.get_version_id().clone())
                    .set_request_payer(input.get_request_payer().clone())
                    .set_expected_bucket_owner(input.get_expected_bucket_owner().clone());
                self.head_by_keys(head, &keys).await?.1.key
            }
        };
        let config = presigning(good_for)?;
        self.presign(about, request.with_customer_key(&key).presigned(config)).await
    }

    /// A request for somebody else to write an object with, that is good for so long, at most a week; with keys of
    /// a ring, at most an hour: later, the epoch may be retired.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for other times, and those of the key.
    pub async fn presign_put(
        &self,
        request: PutObjectFluentBuilder,
        keys: impl Into<ObjectKeys>,
        good_for: Duration,
    ) -> Result<PresignedSseCRequest> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?;
        check_untouched(input.get_server_side_encryption().as_ref())?;
        let about = place.about("PutObject");
        let keys = keys.into();
        if matches!(keys, ObjectKeys::Ring(_)) && good_for > LONGEST_WITH_RING {
            return Err(Error::invalid_input(
                "a presigned request to write with a key of a ring is good for an hour at most: later, the \
                 root of the key may be retired",
            ));
        }
        let key = keys.for_writing(&about.place).await?;
        let request = request
            .with_customer_key(&key.key)
            .set_server_side_encryption(self.declaration().header());
        let config = presigning(good_for)?;
        self.presign(about, request.presigned(config)).await
    }

    async fn presign<E>(
        &self,
        about: About,
        signing: impl Future<Output = Result<PresignedRequest, SdkError<E, HttpResponse>>>,
    ) -> Result<PresignedSseCRequest>
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let signed = Box::pin(signing.with_subscriber(NoSubscriber::default())).await;
        let request = signed.map_err(|error| SseCError::of(about, Failure::of(&error)))?;
        if self.transport() != Transport::DangerPlain && !place::is_confidential(request.uri()) {
            return Err(Error::invalid_input(
                "the endpoint is http: whoever sends the request would send the customer key across the \
                 network in clear; use https",
            ));
        }
        PresignedSseCRequest::of(&request)
    }
}

fn presigning(good_for: Duration) -> Result<PresigningConfig> {
    PresigningConfig::expires_in(good_for)
        .map_err(|_| Error::invalid_input("a presigned request is good for a week at most"))
}

/// What [`KeyRing::RETIRE_AFTER`](crate::KeyRing::RETIRE_AFTER) leaves, with some room.
const LONGEST_WITH_RING: Duration = Duration::from_hours(1);
