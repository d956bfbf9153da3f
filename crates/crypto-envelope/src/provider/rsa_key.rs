//! RSA keys, in the forms in which they are handed around.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    Error, Result,
    der::rsa::{self, Numbers},
    pem,
};

/// An RSA key, private or public, of whatever length: [`RawRsaProvider`](super::RawRsaProvider)
/// says which it takes.
///
/// A private key is wiped when it is dropped, and not printed.
pub struct RsaKey(Form);

enum Form {
    Private { pkcs8: Zeroizing<Vec<u8>>, spki: Vec<u8> },
    Public { spki: Vec<u8> },
}

impl RsaKey {
    /// Reads a key in PEM (RFC 7468) or DER: PKCS#8 or PKCS#1, `SubjectPublicKeyInfo` or PKCS#1.
    /// Around the PEM text there may be anything; of several blocks the first one counts. The
    /// bytes stay the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is no RSA key; [`Error::Unsupported`] if it is encrypted
    /// with a password.
    pub fn parse(key: &[u8]) -> Result<Self> {
        match pem::first_block(key) {
            Some((label, block)) => Self::from_pem(label, block),
            None => Self::from_der(key),
        }
    }

    /// Whether it can decrypt.
    #[must_use]
    pub fn is_private(&self) -> bool {
        matches!(self.0, Form::Private { .. })
    }

    /// The public key as `SubjectPublicKeyInfo` in DER (RFC 5280): the same for both halves of a
    /// key, so it tells whether two files hold the same one.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Form::Private { spki, .. } | Form::Public { spki } => spki,
        }
    }

    /// Length of the modulus in bytes.
    pub(crate) fn modulus_length(&self) -> usize {
        let bits = rsa::of_spki(self.public_key()).and_then(|numbers| numbers.bits());
        bits.unwrap_or_default().div_ceil(8)
    }

    /// The private key as PKCS#8 in DER.
    pub(crate) fn private_key(&self) -> Option<&[u8]> {
        match &self.0 {
            Form::Private { pkcs8, .. } => Some(pkcs8),
            Form::Public { .. } => None,
        }
    }

    fn from_pem(label: &str, block: &[u8]) -> Result<Self> {
        let der = pem::decode((label, block), &LABELS, "RSA key")?;
        match label {
            "PRIVATE KEY" => rsa::of_pkcs8(&der).map(Self::private),
            "RSA PRIVATE KEY" => rsa::of_private_pkcs1(&der).map(Self::private),
            "PUBLIC KEY" => rsa::of_spki(&der).map(Self::public),
            _ => rsa::of_public_pkcs1(&der).map(Self::public),
        }
        .ok_or_else(|| Error::invalid_input(format!("the {label} in the PEM text is not RSA")))
    }

    fn from_der(der: &[u8]) -> Result<Self> {
        rsa::of_pkcs8(der)
            .or_else(|| rsa::of_private_pkcs1(der))
            .map(Self::private)
            .or_else(|| rsa::of_spki(der).or_else(|| rsa::of_public_pkcs1(der)).map(Self::public))
            .ok_or_else(|| Error::invalid_input("this is not an RSA key"))
    }

    fn private(numbers: Numbers<'_>) -> Self {
        Self(Form::Private { pkcs8: numbers.to_pkcs8(), spki: numbers.to_spki() })
    }

    fn public(numbers: Numbers<'_>) -> Self {
        Self(Form::Public { spki: numbers.to_spki() })
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_private() { "RsaKey(private)" } else { "RsaKey(public)" })
    }
}

const LABELS: [&str; 4] = ["PRIVATE KEY", "RSA PRIVATE KEY", "PUBLIC KEY", "RSA PUBLIC KEY"];
