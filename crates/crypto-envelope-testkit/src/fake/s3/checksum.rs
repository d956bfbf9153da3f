//! Checksums that come with bodies.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::fake::{crypto, http::Body};

/// One that the fake computes. It takes the others of S3 as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32C,
    Sha256,
}

impl Algorithm {
    pub(super) const ALL: [Self; 3] = [Self::Crc32, Self::Crc32C, Self::Sha256];

    /// The header, and the trailer.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32C => "x-amz-checksum-crc32c",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// As the header has it.
    pub(super) fn of(self, body: &Body) -> String {
        match self {
            Self::Crc32 => STANDARD.encode(crc32(&CRC32, body).to_be_bytes()),
            Self::Crc32C => STANDARD.encode(crc32(&CRC32C, body).to_be_bytes()),
            Self::Sha256 => STANDARD.encode(crypto::sha256(&body.as_one())),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crc32 => "CRC32",
            Self::Crc32C => "CRC32C",
            Self::Sha256 => "SHA256",
        })
    }
}

fn crc32(tables: &[[u32; 256]; 8], body: &Body) -> u32 {
    !body.pieces().iter().fold(!0, |crc, piece| update(tables, crc, piece))
}

/// Eight bytes at a time: a part of an upload is not waited for.
fn update(tables: &[[u32; 256]; 8], crc: u32, bytes: &[u8]) -> u32 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let crc = eights.iter().fold(crc, |crc, eight| {
        let mixed = (u64::from(crc) ^ u64::from_le_bytes(*eight)).to_le_bytes();
        let at = |place: usize| tables[7 - place][usize::from(mixed[place])];
        (at(0) ^ at(1) ^ at(2) ^ at(3)) ^ (at(4) ^ at(5) ^ at(6) ^ at(7))
    });
    rest.iter().fold(crc, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        tables[0][usize::from(low ^ byte)] ^ (crc >> 8)
    })
}

/// By the number of bytes behind, and by the byte, for a polynomial from its lowest bit on.
const fn tables(polynomial: u32) -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte: u16 = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte as usize] = crc;
        byte += 1;
    }
    let mut behind = 1;
    while behind < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before: u32 = tables[behind - 1][byte];
            tables[behind][byte] = tables[0][(before & 0xff) as usize] ^ (before >> 8);
            byte += 1;
        }
        behind += 1;
    }
    tables
}

/// CRC-32/ISO-HDLC.
static CRC32: [[u32; 256]; 8] = tables(0xEDB8_8320);
/// CRC-32/ISCSI.
static CRC32C: [[u32; 256]; 8] = tables(0x82F6_3B78);

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of CRCs.
    #[test]
    fn checksums_are_right() {
        let mut body = Body::from(b"1234".to_vec());
        body.extend(&Body::from(b"56789".to_vec()));
        for (algorithm, expected) in [
            (Algorithm::Crc32, "y/Q5Jg=="),
            (Algorithm::Crc32C, "4waSgw=="),
            (Algorithm::Sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ] {
            assert_eq!(algorithm.of(&body), expected, "{algorithm}");
            let body = Body::from(b"123456789".to_vec());
            assert_eq!(algorithm.of(&body), expected, "{algorithm}");
        }
    }
}
