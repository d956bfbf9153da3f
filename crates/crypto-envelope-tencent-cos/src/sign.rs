//! Signatures of requests.

mod presign;

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use crypto_envelope_http::ApiKey;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

pub use self::presign::{Presign, PresignedUrl};
use crate::{CosMethod, clock, percent};

/// What is signed.
pub(crate) struct ToSign<'a, Q> {
    pub(crate) method: CosMethod,
    /// Not encoded.
    pub(crate) path: &'a str,
    pub(crate) query: Q,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
}

impl<'a, Q: Iterator<Item = (&'a str, &'a str)>> ToSign<'a, Q> {
    pub(crate) fn sign(self, key: &ApiKey, time: KeyTime) -> Signature {
        let (sign_key, format) = (SignKey::new(key, time), self.format());
        let hex = sign_key.sign(&string_to_sign(&format.text, time));
        let Format { headers, parameters, .. } = format;
        Signature { id: key.id().to_owned(), time, headers, parameters, hex }
    }

    /// The request in the one form that both sides agree on.
    pub(crate) fn format(self) -> Format {
        let (parameters, parameter_names) = canonical(self.query);
        let (headers, header_names) = canonical(self.headers.into_iter());
        let method = self.method.name().to_ascii_lowercase();
        let parts = [&*method, "\n", self.path, "\n", &parameters, "\n", &headers, "\n"];
        let text = Zeroizing::new(parts.concat());
        Format { text, headers: header_names, parameters: parameter_names }
    }
}

/// The form that is signed, with the lists of what is in it. Keys and tokens may be in the text.
pub(crate) struct Format {
    pub(crate) text: Zeroizing<String>,
    headers: String,
    parameters: String,
}

/// From when to when a signature is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyTime {
    start: u64,
    end: u64,
}

impl KeyTime {
    /// It begins a minute ago, for servers whose clocks are behind.
    pub(crate) fn new(now: SystemTime, good_for: Duration) -> Self {
        let now = clock::unix_seconds(now);
        Self { start: now.saturating_sub(EARLIER), end: now.saturating_add(good_for.as_secs()) }
    }

    fn text(self) -> String {
        format!("{};{}", self.start, self.end)
    }
}

/// The key that signs until its time is over.
pub(crate) struct SignKey(Zeroizing<String>);

impl SignKey {
    pub(crate) fn new(key: &ApiKey, time: KeyTime) -> Self {
        Self(hmac_hex(key.secret(), &time.text()))
    }

    /// As text, as it signs.
    #[cfg(any(test, feature = "wire"))]
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    fn sign(&self, text: &str) -> String {
        hmac_hex(self.0.as_bytes(), text).as_str().to_owned()
    }
}

/// A signature, and all that must be said about it.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    id: String,
    time: KeyTime,
    headers: String,
    parameters: String,
    hex: String,
}

impl Signature {
    /// The header `Authorization`.
    pub(crate) fn authorization(&self) -> String {
        let fields = self.fields();
        fields.map(|(name, value)| format!("{name}={value}")).join("&")
    }

    /// As names and values.
    pub(crate) fn fields(&self) -> [(&'static str, String); 7] {
        [
            ("q-sign-algorithm", "sha1".to_owned()),
            ("q-ak", self.id.clone()),
            ("q-sign-time", self.time.text()),
            ("q-key-time", self.time.text()),
            ("q-header-list", self.headers.clone()),
            ("q-url-param-list", self.parameters.clone()),
            ("q-signature", self.hex.clone()),
        ]
    }
}

/// Whether a header is signed: all that the official SDKs sign. Buckets can be told to refuse requests
/// whose headers are not.
pub(crate) fn is_signed(name: &str) -> bool {
    name.starts_with("x-cos-") || name.starts_with("x-ci-") || SIGNED.contains(&name)
}

pub(crate) fn string_to_sign(format: &str, time: KeyTime) -> String {
    format!("sha1\n{}\n{}\n", time.text(), hex(&Sha1::digest(format)).as_str())
}

/// Names and values in order, and the list of the names.
fn canonical<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> (Zeroizing<String>, String) {
    let encoded = pairs
        .map(|(name, value)| (percent::encode(name).to_ascii_lowercase(), percent::encode(value)));
    let mut encoded: Vec<_> = encoded.collect();
    encoded.sort_by(|(one, _), (other, _)| one.cmp(other));
    let parts = encoded.iter().flat_map(|(name, value)| ["&", name, "=", value]).skip(1);
    let text = Zeroizing::new(parts.collect::<Vec<_>>().concat());
    let names: Vec<_> = encoded.into_iter().map(|(name, _)| name).collect();
    (text, names.join(";"))
}

fn hmac_hex(key: &[u8], text: &str) -> Zeroizing<String> {
    // It takes keys of every length.
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(text.as_bytes());
    let mut tag = mac.finalize().into_bytes();
    let text = hex(&tag);
    zeroize::Zeroize::zeroize(tag.as_mut_slice());
    text
}

/// In lower case.
fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut hex = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        // Writing to a string never fails.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// In lower case, in order.
const SIGNED: [&str; 19] = [
    "access-control-request-headers",
    "access-control-request-method",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-md5",
    "content-type",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "origin",
    "pic-operations",
    "range",
    "transfer-encoding",
];
/// In seconds.
const EARLIER: u64 = 60;

#[cfg(test)]
mod tests;
