//! The elliptic curves that keys are agreed on.

use super::{Failed, curve::check_form};

/// An elliptic curve of NIST SP 800-186, section 3.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EcCurve {
    /// `secp256r1`, also called `prime256v1`.
    P256,
    /// `secp384r1`.
    P384,
    /// `secp521r1`.
    P521,
}

impl EcCurve {
    /// Length in bytes of a coordinate, a private key, and what two keys agree on: 32, 48, or 66.
    #[must_use]
    pub const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// How standards write it, such as `P-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Refuses what has not the form of a point, compressed or not.
    pub(crate) fn check_form(self, point: &[u8]) -> Result<(), Failed> {
        check_form(self.coordinate_length(), point)
    }

    /// The compressed form of a point (SEC 1, section 2.3.3) that has either.
    pub(crate) fn compressed(self, point: &[u8]) -> Result<Vec<u8>, Failed> {
        self.check_form(point)?;
        let (x, y) = point[1..].split_at(self.coordinate_length());
        Ok(match y.last() {
            Some(last) => [&[2 | (last & 1)], x].concat(),
            None => point.to_vec(),
        })
    }
}
