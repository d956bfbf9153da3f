//! PKCS #12 as the vendor issues it (RFC 7292): a certificate, and then its private key, each under a
//! password with 3DES, and a MAC by SHA-1 around all. Old clients know nothing newer.

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY},
};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use des::TdesEde3;

use crate::fake::crypto;

/// `certificate` and `private_key` are DER, of X.509 and of PKCS #8.
pub(super) fn write(certificate: &[u8], private_key: &[u8], password: &str) -> Vec<u8> {
    let password = bmp(password);
    let name = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate);
    let name = name.as_ref();

    let certificate = sequence(&[oid(X509), explicit(&octets(certificate))]);
    let certificates = sequence(&[bag(CERTIFICATE_BAG, &certificate, name)]);
    let (algorithm, encrypted) = encrypt(&certificates, &password);
    let encrypted = sequence(&[oid(DATA), algorithm, tagged(0x80, &encrypted)]);
    let encrypted = sequence(&[integer(0), encrypted]);

    let (algorithm, private_key) = encrypt(private_key, &password);
    let private_key = sequence(&[algorithm, octets(&private_key)]);
    let keys = sequence(&[bag(KEY_BAG, &private_key, name)]);

    let contents = sequence(&[content(ENCRYPTED_DATA, &encrypted), content(DATA, &octets(&keys))]);
    let salt = crypto::random::<8>();
    let key = derive(3, &password, &salt, 20);
    let mac = hmac::sign(&hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &contents);
    let mac = sequence(&[sequence(&[oid(SHA1), tagged(0x05, &[])]), octets(mac.as_ref())]);
    let mac = sequence(&[mac, octets(&salt), integer(ITERATIONS)]);
    sequence(&[integer(3), content(DATA, &octets(&contents)), mac])
}

/// With the name by which a certificate and a key know each other.
fn bag(kind: &[u8], value: &[u8], name: &[u8]) -> Vec<u8> {
    let attribute = sequence(&[oid(LOCAL_KEY_ID), tagged(0x31, &octets(name))]);
    sequence(&[oid(kind), explicit(value), tagged(0x31, &attribute)])
}

fn content(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), explicit(value)])
}

/// The algorithm with its salt, and what it makes of `plaintext`.
fn encrypt(plaintext: &[u8], password: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let salt = crypto::random::<8>();
    let (key, iv) = (derive(1, password, &salt, 24), derive(2, password, &salt, 8));
    let cipher = cbc::Encryptor::<TdesEde3>::new_from_slices(&key, &iv);
    let cipher = cipher.expect("a key of 3DES has 24 bytes, and its IV has 8");
    let mut ciphertext = [plaintext, &[0; 8]].concat();
    let padded = cipher.encrypt_padded::<Pkcs7>(&mut ciphertext, plaintext.len());
    let length = padded.expect("there is a block for the padding").len();
    ciphertext.truncate(length);
    let parameters = sequence(&[octets(&salt), integer(ITERATIONS)]);
    (sequence(&[oid(SHA1_3DES), parameters]), ciphertext)
}

/// RFC 7292, appendix B.2, by SHA-1.
fn derive(purpose: u8, password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let whole = |bytes: &[u8]| {
        let blocks = bytes.len().div_ceil(BLOCK);
        bytes.iter().copied().cycle().take(blocks * BLOCK).collect::<Vec<_>>()
    };
    let mut input = [whole(salt), whole(password)].concat();
    let mut derived = Vec::new();
    while derived.len() < length {
        let mut hash = [&[purpose; BLOCK], &input[..]].concat();
        for _ in 0..ITERATIONS {
            hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &hash).as_ref().to_vec();
        }
        let block = hash.iter().copied().cycle().take(BLOCK).collect::<Vec<_>>();
        input.chunks_mut(BLOCK).for_each(|chunk| add(chunk, &block));
        derived.extend(hash);
    }
    derived.truncate(length);
    derived
}

/// Adds a number, and one.
fn add(number: &mut [u8], other: &[u8]) {
    let mut carry = 1;
    for (byte, other) in number.iter_mut().zip(other).rev() {
        let sum = u16::from(*byte) + u16::from(*other) + carry;
        [_, *byte] = sum.to_be_bytes();
        carry = sum >> 8;
    }
}

/// UTF-16, and a zero.
fn bmp(password: &str) -> Vec<u8> {
    password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

fn explicit(value: &[u8]) -> Vec<u8> {
    tagged(0xA0, value)
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    tagged(0x04, bytes)
}

fn oid(encoded: &[u8]) -> Vec<u8> {
    tagged(0x06, encoded)
}

/// Up to 32767.
fn integer(number: u16) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    tagged(0x02, if number < 0x80 { &bytes[1..] } else { &bytes })
}

/// DER.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let length = &length[zeros..];
    let head = match length {
        [] => vec![tag, 0],
        [short] if *short < 0x80 => vec![tag, *short],
        long => [&[tag, 0x80 | long.len().to_be_bytes()[7]], long].concat(),
    };
    [&head, value].concat()
}

/// As many as the vendor has.
const ITERATIONS: u16 = 2048;
/// That of SHA-1.
const BLOCK: usize = 64;
/// Object identifiers, as DER has them.
const DATA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01";
const ENCRYPTED_DATA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06";
const LOCAL_KEY_ID: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x15";
const X509: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x16\x01";
const SHA1_3DES: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x03";
const KEY_BAG: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x02";
const CERTIFICATE_BAG: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x03";
const SHA1: &[u8] = b"\x2B\x0E\x03\x02\x1A";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_are_der() {
        assert_eq!(integer(3), [2, 1, 3]);
        assert_eq!(integer(0x80), [2, 2, 0, 0x80]);
        assert_eq!(integer(2048), [2, 2, 8, 0]);
        assert_eq!(tagged(4, &[]), [4, 0]);
        for (length, head) in [
            (0x7F, &[4, 0x7F][..]),
            (0x80, &[4, 0x81, 0x80]),
            (0x100, &[4, 0x82, 1, 0]),
            (0x1_0000, &[4, 0x83, 1, 0, 0]),
        ] {
            assert_eq!(tagged(4, &vec![7; length]), [head, &vec![7; length]].concat());
        }
    }

    #[test]
    fn passwords_are_utf_16() {
        assert_eq!(bmp("aé"), [0, b'a', 0, 0xE9, 0, 0]);
        assert_eq!(bmp("\u{1F600}"), [0xD8, 0x3D, 0xDE, 0, 0, 0]);
    }

    #[test]
    fn additions_carry() {
        let mut number = [0, 0xFF, 0xFF];
        add(&mut number, &[1, 0, 0]);
        assert_eq!(number, [2, 0, 0]);
        let mut number = [0xFF; 3];
        add(&mut number, &[0xFF; 3]);
        assert_eq!(number, [0xFF; 3]);
    }
}
