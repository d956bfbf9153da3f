//! Asking about an object.

use std::time::SystemTime;

use crypto_envelope::Result;

use super::{
    Call, Exchange,
    conditions::{Conditions, conditions},
    properties::ObjectProperties,
};
use crate::{
    CosMethod, ETag, ObjectKey, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::{Headers, Query},
};
use crypto_envelope_s3_sse_c::KeyRole;

/// Tells what is known of an object, without its bytes.
#[derive(Clone, Debug)]
#[must_use]
pub struct HeadObject {
    key: ObjectKey,
    conditions: Conditions,
    version_id: Option<String>,
    customer_key: Option<SseCustomerKey>,
}

impl HeadObject {
    /// Of this one.
    pub fn new(key: ObjectKey) -> Self {
        Self { key, conditions: Conditions::default(), version_id: None, customer_key: None }
    }

    pub(super) fn like(
        key: ObjectKey,
        conditions: Conditions,
        version_id: Option<String>,
        customer_key: Option<SseCustomerKey>,
    ) -> Self {
        Self { key, conditions, version_id, customer_key }
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

    conditions!("the object");
}

impl Call for HeadObject {}

impl Exchange for HeadObject {
    type Answer = ObjectProperties;

    const OPERATION: &'static str = "HeadObject";

    fn method(&self) -> CosMethod {
        CosMethod::Head
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        Query::default().with_some("versionId", self.version_id.clone())
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        self.conditions.push_to("", &mut headers)?;
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        Ok(headers)
    }

    fn read(&self, head: &Head, _: &[u8]) -> Result<ObjectProperties, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        ObjectProperties::read(head, None)
    }
}
