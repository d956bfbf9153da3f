//! Errors as S3 answers them.

use std::borrow::Cow;

use crate::fake::{
    crypto::CryptoError,
    http::range::NotWithin,
    sigv4::{Reason, SignatureError},
    xml::Writer,
};

/// What S3 answers when it does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct S3Error {
    pub(super) status: u16,
    pub(super) code: &'static str,
    message: String,
    /// Further elements.
    details: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(Cow<'static, str>, String)>,
}

impl S3Error {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let (details, headers) = (Vec::new(), Vec::new());
        Self { status, code, message: message.into(), details, headers }
    }

    pub(super) fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
        self
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((Cow::Borrowed(name), value.into()));
        self
    }

    pub(super) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequest", message)
    }

    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(super) fn malformed_xml() -> Self {
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema";
        Self::new(400, "MalformedXML", message)
    }

    pub(super) fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(501, "NotImplemented", message)
    }

    pub(super) fn no_such_bucket(name: &str) -> Self {
        let message = "The specified bucket does not exist";
        Self::new(404, "NoSuchBucket", message).with("BucketName", name)
    }

    pub(super) fn no_such_key(key: &str) -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
    }

    pub(super) fn no_such_version(key: &str, id: &str) -> Self {
        let message = "The specified version does not exist.";
        Self::new(404, "NoSuchVersion", message).with("Key", key).with("VersionId", id)
    }

    pub(super) fn no_such_upload(id: &str) -> Self {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the \
                       upload may have been aborted or completed.";
        Self::new(404, "NoSuchUpload", message).with("UploadId", id)
    }

    /// With the header that it is about.
    pub(super) fn precondition_failed(condition: &str) -> Self {
        let message = "At least one of the pre-conditions you specified did not hold";
        Self::new(412, "PreconditionFailed", message).with("Condition", condition)
    }

    /// No error for whoever asks for news: its answer has no body.
    pub(super) fn not_modified() -> Self {
        Self::new(304, "NotModified", "")
    }

    /// The body of the answer.
    pub(super) fn xml(&self, resource: &str, request_id: &str) -> Vec<u8> {
        let mut xml = Writer::new();
        xml.open("Error");
        self.elements(&mut xml);
        xml.element("Resource", resource);
        xml.element("RequestId", request_id);
        xml.close("Error");
        xml.finish()
    }

    /// Code, message and what else is known of it.
    pub(super) fn elements(&self, xml: &mut Writer) {
        xml.element("Code", self.code);
        xml.element("Message", &self.message);
        for (name, text) in &self.details {
            xml.element(name, text);
        }
    }
}

impl From<NotWithin> for S3Error {
    fn from(_: NotWithin) -> Self {
        Self::new(416, "InvalidRange", "The requested range is not satisfiable")
    }
}

/// Nobody sees it, unless a key that fits does not open what is stored.
impl From<CryptoError> for S3Error {
    fn from(_: CryptoError) -> Self {
        let message = "We encountered an internal error. Please try again.";
        Self::new(500, "InternalError", message)
    }
}

impl From<SignatureError> for S3Error {
    fn from(error: SignatureError) -> Self {
        match error.reason {
            Reason::Missing => Self::denied("Access Denied"),
            Reason::Expired => Self::denied("Request has expired"),
            Reason::Incomplete | Reason::Scope => {
                Self::new(400, "AuthorizationHeaderMalformed", error.message)
            }
            Reason::Unsigned => {
                let message = "There were headers present in the request which were not signed";
                Self::denied(message).with("HeadersNotSigned", error.message)
            }
            Reason::Time => Self::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            Reason::Mismatch => Self::new(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method.",
            ),
        }
    }
}
