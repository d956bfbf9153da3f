//! What goes to the server with a key, and what it answers to it, before anything else sees it.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RequestChecksumCalculation, ResponseChecksumValidation,
        RuntimeComponents,
        interceptors::{
            BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
            BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
        },
    },
    error::BoxError,
};
use aws_types::endpoint_config::EndpointUrl;
use crypto_envelope::{SecretBytes, service::echo};
use crypto_envelope_aws::guard::{self, AtStake, Transport};

use crate::{
    CustomerKeyDigest,
    headers::Echo,
    s3::{endpoint, quoted},
};

/// Interceptor of one call.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    transport: Transport,
    operation: &'static str,
    seen: Arc<Mutex<Seen>>,
    /// What nobody may see of the last request.
    secrets: Arc<Mutex<Vec<SecretBytes>>>,
}

impl Guard {
    pub(crate) fn new(transport: Transport, operation: &'static str) -> Self {
        Self { transport, operation, seen: Arc::default(), secrets: Arc::default() }
    }

    /// Whether a text quotes what nobody may see of what was sent.
    pub(crate) fn is_told_by(&self, text: &str) -> bool {
        echo::shows(text, &self.secrets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the last answer said. Only then is there something to see.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    /// The checksums that the AWS SDK adds by itself are not understood by others: some refuse them, some
    /// ignore them.
    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        configuration: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let endpoint = configuration.load::<EndpointUrl>();
        if endpoint.is_some_and(|endpoint| !endpoint::is_of_aws(&endpoint.0)) {
            let state = configuration.interceptor_state();
            state.store_put(RequestChecksumCalculation::WhenRequired);
            state.store_put(ResponseChecksumValidation::WhenRequired);
        }
        Ok(())
    }

    /// Ceph wants the length of a body said also where there is none.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let is_empty = request.body().content_length() == Some(0);
        let headers = request.headers();
        let says_length = ["content-length", "transfer-encoding"];
        if request.method() == "PUT"
            && is_empty
            && !says_length.iter().any(|name| headers.contains_key(name))
        {
            request.headers_mut().insert("content-length", "0");
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let secrets = quoted::secrets_of(context.request());
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = secrets;
        Ok(self.transport.check(context.request(), AT_STAKE)?)
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        // All but objects is read whole.
        if self.operation != "GetObject" || !response.status().is_success() {
            guard::bound_body(response, LONGEST);
        }
        let headers = response.headers_mut();
        let said = |name: &str| -> Vec<_> {
            headers.get_all(name).map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        let seen = Seen {
            algorithms: said(ALGORITHM_HEADER),
            digests: said(DIGEST_HEADER),
            encryption: said(ENCRYPTION_HEADER).pop(),
        };
        // Some servers say it twice, which the AWS SDK takes for a value that it cannot read. Whether both say the
        // same is looked at in what was seen.
        for (name, values) in [(ALGORITHM_HEADER, &seen.algorithms), (DIGEST_HEADER, &seen.digests)]
        {
            if let [first, _, ..] = &values[..] {
                headers.insert(name, first.clone());
            }
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }
}

/// What an answer says about how the object is encrypted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    algorithms: Vec<String>,
    digests: Vec<String>,
    /// By a key of the server.
    encryption: Option<String>,
}

impl Seen {
    /// Whether the answer is about this key.
    pub(crate) fn echo(&self, digest: &CustomerKeyDigest) -> Echo {
        Echo::of(digest, &self.algorithms, &self.digests)
    }

    /// How the server says that it encrypts by itself, such as `AES256` or `aws:kms`.
    pub(crate) fn server_side(&self) -> Option<&str> {
        self.encryption.as_deref()
    }
}

/// In bytes: lists of a thousand long names, with room.
const LONGEST: usize = 16 << 20;
const AT_STAKE: AtStake = AtStake { secrets: "customer keys", service: "S3" };
const ALGORITHM_HEADER: &str = "x-amz-server-side-encryption-customer-algorithm";
const DIGEST_HEADER: &str = "x-amz-server-side-encryption-customer-key-md5";
const ENCRYPTION_HEADER: &str = "x-amz-server-side-encryption";
