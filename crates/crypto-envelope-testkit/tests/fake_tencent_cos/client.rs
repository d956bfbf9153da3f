//! The least client that a test of the fake needs: one signed request, one connection.

use std::{
    error::Error,
    io::{Read, Write},
    net::TcpStream,
};

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key},
};
use crypto_envelope_testkit::fake::tencent_cos::FakeTencentCos;

pub(crate) type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

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
}

/// A request to be signed by whoever has the access key of the fake, for one hour around now.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) cos: &'a FakeTencentCos,
    pub(crate) method: &'a str,
    /// Path and query, as they are sent.
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
    pub(crate) host: String,
    pub(crate) key_time: String,
    pub(crate) secret: &'a str,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(cos: &'a FakeTencentCos, method: &'a str, target: &'a str) -> Self {
        Self {
            cos,
            method,
            target,
            headers: Vec::new(),
            body: b"",
            host: cos.host(),
            key_time: "0;99999999999".to_owned(),
            secret: cos.access_key().secret(),
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

    pub(crate) fn send(&self) -> Result<Answer> {
        answer(&self.send_raw()?)
    }

    pub(crate) fn send_raw(&self) -> Result<Vec<u8>> {
        let authorization = self.authorization();
        let signed = [("Authorization", authorization.as_str())];
        let headers = self.headers.iter().copied().chain(signed);
        let headers = headers.map(|(name, value)| format!("{name}: {value}\r\n"));
        send_raw(
            self.cos,
            self.method,
            self.target,
            &self.host,
            &headers.collect::<String>(),
            self.body,
        )
    }

    /// The header, with everything signed.
    pub(crate) fn authorization(&self) -> String {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let query = query.split('&').filter(|pair| !pair.is_empty());
        let query = query.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let query = query.map(|(name, value)| (decoded(name), decoded(value))).collect::<Vec<_>>();
        let headers = self.headers.iter().map(|(name, value)| (*name, *value));
        let headers = headers.chain([("host", self.host.as_str())]);
        let (parameter_list, parameters) =
            signed(query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let (header_list, headers) = signed(headers);
        let method = self.method.to_lowercase();
        let format = format!("{method}\n{}\n{parameters}\n{headers}\n", decoded(path));
        let hash = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, format.as_bytes()).as_ref());
        let time = &self.key_time;
        let sign_key = mac(self.secret.as_bytes(), time);
        let signature = mac(sign_key.as_bytes(), &format!("sha1\n{time}\n{hash}\n"));
        let id = self.cos.access_key().id();
        format!(
            "q-sign-algorithm=sha1&q-ak={id}&q-sign-time={time}&q-key-time={time}&\
             q-header-list={header_list}&q-url-param-list={parameter_list}&q-signature={signature}"
        )
    }
}

pub(crate) fn put(cos: &FakeTencentCos, target: &str, body: &[u8]) -> Result<Answer> {
    Ask::new(cos, "PUT", target).body(body).send()
}

pub(crate) fn get(cos: &FakeTencentCos, target: &str) -> Result<Answer> {
    Ask::new(cos, "GET", target).send()
}

/// Sends a request, signed or not, and reads until the connection is closed.
pub(crate) fn send_raw(
    cos: &FakeTencentCos,
    method: &str,
    target: &str,
    host: &str,
    headers: &str,
    body: &[u8],
) -> Result<Vec<u8>> {
    let endpoint = cos.endpoint();
    let address = endpoint.strip_prefix("http://").ok_or("not http")?;
    let mut stream = TcpStream::connect(address)?;
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

/// The list of names, and the pairs, in order.
fn signed<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> (String, String) {
    let pairs = pairs.map(|(name, value)| (encoded(name).to_lowercase(), encoded(value)));
    let mut pairs = pairs.collect::<Vec<_>>();
    pairs.sort();
    let names = pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    (names.join(";"), pairs.collect::<Vec<_>>().join("&"))
}

pub(crate) fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    bytes.collect()
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("tests encode rightly"));
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("tests encode text")
}

fn mac(key: &[u8], text: &str) -> String {
    hex(hmac::sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), text.as_bytes()).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
