//! Keys on elliptic curves, in the forms in which they are handed around.

use std::{fmt, sync::Arc};

use crate::{
    Error, Result,
    crypto::{self, EcCurve, EcdhKey},
    der::ec::{self, PrivateParts},
    pem,
};

/// A key on an elliptic curve of NIST, private or public, for [`RawEcdhProvider`](super::RawEcdhProvider).
///
/// A public key is checked to be a point on its curve, also where it stands beside a private one. A private key is wiped
/// when its last clone is dropped, and not printed.
#[derive(Clone)]
pub struct EcKey {
    curve: EcCurve,
    /// Uncompressed.
    point: Vec<u8>,
    private: Option<Arc<EcdhKey>>,
}

impl EcKey {
    /// Draws a private key.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if no randomness can be had.
    pub fn generate(curve: EcCurve) -> Result<Self> {
        let key = EcdhKey::generate(curve).map_err(|_| Error::no_randomness())?;
        Self::with_private(curve, key, None)
    }

    /// Reads a key in PEM (RFC 7468) or DER: PKCS#8 or SEC 1 (RFC 5915) that names its curve, or
    /// `SubjectPublicKeyInfo` (RFC 5480). Around the PEM text there may be anything; of several blocks the first one
    /// counts, but for `EC PARAMETERS`. The bytes stay the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is no key on one of the [curves](EcCurve), or its halves do not belong together;
    /// [`Error::Unsupported`] if it is encrypted with a password.
    pub fn parse(key: &[u8]) -> Result<Self> {
        let mut text = key;
        while let Some((label, block)) = pem::first_block(text) {
            if label != "EC PARAMETERS" {
                return Self::from_pem(label, block);
            }
            let end = block.as_ptr().addr() - text.as_ptr().addr() + block.len();
            text = &text[end..];
        }
        Self::from_der(key)
    }

    /// Whether it is a private key.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// The curve that it is on.
    #[must_use]
    pub fn curve(&self) -> EcCurve {
        self.curve
    }

    /// The public key as `SubjectPublicKeyInfo` in DER, not compressed: the same for both halves of a key.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        ec::to_spki(self.curve, &self.point)
    }

    /// The same without the private half.
    #[must_use]
    pub fn to_public(&self) -> Self {
        Self { private: None, ..self.clone() }
    }

    /// A public key.
    pub(crate) fn of_point(curve: EcCurve, point: &[u8]) -> Result<Self> {
        let point = crypto::uncompressed(curve, point).map_err(|_| {
            Error::invalid_input(format!("the public key is no point of {}", curve.name()))
        })?;
        Ok(Self { curve, point, private: None })
    }

    /// The point, compressed.
    pub(crate) fn compressed(&self) -> Result<Vec<u8>> {
        self.curve.compressed(&self.point).map_err(|_| BROKEN_POINT)
    }

    /// The private half, if it is here.
    pub(crate) fn private(&self) -> Option<&EcdhKey> {
        self.private.as_deref()
    }

    fn from_pem(label: &str, block: &[u8]) -> Result<Self> {
        let der = pem::decode((label, block), &LABELS, "key on an elliptic curve")?;
        match label {
            "PRIVATE KEY" => ec::of_pkcs8(&der).map(Self::of_private),
            "EC PRIVATE KEY" => ec::of_sec1(&der).map(Self::of_private),
            _ => ec::of_spki(&der).map(|(curve, point)| Self::of_point(curve, point)),
        }
        .ok_or_else(|| {
            Error::invalid_input(format!(
                "the {label} in the PEM text is not on P-256, P-384 or P-521"
            ))
        })?
    }

    fn from_der(der: &[u8]) -> Result<Self> {
        ec::of_pkcs8(der)
            .or_else(|| ec::of_sec1(der))
            .map(Self::of_private)
            .or_else(|| ec::of_spki(der).map(|(curve, point)| Self::of_point(curve, point)))
            .ok_or_else(|| Error::invalid_input("this is not a key on P-256, P-384 or P-521"))?
    }

    fn of_private(parts: PrivateParts<'_>) -> Result<Self> {
        let key = EcdhKey::from_scalar(parts.curve, parts.scalar)
            .map_err(|_| Error::invalid_input("the private key is not one of its curve"))?;
        Self::with_private(parts.curve, key, parts.point)
    }

    fn with_private(curve: EcCurve, key: EcdhKey, beside: Option<&[u8]>) -> Result<Self> {
        let point = key.public_point().map_err(|_| BROKEN_POINT)?;
        let own = Self { private: Some(Arc::new(key)), ..Self::of_point(curve, &point)? };
        match beside {
            Some(beside) if Self::of_point(curve, beside)?.point != own.point => Err(
                Error::invalid_input("the public key beside the private one belongs to another"),
            ),
            _ => Ok(own),
        }
    }
}

impl fmt::Debug for EcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.is_private() { "private" } else { "public" };
        write!(f, "EcKey({half}, {})", self.curve.name())
    }
}

const LABELS: [&str; 3] = ["PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY"];
const BROKEN_POINT: Error = Error::Internal { what: "a point that was checked is none" };
