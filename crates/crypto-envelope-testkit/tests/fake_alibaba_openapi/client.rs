//! The least client that a test of the fake needs: it signs as RPC does, sends one request, and reads
//! the answer.

use std::{
    cell::Cell,
    error::Error,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, UNIX_EPOCH},
};

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::alibaba_openapi::{AccessKey, FakeAlibabaOpenApi};
use serde_json::Value;

pub(crate) type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// When everything is, unless it is said.
pub(crate) const DATE: &str = "2024-01-10T00:11:22Z";
/// The same, in seconds since 1970.
pub(crate) const NOW: u64 = 1_704_845_482;

/// Where the parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Query,
    Form,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The status, and the code of the error if it is one.
    pub(crate) fn code(&self) -> String {
        let code = if self.status == 200 { "ok" } else { self.text("/Code") };
        format!("{} {code}", self.status)
    }
}

/// Who asks, and how.
pub(crate) struct Client<'a> {
    kms: &'a FakeAlibabaOpenApi,
    pub(crate) access_key: AccessKey,
    pub(crate) place: Place,
    nonce: Cell<u32>,
}

impl<'a> Client<'a> {
    /// Sets the clock of the fake to [`DATE`].
    pub(crate) fn new(kms: &'a FakeAlibabaOpenApi) -> Self {
        kms.set_clock(Some(UNIX_EPOCH + Duration::from_secs(NOW)));
        let access_key = kms.access_key().clone();
        Self { kms, access_key, place: Place::Query, nonce: Cell::new(0) }
    }

    pub(crate) fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let raw = self.send(&self.request(action, parameters)).expect("an answer");
        parse(&raw).expect("an answer")
    }

    /// The status and the code of an error.
    pub(crate) fn code(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.ask(action, parameters).code()
    }

    /// A signed request, as it goes over the wire.
    pub(crate) fn request(&self, action: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
        self.nonce.set(self.nonce.get() + 1);
        let nonce = self.nonce.get().to_string();
        let mut all = vec![
            ("AccessKeyId", self.access_key.id()),
            ("Action", action),
            ("Format", "JSON"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", &nonce),
            ("SignatureVersion", "1.0"),
            ("Timestamp", DATE),
            ("Version", "2016-01-20"),
        ];
        all.extend(self.access_key.security_token().map(|token| ("SecurityToken", token)));
        // What is given wins.
        all.retain(|(name, _)| parameters.iter().all(|(given, _)| given != name));
        all.extend(parameters);
        self.sign(all)
    }

    fn sign(&self, mut parameters: Vec<(&str, &str)>) -> Vec<u8> {
        parameters.sort_unstable();
        let pairs =
            parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let pairs = pairs.collect::<Vec<_>>().join("&");
        let key = format!("{}&", self.access_key.secret());
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        let signature = hmac::sign(&key, format!("POST&%2F&{}", encode(&pairs)).as_bytes());
        let pairs = format!("{pairs}&Signature={}", encode(&STANDARD.encode(signature)));
        let (query, body) = match self.place {
            Place::Query => (format!("?{pairs}"), String::new()),
            Place::Form => (String::new(), pairs),
        };
        let length = body.len();
        format!(
            "POST /{query} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: tests/1\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Sends it over a connection of its own and reads all that comes.
    pub(crate) fn send(&self, request: &[u8]) -> Result<Vec<u8>> {
        let endpoint = self.kms.endpoint();
        let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").ok_or("not http")?)?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

pub(crate) fn parse(raw: &[u8]) -> Result<Answer> {
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no end of headers")?;
    let head = std::str::from_utf8(&raw[..end])?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let body = &raw[end + 4..];
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    Ok(Answer { status, body: serde_json::from_slice(body).unwrap_or_else(|_| text()) })
}

fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}
