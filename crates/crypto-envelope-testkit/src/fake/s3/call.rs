//! What the log has of a call.

use serde_json::{Map, Value, json};

use crate::fake::log::Entry;

/// A call that the fake got, and what became of it. Neither bodies nor keys are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// As `PUT`.
    pub method: String,
    /// The operation, as `UploadPart`; empty for what the fake does not have.
    pub operation: String,
    /// The bucket; empty for the account.
    pub bucket: String,
    /// The key of the object; empty for the bucket itself.
    pub key: String,
    /// The parameters of the query, without those of a signature.
    pub parameters: Vec<(String, String)>,
    /// The headers of the request, without those that show a key, a token or a signature.
    pub headers: Vec<(String, String)>,
    /// The access key id that signed; empty if nobody did.
    pub access_key: String,
    /// How many bytes came with the request.
    pub request_length: usize,
    /// How many bytes the body of the answer has.
    pub response_length: usize,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The code of the error in the answer.
    pub error: Option<String>,
    /// The [fault](crate::fake::http::Fault) that the call met.
    pub fault: Option<String>,
}

impl Call {
    /// The first header of the request with this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find_map(|(given, value)| (given == name).then_some(value.as_str()))
    }
}

impl Entry for Call {
    fn line(&self) -> Value {
        json!({
            "method": self.method,
            "op": self.operation,
            "bucket": self.bucket,
            "key": self.key,
            "parameters": object(&self.parameters),
            "headers": object(&self.headers),
            "access_key": self.access_key,
            "request_length": self.request_length,
            "response_length": self.response_length,
            "status": self.status,
            "error": self.error,
            "fault": self.fault,
        })
    }
}

fn object(pairs: &[(String, String)]) -> Value {
    let members = pairs.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    Value::Object(members.collect::<Map<_, _>>())
}
