//! The secret hunt: nothing that is printed may show key bytes.
//!
//! A secret is looked for raw, escaped, in hexadecimal, in base64 at any alignment, and as a list
//! of numbers, and already a few of its bytes in a row are a find: a prefix is a leak as well.

use std::{error::Error, fmt};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// A secret was found in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Leak {
    form: &'static str,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a secret is shown {}", self.form)
    }
}

impl Error for Leak {}

/// Looks for any nine bytes in a row of any of `secrets` in `text`.
///
/// # Errors
///
/// The form in which one was found.
pub fn hunt(text: &str, secrets: &[&[u8]]) -> Result<(), Leak> {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let lower = dense.to_lowercase();
    for window in secrets.iter().flat_map(|secret| secret.windows(WINDOW)) {
        for (form, needle) in forms(window) {
            if dense.contains(&needle) || (form == HEX && lower.contains(&needle)) {
                return Err(Leak { form });
            }
        }
    }
    Ok(())
}

/// Hunts in both [`Debug`](fmt::Debug) forms of a value.
///
/// # Errors
///
/// As [`hunt`].
pub fn hunt_debug(value: &(impl fmt::Debug + ?Sized), secrets: &[&[u8]]) -> Result<(), Leak> {
    hunt(&format!("{value:?}"), secrets)?;
    hunt(&format!("{value:#?}"), secrets)
}

/// Hunts in an error and in all errors below it.
///
/// # Errors
///
/// As [`hunt`].
pub fn hunt_error(error: &(dyn Error + 'static), secrets: &[&[u8]]) -> Result<(), Leak> {
    let mut next = Some(error);
    while let Some(error) = next {
        hunt(&error.to_string(), secrets)?;
        hunt_debug(error, secrets)?;
        next = error.source();
    }
    Ok(())
}

fn forms(window: &[u8]) -> [(&'static str, String); 8] {
    let list = |number: fn(&u8) -> String| window.iter().map(number).collect::<Vec<_>>().join(",");
    [
        ("raw", String::from_utf8_lossy(window).into_owned()),
        ("escaped", window.escape_ascii().to_string()),
        (HEX, window.iter().map(|byte| format!("{byte:02x}")).collect()),
        ("as a list of hexadecimal numbers", list(|byte| format!("0x{byte:02x}"))),
        ("as a list of short hexadecimal numbers", list(|byte| format!("{byte:x}"))),
        ("as a list of numbers", list(u8::to_string)),
        // Nine bytes are twelve characters: wherever the secret begins, some window is aligned.
        ("in base64", STANDARD.encode(window)),
        ("in URL-safe base64", URL_SAFE.encode(window)),
    ]
}

const WINDOW: usize = 9;
const HEX: &str = "in hexadecimal";

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = *b"\xf0\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2b\x3c\x4d\x5e\x6f\
        \x70\x71\x82\x93\xa4\xb5\xc6\xd7\xe8\xf9\x0a\x1b\x2c\x3d\x4e\x5f";

    #[test]
    fn every_form_is_found() {
        let padded = [&b"xy"[..], &SECRET].concat();
        for text in [
            format!("{SECRET:?}"),
            format!("{SECRET:#?}"),
            format!("{SECRET:02x?}"),
            format!("{SECRET:x?}"),
            format!("{SECRET:#04x?}"),
            SECRET.iter().map(|b| format!("{b:02x}")).collect(),
            SECRET.iter().map(|b| format!("{b:02X}")).collect(),
            STANDARD.encode(SECRET),
            STANDARD.encode(&padded[1..]),
            URL_SAFE.encode(padded),
            SECRET.escape_ascii().to_string(),
            String::from_utf8_lossy(&SECRET).into_owned(),
            STANDARD.encode(&SECRET[..12]),
        ] {
            assert!(hunt(&text, &[&SECRET]).is_err(), "not found in {text}");
        }
    }

    #[test]
    fn other_text_is_clean() {
        assert_eq!(hunt("SecretBytes(32 bytes)", &[&SECRET]), Ok(()));
        assert_eq!(hunt_debug(&[0_u8; 64], &[&SECRET]), Ok(()));
    }

    #[test]
    fn the_chain_of_an_error_is_searched() {
        #[derive(Debug)]
        struct Outer(std::io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outer")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let inner = std::io::Error::other(STANDARD.encode(SECRET));
        assert!(hunt_error(&Outer(inner), &[&SECRET]).is_err());
    }
}
