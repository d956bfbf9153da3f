//! The least client that a test of the fake needs: one request, one connection.

use std::{
    error::Error,
    io::{Read, Write},
    net::TcpStream,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::aws_kms::FakeAwsKms;
use serde_json::Value;

/// Where everything is, unless it is said.
pub(crate) const REGION: &str = "us-east-1";

pub(crate) type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// What came back, whole or not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The result, or the code and the message of the error.
    pub(crate) fn result(&self) -> Result<Value, (String, Option<String>)> {
        let answer = self.json();
        if self.status == 200 {
            return Ok(answer);
        }
        let text = |member: &str| answer[member].as_str().map(str::to_owned);
        Err((text("__type").unwrap_or_default(), text("message")))
    }
}

/// Calls an operation in a Region, as the access key `AKID`.
pub(crate) fn call(
    kms: &FakeAwsKms,
    region: &str,
    operation: &str,
    request: &Value,
) -> Result<Value, (String, Option<String>)> {
    call_as("AKID", kms, region, operation, request)
}

/// Calls an operation in a Region, as this access key.
pub(crate) fn call_as(
    access_key: &str,
    kms: &FakeAwsKms,
    region: &str,
    operation: &str,
    request: &Value,
) -> Result<Value, (String, Option<String>)> {
    let headers = headers(access_key, region, operation);
    let answer = send(kms, &headers, request.to_string().as_bytes());
    answer.expect("the fake answers").result()
}

/// The bytes that a member of an answer holds.
pub(crate) fn bytes(answer: &Value, member: &str) -> Result<Vec<u8>> {
    Ok(STANDARD.decode(answer[member].as_str().ok_or(member)?)?)
}

/// The headers that an SDK would send.
pub(crate) fn headers(access_key: &str, region: &str, operation: &str) -> String {
    format!(
        "X-Amz-Target: TrentService.{operation}\r\n\
         Content-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Date: 20260101T000000Z\r\n\
         User-Agent: tests/1\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={access_key}/20260101/{region}/kms/\
         aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\n"
    )
}

/// Sends a request and reads until the connection is closed.
pub(crate) fn send(kms: &FakeAwsKms, headers: &str, body: &[u8]) -> Result<Answer> {
    let raw = send_raw(kms, headers, body)?;
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no end of headers")?;
    let head = String::from_utf8(raw[..end].to_vec())?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer { status, head, body: raw[end + 4..].to_vec() })
}

/// As [`send`], but nothing is made of the answer.
pub(crate) fn send_raw(kms: &FakeAwsKms, headers: &str, body: &[u8]) -> Result<Vec<u8>> {
    let endpoint = kms.endpoint();
    let address = endpoint.strip_prefix("http://").ok_or("not http")?;
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {headers}\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
