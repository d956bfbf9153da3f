//! Answers that quote what was sent.

use aws_sdk_s3::config::http::HttpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::SecretBytes;

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

const SECRET_HEADERS: [&str; 3] = [
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-security-token",
];

#[cfg(test)]
mod tests {
    use crypto_envelope::service::echo::shows;

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
