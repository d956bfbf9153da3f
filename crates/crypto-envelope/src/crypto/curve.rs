//! The elliptic curves of the signing suites (SP 800-186, section 3.2.1).

use super::{Failed, Hash};

/// A curve, with the hash that is signed over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    /// Length in bytes of a coordinate, and of each half of a signature.
    pub(crate) const fn coordinate_length(self) -> usize {
        self.order().len()
    }

    pub(crate) const fn hash(self) -> Hash {
        match self {
            Self::P256 => Hash::Sha256,
            Self::P384 => Hash::Sha384,
        }
    }

    /// Refuses what has not the form of a point, compressed or not.
    pub(crate) fn check_form(self, point: &[u8]) -> Result<(), Failed> {
        check_form(self.coordinate_length(), point)
    }

    /// Length of the signatures that we write, in DER. The official writers keep it fixed as
    /// well, so that the length of a message is known in advance.
    pub(crate) const fn signature_length(self) -> usize {
        match self {
            Self::P256 => 71,
            Self::P384 => 103,
        }
    }

    /// The order of the group, big-endian.
    pub(crate) const fn order(self) -> &'static [u8] {
        match self {
            Self::P256 => &P256_ORDER,
            Self::P384 => &P384_ORDER,
        }
    }
}

/// Refuses what has not the form of a point with coordinates of so many bytes, compressed or not (SEC 1, section 2.3.3).
/// Each backend knows further forms, and not the same ones.
pub(crate) fn check_form(coordinate_length: usize, point: &[u8]) -> Result<(), Failed> {
    match point {
        [2 | 3, x @ ..] if x.len() == coordinate_length => Ok(()),
        [4, xy @ ..] if xy.len() == 2 * coordinate_length => Ok(()),
        _ => Err(Failed),
    }
}

const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const P384_ORDER: [u8; 48] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
];
