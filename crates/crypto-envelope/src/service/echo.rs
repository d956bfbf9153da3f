//! Answers that quote what was sent.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use zeroize::Zeroizing;

use super::percent;
use crate::SecretBytes;

/// Whether `text` shows a part of one of `secrets`, in a form in which it may have been sent or noted
/// down: raw, escaped, in hexadecimal, in base64 at any alignment, percent-encoded once or twice.
#[must_use]
pub fn shows(text: &str, secrets: &[SecretBytes]) -> bool {
    let text = dense(text);
    let runs: HashSet<_> = text.as_bytes().windows(RUN).collect();
    secrets.iter().flat_map(forms).any(|form| match form.len() {
        ..LEAST => false,
        LEAST..RUN => text.contains(&*form),
        _ => form.as_bytes().windows(RUN).any(|run| runs.contains(run)),
    })
}

fn forms(secret: &SecretBytes) -> Vec<Zeroizing<String>> {
    let secret = secret.expose();
    let raw = lossy(secret);
    let encoded = percent::encoded(&raw);
    let mut hex = Zeroizing::new(String::with_capacity(2 * secret.len()));
    for byte in secret {
        hex.extend(
            [byte >> 4, byte & 0xF]
                .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
        );
    }
    let mut escaped = Zeroizing::new(String::with_capacity(4 * secret.len()));
    escaped.extend(secret.escape_ascii().map(char::from));
    let mut forms = vec![dense(&percent::encoded(&encoded)), dense(&encoded), dense(&raw)];
    forms.extend([dense(&escaped), hex]);
    for start in 0..secret.len().min(3) {
        let text = Zeroizing::new(BASE64.encode(&secret[start..]));
        forms.push(dense(text.trim_end_matches('=')));
    }
    forms
}

/// As the library has it, and it leaves copies behind: room is made once here, for three bytes that stand for
/// each that is no text.
fn lossy(secret: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(3 * secret.len()));
    for chunk in secret.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// Without what may be another way when it is noted down: white space, upper case, the two characters
/// in which the alphabets of base64 differ.
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
/// Shorter ones are in every text.
const LEAST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"\xF0\x81\x92 secret+/ \xA3\xB4\xC5\xD6\xE7\xF8\x09\x1A\x2B\x3C";

    #[test]
    fn every_form_is_noticed() {
        let secrets = [SecretBytes::from(SECRET), SecretBytes::from(&b"a secret/with+more"[..])];
        let hex =
            |secret: &[u8]| secret.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        for text in [
            hex(SECRET),
            BASE64.encode(SECRET),
            BASE64.encode([b"x", SECRET].concat()),
            BASE64.encode([b"xy", SECRET].concat()).replace('/', "_").replace('+', "-"),
            SECRET.escape_ascii().to_string(),
            String::from_utf8_lossy(SECRET).into_owned(),
            "a secret/with+more".to_owned(),
            "a%20secret%2Fwith%2Bmore".to_owned(),
            "A%2520secret%252fwith".to_owned(),
            "it\nsays a\nsecret/\nwith it".to_owned(),
        ] {
            assert!(shows(&format!("The parameter {text} is wrong."), &secrets), "{text}");
        }
    }

    #[test]
    fn what_is_no_text_does_not_grow() {
        for secret in [SECRET, &[0xFF; 99], b"text", b"", b"\xE2\x82a\xE2\x82"] {
            let text = lossy(secret);
            assert_eq!(*text, String::from_utf8_lossy(secret));
            assert_eq!(text.capacity(), 3 * secret.len());
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        let secrets = [&b""[..], b"key", b"hidden", SECRET].map(SecretBytes::from);
        for text in ["", "The specified key key-hzz62f1cb66fa42qo0001 is not found.", "hid den?"] {
            assert!(!shows(text, &secrets[..2]), "{text}");
            assert_eq!(shows(text, &secrets), text.contains("hid"), "{text}");
        }
    }
}
