//! Answers that quote what was sent.

use std::collections::HashSet;

use aws_sdk_s3::config::http::HttpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::SecretBytes;
use zeroize::Zeroizing;

/// What nobody may see of a request, as it is sent and as it is.
pub(crate) fn secrets_of(request: &HttpRequest) -> Vec<SecretBytes> {
    let mut secrets = Vec::new();
    for name in SECRET_HEADERS {
        let Some(value) = request.headers().get(name) else { continue };
        secrets.push(SecretBytes::from(value.as_bytes()));
        // Whoever answers has the key itself.
        if let Ok(key) = BASE64.decode(value) {
            secrets.push(key.into());
        }
    }
    secrets
}

/// Whether a text shows a part of one of them: as it is, escaped, in hexadecimal, in base64 at any alignment,
/// percent-encoded once or twice.
pub(crate) fn shows(text: &str, secrets: &[SecretBytes]) -> bool {
    let text = dense(text);
    let runs: HashSet<_> = text.as_bytes().windows(RUN).collect();
    let shows = |form: &str| form.as_bytes().windows(RUN).any(|run| runs.contains(run));
    secrets.iter().flat_map(|secret| forms(secret.expose())).any(|form| shows(&form))
}

fn forms(secret: &[u8]) -> Vec<Zeroizing<String>> {
    let escaped = text_of(4, secret, |byte, out| out.extend(byte.escape_ascii().map(char::from)));
    let hex = text_of(2, secret, push_hex);
    let percent = text_of(3, secret, push_percent);
    let twice = text_of(3, percent.as_bytes(), push_percent);
    let mut forms: Vec<_> = [&escaped, &hex, &percent, &twice].map(|text| dense(text)).into();
    for start in 0..secret.len().min(3) {
        let text = Zeroizing::new(BASE64.encode(&secret[start..]));
        forms.push(dense(text.trim_end_matches('=')));
    }
    forms
}

/// With room for `most` characters for each byte: a text that grows leaves copies behind.
fn text_of(most: usize, bytes: &[u8], push: fn(u8, &mut String)) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(most * bytes.len()));
    for byte in bytes {
        push(*byte, &mut text);
    }
    text
}

fn push_hex(byte: u8, out: &mut String) {
    out.extend([byte >> 4, byte & 0xF].map(|digit| char::from(DIGITS[usize::from(digit)])));
}

fn push_percent(byte: u8, out: &mut String) {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        out.push(char::from(byte));
    } else {
        out.push('%');
        push_hex(byte, out);
    }
}

/// Without what may be another way when it is noted down: white space, upper case, the two characters in which the
/// alphabets of base64 differ.
fn dense(text: &str) -> Zeroizing<String> {
    let mut dense = Zeroizing::new(String::with_capacity(text.len()));
    let kept = text.chars().filter(|c| !c.is_whitespace() && !c.is_control());
    dense.extend(kept.map(|c| match c {
        '-' => '+',
        '_' => '/',
        _ => c.to_ascii_lowercase(),
    }));
    dense
}

/// As many bytes in a row are no coincidence.
const RUN: usize = 9;
const DIGITS: &[u8; 16] = b"0123456789abcdef";
const SECRET_HEADERS: [&str; 3] = [
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-security-token",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Of which some is no text, and the base64 has all characters that are escaped.
    const KEY: &[u8; 32] = b"\xFB\xEF\xBE\xFB\xEF\xFF\x92 secret+/ \xA3\xB4\xC5\xD6\xE7\xF8\x09\x1A\x2B\x3C\x4D\x5E\x6F\x70\x71";

    fn secrets() -> Vec<SecretBytes> {
        let mut request = HttpRequest::empty();
        request.headers_mut().insert(SECRET_HEADERS[0], BASE64.encode(KEY));
        request.headers_mut().insert(SECRET_HEADERS[2], "tok/en+with==chars");
        request.headers_mut().insert("x-amz-date", "20261130T160323Z");
        secrets_of(&request)
    }

    #[test]
    fn every_form_is_noticed() {
        let sent = BASE64.encode(KEY);
        let escaped = |text: &str| text.replace('%', "%25").replace('/', "%2F").replace('+', "%2B");
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        for text in [
            sent.clone(),
            sent[..12].to_owned(),
            sent.replace('/', "_").replace('+', "-"),
            escaped(&sent),
            escaped(&escaped(&sent)),
            hex(sent.as_bytes()),
            BASE64.encode(format!("x-amz: {sent}")),
            BASE64.encode(format!("x-amz:  {sent}")),
            hex(KEY),
            KEY.escape_ascii().to_string(),
            "tok/en+with".to_owned(),
            "tok%2fen%2bwith".to_owned(),
        ] {
            assert!(shows(&format!("The argument {text} is wrong."), &secrets()), "{text}");
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "",
            "The request signature we calculated does not match the signature you provided.",
            "x-amz-server-side-encryption-customer-key 20261130T160323Z",
        ] {
            assert!(!shows(text, &secrets()), "{text}");
        }
        assert!(!shows("anything", &[]));
    }
}
