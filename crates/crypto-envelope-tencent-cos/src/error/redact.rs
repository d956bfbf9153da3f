//! Answers that quote what was sent.

use std::borrow::Cow;

use crypto_envelope::SecretBytes;
use crypto_envelope::service::echo;

use crate::request;

/// Without what shows a part of `secrets`, in any form in which they may have been sent.
pub(super) fn without_secrets<'a>(text: &'a str, secrets: &[SecretBytes]) -> Cow<'a, str> {
    if echo::shows(text, secrets) { ECHO.into() } else { text.into() }
}

/// What is to be signed, without the values of keys and tokens.
pub(super) fn format_string(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let pairs = line.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if request::is_secret(name) => Cow::Owned(format!("{name}={HIDDEN}")),
            _ => Cow::Borrowed(pair),
        });
        pairs.collect::<Vec<_>>().join("&")
    });
    lines.collect::<Vec<_>>().join("\n")
}

const ECHO: &str = "what COS said is not shown, as it has parts of what was sent";
const HIDDEN: &str = "..";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_a_secret_is_not_shown() {
        let secrets = [SecretBytes::from(&b"tok/en+with==chars"[..])];
        assert_eq!(without_secrets("The parameter tok%2Fen%2Bwith%3D%3Dchars is.", &secrets), ECHO);
        assert_eq!(
            without_secrets("The parameter tok is wrong.", &secrets),
            "The parameter tok is wrong."
        );
    }

    #[test]
    fn names_of_what_was_signed_stay() {
        let text = "put\n/a=b&c\nuploads=\ncontent-length=5&x-cos-security-token=tok%2Fen&\
                    x-cos-server-side-encryption-customer-key=MDEy%3D&x-cos-server-side-encryption-customer-key-md5=U5L\n";
        assert_eq!(
            format_string(text),
            "put\n/a=b&c\nuploads=\ncontent-length=5&x-cos-security-token=..&\
             x-cos-server-side-encryption-customer-key=..&x-cos-server-side-encryption-customer-key-md5=..\n"
        );
    }
}
