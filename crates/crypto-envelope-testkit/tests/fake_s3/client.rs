//! The least client that a test of the fake needs: one signed request, one connection.

use std::{
    error::Error,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256, Key},
};
use crypto_envelope_testkit::fake::s3::FakeS3;

pub(crate) type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Keys of customers, with their MD5.
pub(crate) const MINE: (&str, &str) =
    ("MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY=", "U5L61r7jcwdNvT7frmUG8g==");
pub(crate) const OTHER: (&str, &str) =
    ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "cLyPS3KoaSFGi/joRB3OUQ==");

/// One with the bucket `bkt`, which believes it to be the time that requests are signed for. Parts may have
/// any size.
pub(crate) fn start() -> Result<FakeS3> {
    let s3 = FakeS3::builder().bucket("bkt").smallest_part(0).start()?;
    go_to(&s3, THEN);
    Ok(s3)
}

/// Has it believe that it is so many seconds after 1970.
pub(crate) fn go_to(s3: &FakeS3, seconds: u64) {
    s3.set_clock(Some(UNIX_EPOCH + Duration::from_secs(seconds)));
}

/// What came back, whole or not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The header with exactly this name: clients look for it in this case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(given, value)| (given == name).then_some(value))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("this body is text")
    }

    /// The texts of all elements of this name.
    pub(crate) fn elements(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let after = self.text().split(&open).skip(1);
        after.filter_map(|text| Some(text.split_once(&close)?.0)).collect()
    }

    /// Status and code of an error.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.elements("Code").first().copied().unwrap_or_default())
    }

    /// The digest of the key that the answer is about.
    pub(crate) fn echo(&self) -> Option<&str> {
        let algorithm = self.header("x-amz-server-side-encryption-customer-algorithm");
        let md5 = self.header("x-amz-server-side-encryption-customer-key-MD5");
        assert_eq!(algorithm, md5.map(|_| "AES256"));
        md5
    }
}

/// A request to be signed by whoever has the access key of the fake.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) s3: &'a FakeS3,
    pub(crate) method: &'a str,
    /// Path and query, as they are sent.
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    /// What is sent, and not signed.
    pub(crate) unsigned: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(s3: &'a FakeS3, method: &'a str, target: &'a str) -> Self {
        Self {
            s3,
            method,
            target,
            headers: Vec::new(),
            unsigned: Vec::new(),
            body: b"",
            date: DATE,
            region: s3.region(),
            id: s3.access_key().id(),
            secret: s3.access_key().secret(),
        }
    }

    pub(crate) fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }

    /// With the key of a customer.
    pub(crate) fn key(self, (key, md5): (&'a str, &'a str)) -> Self {
        self.header("x-amz-server-side-encryption-customer-algorithm", "AES256")
            .header("x-amz-server-side-encryption-customer-key", key)
            .header("x-amz-server-side-encryption-customer-key-MD5", md5)
    }

    /// With that of the source of a copy.
    pub(crate) fn source_key(self, (key, md5): (&'a str, &'a str)) -> Self {
        self.header("x-amz-copy-source-server-side-encryption-customer-algorithm", "AES256")
            .header("x-amz-copy-source-server-side-encryption-customer-key", key)
            .header("x-amz-copy-source-server-side-encryption-customer-key-MD5", md5)
    }

    pub(crate) fn send(&self) -> Result<Answer> {
        answer(&self.send_raw()?)
    }

    pub(crate) fn send_raw(&self) -> Result<Vec<u8>> {
        // Who reads sends none.
        let body = if matches!(self.method, "GET" | "HEAD") { b"" } else { self.body };
        let hash = hex(digest(&SHA256, body).as_ref());
        let mut signed = self.headers.clone();
        if !signed.iter().any(|(name, _)| *name == "x-amz-content-sha256") {
            signed.push(("x-amz-content-sha256", &hash));
        }
        signed.push(("x-amz-date", self.date));
        let authorization = self.authorization(&signed);
        let sent = signed.iter().chain(&self.unsigned);
        let headers = sent.map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers = headers.collect::<String>() + &format!("Authorization: {authorization}\r\n");
        send_raw(self.s3, self.method, self.target, &headers, body)
    }

    /// A URL that does it, without the scheme and the host, good for so many seconds.
    pub(crate) fn presigned(&self, seconds: u32) -> String {
        let mut names =
            self.headers.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>();
        names.push("host".to_owned());
        names.sort();
        let credential = format!("{}/{}", self.id, self.scope()).replace('/', "%2F");
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let target = format!(
            "{}{separator}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&\
             X-Amz-Date={}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={}",
            self.target,
            self.date,
            names.join("%3B")
        );
        let ask = Ask { target: &target, ..self.clone() };
        let (_, signature) = ask.signature(&self.headers, "UNSIGNED-PAYLOAD");
        format!("{target}&X-Amz-Signature={signature}")
    }

    fn authorization(&self, headers: &[(&str, &str)]) -> String {
        let mut hashes = headers.iter().filter(|(name, _)| *name == "x-amz-content-sha256");
        let hash = hashes.next().map_or("", |(_, value)| value);
        let (names, signature) = self.signature(headers, hash);
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={names}, Signature={signature}",
            self.id,
            self.scope()
        )
    }

    fn signature(&self, headers: &[(&str, &str)], body: &str) -> (String, String) {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let query = query.split('&').filter(|pair| !pair.is_empty());
        let query =
            query.map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") });
        let mut query = query.collect::<Vec<_>>();
        query.sort();
        let host = host(self.s3);
        let headers = headers.iter().copied().chain([("host", host.as_str())]);
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim()));
        let mut headers = headers.collect::<Vec<_>>();
        headers.sort();
        let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let lines = headers.iter().map(|(name, value)| format!("{name}:{value}\n"));
        let canonical = format!(
            "{}\n{path}\n{}\n{}\n{names}\n{body}",
            self.method,
            query.join("&"),
            lines.collect::<String>()
        );
        let hash = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let scope = self.scope();
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hash}", self.date);
        let parts = scope.split('/').chain([text.as_str()]);
        let signature = parts.fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| {
            hmac::sign(&Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec()
        });
        (names, hex(&signature))
    }

    fn scope(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.date.get(..8).unwrap_or_default(), self.region)
    }
}

pub(crate) fn put(s3: &FakeS3, target: &str, body: &[u8]) -> Result<Answer> {
    Ask::new(s3, "PUT", target).body(body).send()
}

pub(crate) fn get(s3: &FakeS3, target: &str) -> Result<Answer> {
    Ask::new(s3, "GET", target).send()
}

/// Sends a request, signed or not, and reads until the connection is closed.
pub(crate) fn send_raw(
    s3: &FakeS3,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Result<Vec<u8>> {
    let host = host(s3);
    let mut stream = TcpStream::connect(&host)?;
    let length = if method == "GET" || method == "HEAD" {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{length}{headers}\r\n"
    );
    // A fault may close the connection before all is sent.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error.into()),
        _ => Ok(answer),
    }
}

pub(crate) fn answer(raw: &[u8]) -> Result<Answer> {
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no end of headers")?;
    let head = String::from_utf8(raw[..end].to_vec())?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer { status, head, body: raw[end + 4..].to_vec() })
}

fn host(s3: &FakeS3) -> String {
    s3.endpoint().replace("http://", "")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) const DATE: &str = "20260101T000000Z";
/// The same, in seconds since 1970.
pub(crate) const THEN: u64 = 1_767_225_600;
