//! The forms in which RSA keys are handed around, brought into one.

use pem_rfc7468::decode_vec;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// A private key as PKCS#8 in DER, out of PEM or DER, PKCS#8 or PKCS#1.
pub(super) fn to_pkcs8(key: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    match label_and_der(key)? {
        (Label::None, der) if is_pkcs1_private(&der) => Ok(pkcs1_to_pkcs8(&der)),
        (Label::None | Label::Pkcs8, der) => Ok(der),
        (Label::Pkcs1Private, der) => Ok(pkcs1_to_pkcs8(&der)),
        (Label::Encrypted, _) => Err(Error::unsupported(
            "a private key that is encrypted with a password: decrypt it first",
        )),
        _ => Err(Error::invalid_input("this is not an RSA key, or not a private one")),
    }
}

/// A public key as `SubjectPublicKeyInfo` in DER, out of PEM or DER, SPKI or PKCS#1.
pub(super) fn to_spki(key: &[u8]) -> Result<Vec<u8>> {
    match label_and_der(key)? {
        (Label::None, der) if is_pkcs1_public(&der) => Ok(pkcs1_to_spki(&der)),
        (Label::None | Label::Spki, der) => Ok(der.to_vec()),
        (Label::Pkcs1Public, der) => Ok(pkcs1_to_spki(&der)),
        _ => Err(Error::invalid_input("this is not a public RSA key")),
    }
}

enum Label {
    /// It was DER.
    None,
    Pkcs8,
    Pkcs1Private,
    Encrypted,
    Spki,
    Pkcs1Public,
}

fn label_and_der(key: &[u8]) -> Result<(Label, Zeroizing<Vec<u8>>)> {
    if !key.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Ok((Label::None, Zeroizing::new(key.to_vec())));
    }
    let (label, der) = decode_vec(key.trim_ascii_start())
        .map_err(|_| Error::invalid_input("the PEM text of the RSA key is damaged"))?;
    let der = Zeroizing::new(der);
    let label = match label {
        "PRIVATE KEY" => Label::Pkcs8,
        "RSA PRIVATE KEY" => Label::Pkcs1Private,
        "ENCRYPTED PRIVATE KEY" => Label::Encrypted,
        "PUBLIC KEY" => Label::Spki,
        "RSA PUBLIC KEY" => Label::Pkcs1Public,
        other => {
            return Err(Error::invalid_input(format!(
                "the PEM text holds no RSA key but: {other}"
            )));
        }
    };
    Ok((label, der))
}

/// PKCS#1 has the modulus behind the version, PKCS#8 the algorithm.
fn is_pkcs1_private(der: &[u8]) -> bool {
    content(der).is_some_and(|content| content.starts_with(&[2, 1, 0, 2]))
}

/// PKCS#1 begins with the modulus, SPKI with the algorithm.
fn is_pkcs1_public(der: &[u8]) -> bool {
    content(der).is_some_and(|content| content.starts_with(&[2]))
}

/// What is inside of a DER sequence.
fn content(der: &[u8]) -> Option<&[u8]> {
    match der {
        [0x30, length, rest @ ..] if *length < 0x80 => Some(rest),
        [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

/// RFC 5958: `SEQUENCE { 0, rsaEncryption, OCTET STRING { key } }`.
fn pkcs1_to_pkcs8(key: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = Zeroizing::new(tagged(0x04, &[key]));
    Zeroizing::new(tagged(0x30, &[&[2, 1, 0], RSA_ENCRYPTION, &octets]))
}

/// RFC 5280: `SEQUENCE { rsaEncryption, BIT STRING { key } }`.
fn pkcs1_to_spki(key: &[u8]) -> Vec<u8> {
    tagged(0x30, &[RSA_ENCRYPTION, &tagged(0x03, &[&[0], key])])
}

/// A DER value with its tag and length.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    let digits = &digits[digits.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = Vec::with_capacity(length + 16);
    der.push(tag);
    if length >= 0x80 {
        der.extend(u8::try_from(digits.len()).map(|count| 0x80 | count));
    }
    der.extend_from_slice(if length == 0 { &[0] } else { digits });
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

/// `SEQUENCE { 1.2.840.113549.1.1.1, NULL }` (RFC 8017, appendix A.1).
const RSA_ENCRYPTION: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
