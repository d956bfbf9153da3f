//! Reading an object.

use std::time::SystemTime;

use crypto_envelope::{Error, Result};

use super::{
    Exchange,
    conditions::{Conditions, conditions},
    head_object::HeadObject,
    properties::ObjectProperties,
};
use crate::{
    ByteRange, ContentRange, CosMethod, ETag, ObjectKey, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::{Headers, Query},
};
use crypto_envelope_s3_sse_c::KeyRole;

/// Reads an object, or a part of it.
#[derive(Clone, Debug)]
#[must_use]
pub struct GetObject {
    key: ObjectKey,
    range: Option<ByteRange>,
    conditions: Conditions,
    version_id: Option<String>,
    customer_key: Option<SseCustomerKey>,
    /// Headers that the answer is to have instead of those that are stored.
    overrides: Query,
}

impl GetObject {
    /// All of it.
    pub fn new(key: ObjectKey) -> Self {
        let (conditions, overrides) = (Conditions::default(), Query::default());
        Self { key, range: None, conditions, version_id: None, customer_key: None, overrides }
    }

    /// These bytes of it.
    pub fn range(mut self, range: ByteRange) -> Self {
        self.range = Some(range);
        self
    }

    /// In this version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// That COS has encrypted with this key.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// With this `Content-Type` in the answer, whatever is stored.
    pub fn response_content_type(self, value: impl Into<String>) -> Self {
        self.overriding("response-content-type", value)
    }

    /// With this `Content-Disposition` in the answer, whatever is stored.
    pub fn response_content_disposition(self, value: impl Into<String>) -> Self {
        self.overriding("response-content-disposition", value)
    }

    /// With this `Content-Encoding` in the answer, whatever is stored.
    pub fn response_content_encoding(self, value: impl Into<String>) -> Self {
        self.overriding("response-content-encoding", value)
    }

    /// With this `Content-Language` in the answer, whatever is stored.
    pub fn response_content_language(self, value: impl Into<String>) -> Self {
        self.overriding("response-content-language", value)
    }

    /// With this `Cache-Control` in the answer, whatever is stored.
    pub fn response_cache_control(self, value: impl Into<String>) -> Self {
        self.overriding("response-cache-control", value)
    }

    /// With this `Expires` in the answer, whatever is stored.
    pub fn response_expires(self, value: impl Into<String>) -> Self {
        self.overriding("response-expires", value)
    }

    conditions!("the object");

    pub(crate) fn target(&self) -> &ObjectKey {
        &self.key
    }

    /// Asks about the same object.
    pub(crate) fn head(&self) -> Result<HeadObject> {
        let Self { key, range, conditions, version_id, customer_key, overrides } = self;
        if range.is_some() || *overrides != Query::default() {
            return Err(Error::invalid_input("a file is made of a whole object, as it is stored"));
        }
        let (key, conditions) = (key.clone(), conditions.clone());
        Ok(HeadObject::like(key, conditions, version_id.clone(), customer_key.clone()))
    }

    /// The same object, from byte `from` of what was asked for on.
    pub(crate) fn rest_of(&self, found: &ObjectProperties, from: u64) -> Result<Self> {
        let asked = found.range.map_or(0..found.length, ContentRange::range);
        let mut rest = self.clone().if_match(found.etag.clone());
        rest.range = Some(ByteRange::of(asked.start.saturating_add(from)..asked.end)?);
        Ok(rest)
    }

    fn overriding(mut self, name: &str, value: impl Into<String>) -> Self {
        self.overrides = self.overrides.with(name, value);
        self
    }
}

impl Exchange for GetObject {
    type Answer = ObjectProperties;

    const OPERATION: &'static str = "GetObject";

    fn method(&self) -> CosMethod {
        CosMethod::Get
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        self.overrides.clone().with_some("versionId", self.version_id.clone())
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        if let Some(range) = self.range {
            headers.push("range", &range.header());
        }
        self.conditions.push_to("", &mut headers)?;
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        Ok(headers)
    }

    fn read(&self, head: &Head, _: &[u8]) -> Result<ObjectProperties, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        ObjectProperties::read(head, self.range)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_said_is_sent() -> Result<()> {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_580_974_374);
        let call = GetObject::new(ObjectKey::new("a")?)
            .range(ByteRange::last(5)?)
            .if_match(ETag::new("\"x\"")?)
            .if_none_match(ETag::new("\"y\"")?)
            .if_modified_since(time)
            .if_unmodified_since(time)
            .version_id("v 1")
            .response_content_type("text/plain; charset=utf-8")
            .customer_key(SseCustomerKey::from_bytes(vec![1; 32])?);
        let headers = call.headers()?;
        for (name, value) in [
            ("range", "bytes=-5"),
            ("if-match", "\"x\""),
            ("if-none-match", "\"y\""),
            ("if-modified-since", "Thu, 06 Feb 2020 07:32:54 GMT"),
            ("if-unmodified-since", "Thu, 06 Feb 2020 07:32:54 GMT"),
            ("x-cos-server-side-encryption-customer-algorithm", "AES256"),
        ] {
            assert_eq!(headers.value(name), Some(value));
        }
        assert_eq!(
            call.query().url_form(),
            "?response-content-type=text%2Fplain%3B%20charset%3Dutf-8&versionId=v%201"
        );
        Ok(())
    }
}
