//! The forms in which RSA keys are handed around, brought into one.

use pem_rfc7468::decode_vec;
use zeroize::Zeroizing;

use crate::{
    Error, Result,
    der::{
        BIT_STRING, INTEGER, NO_UNUSED_BITS, OCTET_STRING, RSA_ENCRYPTION, SEQUENCE, VERSION,
        only_value, tagged, value,
    },
};

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
    let numbers = only_value(SEQUENCE, der).and_then(|content| content.strip_prefix(VERSION));
    numbers.is_some_and(|numbers| value(INTEGER, numbers).is_some())
}

/// PKCS#1 begins with the modulus, SPKI with the algorithm.
fn is_pkcs1_public(der: &[u8]) -> bool {
    only_value(SEQUENCE, der).is_some_and(|content| value(INTEGER, content).is_some())
}

/// RFC 5958: `SEQUENCE { 0, rsaEncryption, OCTET STRING { key } }`.
fn pkcs1_to_pkcs8(key: &[u8]) -> Zeroizing<Vec<u8>> {
    tagged(SEQUENCE, &[VERSION, RSA_ENCRYPTION, &tagged(OCTET_STRING, &[key])])
}

/// RFC 5280: `SEQUENCE { rsaEncryption, BIT STRING { key } }`.
fn pkcs1_to_spki(key: &[u8]) -> Vec<u8> {
    tagged(SEQUENCE, &[RSA_ENCRYPTION, &tagged(BIT_STRING, &[&[NO_UNUSED_BITS], key])]).to_vec()
}

/// The public numbers in a `PrivateKeyInfo`, as `SubjectPublicKeyInfo`.
pub(super) fn spki_of_pkcs8(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let rest = only_value(SEQUENCE, pkcs8)?.strip_prefix(VERSION)?.strip_prefix(RSA_ENCRYPTION)?;
    let (key, _) = value(OCTET_STRING, rest)?;
    let numbers = only_value(SEQUENCE, key)?.strip_prefix(VERSION)?;
    let (_, behind_modulus) = value(INTEGER, numbers)?;
    let (_, behind_exponent) = value(INTEGER, behind_modulus)?;
    let public = &numbers[..numbers.len() - behind_exponent.len()];
    Some(pkcs1_to_spki(&tagged(SEQUENCE, &[public])))
}
