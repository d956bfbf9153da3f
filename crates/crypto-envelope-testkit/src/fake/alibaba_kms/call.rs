//! What the log has of a call.

use serde_json::{Value, json};

use crate::fake::log::Entry;

/// A call that a gateway got, and what became of it.
///
/// It holds what went over the wire, and that is **plaintext and plaintext keys** of the fake: it is
/// for tests alone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// As `Decrypt`; empty if none was named.
    pub operation: String,
    /// The `KeyId` of the request; empty if there was none.
    pub key_id: String,
    /// The id of the `ClientKey` or of the access key; empty if there was none.
    pub access_key: String,
    /// Of an instance the message, with its bytes in base64; a string, if it was none. Of the OpenAPI all
    /// parameters, as texts in an object; null, if they were none.
    pub request: Value,
    /// The answer as it was sent, with bytes in base64; a string, if it cannot be read, and null without one.
    pub response: Value,
    /// The code of the error in the answer.
    pub error: Option<String>,
    /// The [fault](crate::fake::http::Fault) that the call met.
    pub fault: Option<String>,
    /// What followed the question mark in the URL; an instance takes nothing there.
    pub query: String,
    /// The headers of the request.
    pub headers: Vec<(String, String)>,
}

impl Call {
    /// The first header of the request with this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

impl Entry for Call {
    fn line(&self) -> Value {
        json!({
            "op": self.operation,
            "key_id": self.key_id,
            "access_key": self.access_key,
            "request": self.request,
            "response": self.response,
            "error": self.error,
            "fault": self.fault,
            "user_agent": self.header("user-agent"),
        })
    }
}
