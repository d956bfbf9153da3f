//! boto3 as a client of servers.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value, json};

use crate::{peer::Peer, s3_servers::S3Endpoint, vectors::Result};

/// A running boto3. It ends when it is dropped.
#[derive(Debug)]
pub struct S3Client(Peer);

impl S3Client {
    /// Starts one for a server.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn start(server: &S3Endpoint) -> Result<Self> {
        let configuration = json!({
            "url": server.url,
            "region": server.region,
            "access_key": server.access_key,
            "secret_key": server.secret_key,
            "ca": server.ca,
        });
        Peer::s3(&configuration).map(Self)
    }

    /// Sends a request, as `interop/servers/s3_peer.py` describes it, and waits for the answer.
    ///
    /// # Errors
    ///
    /// If the client could not. That the server refuses is an answer.
    pub fn ask(&mut self, request: &Value) -> Result<S3Answer> {
        let mut answer = self.0.ask(request)?;
        if let Some(reason) = answer["failed"].as_str() {
            return Err(format!("boto3 could not: {reason}").into());
        }
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Ok(S3Answer {
            status: answer["status"].as_u64().ok_or("no status")?,
            code: text("code"),
            message: text("message"),
            headers: serde_json::from_value(answer["headers"].take())?,
            content: answer["answer"].take(),
        })
    }
}

/// What a server said.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests look at it")]
pub struct S3Answer {
    /// Of HTTP.
    pub status: u64,
    /// Why it refused, if it did. boto3 makes one of the status for answers without a body.
    pub code: Option<String>,
    /// The same in words.
    pub message: Option<String>,
    /// By their names in lower case.
    pub headers: Map<String, Value>,
    /// What boto3 makes of all that.
    pub content: Value,
}

impl S3Answer {
    /// A header, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(Value::as_str)
    }

    /// The body of an object.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn body(&self) -> Result<Vec<u8>> {
        let body = self.content["Body"]["base64"].as_str();
        Ok(BASE64.decode(body.ok_or("no body")?)?)
    }
}
