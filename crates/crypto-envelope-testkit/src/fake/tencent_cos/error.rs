//! Errors as COS answers them.

use crate::fake::{http::range::NotWithin, xml::Writer};

/// What COS answers when it does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CosError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    message: String,
    /// Further elements.
    details: Vec<(&'static str, String)>,
}

impl CosError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
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
        Self::new(400, "MalformedXML", "The XML of the request is not well-formed or not known.")
    }

    pub(super) fn no_such_bucket() -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist.")
    }

    pub(super) fn no_such_key() -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.")
    }

    pub(super) fn no_such_upload() -> Self {
        Self::new(404, "NoSuchUpload", "The specified multipart upload does not exist.")
    }

    pub(super) fn precondition_failed() -> Self {
        Self::new(412, "PreconditionFailed", "A condition of the request does not hold.")
    }

    /// No error for whoever asks for news: its answer has no body.
    pub(super) fn not_modified() -> Self {
        Self::new(304, "NotModified", "")
    }

    /// The body of the answer.
    pub(super) fn xml(&self, resource: &str, request_id: &str, trace_id: &str) -> Vec<u8> {
        let mut xml = Writer::new();
        xml.open("Error");
        xml.element("Code", self.code);
        xml.element("Message", &self.message);
        for (name, text) in &self.details {
            xml.element(name, text);
        }
        xml.element("Resource", resource);
        xml.element("RequestId", request_id);
        xml.element("TraceId", trace_id);
        xml.close("Error");
        xml.finish()
    }
}

impl From<NotWithin> for CosError {
    fn from(_: NotWithin) -> Self {
        Self::new(416, "InvalidRange", "The range is not within the object.")
    }
}
