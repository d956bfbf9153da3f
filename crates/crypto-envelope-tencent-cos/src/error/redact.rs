//! Answers that quote what was sent.

use std::borrow::Cow;

use crate::{percent, request};

/// Without `secrets`, in any form in which they may have been sent: raw, and percent-encoded once or twice. A
/// text that shows one is not shown at all, since it may show parts of it as well.
pub(crate) fn without_secrets<'a>(text: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    let lower = text.to_ascii_lowercase();
    let shows = |secret: &&str| {
        let once = percent::encode(secret);
        let twice = percent::encode(&once);
        secret.len() >= LEAST
            && [*secret, &once, &twice].iter().any(|form| {
                // A part of it is enough.
                let form = form.to_ascii_lowercase();
                let run = form.get(..RUN).unwrap_or(&form);
                lower.contains(run)
            })
    };
    if secrets.iter().any(shows) { ECHO.into() } else { text.into() }
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
/// In bytes: shorter ones are in every text.
const LEAST: usize = 4;
/// In bytes: as much from the front of a secret is enough to know it.
const RUN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_noticed() {
        let secret = "MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY=";
        for text in [
            secret.to_owned(),
            percent::encode("tok/en+with==chars").to_string(),
            percent::encode(&percent::encode("tok/en+with==chars")).to_ascii_lowercase(),
            secret[..20].to_owned(),
        ] {
            let said = format!("The parameter {text} is wrong.");
            assert_eq!(without_secrets(&said, &[secret, "tok/en+with==chars"]), ECHO, "{text}");
        }
        assert_eq!(without_secrets("The key abc is wrong.", &["abc", ""]), "The key abc is wrong.");
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
