//! The least client that a test of the fake needs: it signs, sends one request, and reads the answer.

use std::{
    error::Error,
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::alibaba_instance::{ClientKey, FakeAlibabaInstance};

use crate::fields;

pub(crate) type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// When everything is, unless it is said.
pub(crate) const DATE: &str = "Thu, 06 Feb 2020 07:32:54 GMT";
/// The same, in seconds since 1970.
pub(crate) const NOW: u64 = 1_580_974_374;
/// The header that names the version of a key.
pub(crate) const KEY_VERSION: &str = "x-kms-migrationkeyversionid";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All that stands in fields of this number.
    pub(crate) fn all(&self, number: u64) -> Vec<Vec<u8>> {
        let fields = fields::parse(&self.body).expect("a message").into_iter();
        fields.filter(|(other, _)| *other == number).map(|(_, value)| value).collect()
    }

    /// The bytes of a field; none if it is not there.
    pub(crate) fn bytes(&self, number: u64) -> Vec<u8> {
        self.all(number).concat()
    }

    pub(crate) fn text(&self, number: u64) -> String {
        String::from_utf8(self.bytes(number)).expect("UTF-8")
    }

    /// The status, and the code of the error if it is one.
    pub(crate) fn code(&self) -> String {
        let code = if self.status == 200 { "ok".to_owned() } else { self.text(2) };
        format!("{} {code}", self.status)
    }
}

/// Who asks, and how.
pub(crate) struct Client<'a> {
    kms: &'a FakeAlibabaInstance,
    key: KeyPair,
    /// What is signed, and sent. A header that is empty is not sent.
    pub(crate) headers: Vec<(String, String)>,
}

impl<'a> Client<'a> {
    /// Sets the clock of the fake to [`DATE`].
    pub(crate) fn new(kms: &'a FakeAlibabaInstance) -> Self {
        Self::with_key(kms, kms.client_key())
    }

    pub(crate) fn with_key(kms: &'a FakeAlibabaInstance, key: &ClientKey) -> Self {
        kms.set_clock(Some(UNIX_EPOCH + Duration::from_secs(NOW)));
        let headers = [
            ("Accept", "application/x-protobuf"),
            ("Content-Type", "application/x-protobuf"),
            ("Date", DATE),
            ("User-Agent", "tests/1"),
            ("x-kms-acccesskeyid", key.id()),
            ("x-kms-apiversion", "dkms-gcs-0.2"),
            ("x-kms-signaturemethod", "RSA_PKCS1_SHA_256"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let key = KeyPair::from_pkcs8(key.private_key()).expect("a key");
        Self { kms, key, headers: headers.into() }
    }

    /// With this header instead of another of that name.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn ask(&self, operation: &str, parts: &[Vec<u8>]) -> Answer {
        let raw = self.send(&self.request(operation, &parts.concat())).expect("an answer");
        parse(&raw).expect("an answer")
    }

    /// The status and the code of an error.
    pub(crate) fn code(&self, operation: &str, parts: &[Vec<u8>]) -> String {
        self.ask(operation, parts).code()
    }

    /// With the version of a key in the header.
    pub(crate) fn ask_version(&self, version: &str, operation: &str, parts: &[Vec<u8>]) -> Answer {
        let headers = self.headers.clone();
        let key = self.key.clone();
        Self { kms: self.kms, key, headers }.set(KEY_VERSION, version).ask(operation, parts)
    }

    /// A signed request, as it goes over the wire.
    pub(crate) fn request(&self, operation: &str, body: &[u8]) -> Vec<u8> {
        let hash = digest(&SHA256, body);
        let hash = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        let mut headers = self.headers.clone();
        headers.push(("content-sha256".to_owned(), hash));
        headers.push(("x-kms-apiname".to_owned(), operation.to_owned()));
        headers.retain(|(_, value)| !value.is_empty());
        let signature = self.sign(&headers);
        headers.push(("Authorization".to_owned(), format!("Bearer {signature}")));
        let mut head =
            format!("POST / HTTP/1.1\r\nHost: fake\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").expect("a text takes all");
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    fn sign(&self, headers: &[(String, String)]) -> String {
        let value = |name: &str| {
            let mut headers = headers.iter();
            let header = headers.find(|(given, _)| given.eq_ignore_ascii_case(name));
            header.map_or("", |(_, value)| value)
        };
        let mut lines = ["content-sha256", "content-type", "date"].map(value).join("\n");
        let mut signed =
            headers.iter().filter(|(name, _)| name.starts_with("x-kms-")).collect::<Vec<_>>();
        signed.sort();
        for (name, value) in signed {
            write!(lines, "\n{name}:{value}").expect("a text takes all");
        }
        let text = format!("POST\n{lines}\n/");
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
            .expect("a signature");
        STANDARD.encode(signature)
    }

    pub(crate) fn connect(&self) -> Result<TcpStream> {
        let endpoint = self.kms.endpoint();
        Ok(TcpStream::connect(endpoint.strip_prefix("http://").ok_or("not http")?)?)
    }

    /// Sends it over a connection of its own and reads all that comes.
    pub(crate) fn send(&self, request: &[u8]) -> Result<Vec<u8>> {
        let mut stream = self.connect()?;
        let text = b"Connection: close\r\n";
        let line = request.windows(2).position(|bytes| bytes == b"\r\n").ok_or("no line")? + 2;
        stream.write_all(&[&request[..line], text, &request[line..]].concat())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

pub(crate) fn parse(raw: &[u8]) -> Result<Answer> {
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no end of headers")?;
    let head = String::from_utf8(raw[..end].to_vec())?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer { status, head, body: raw[end + 4..].to_vec() })
}
