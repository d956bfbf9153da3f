//! Private keys that are encrypted with a passphrase.

use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use crypto_envelope::{Error, Result, SecretBytes, hazmat::AesCbcDecryptor};
use md5::{Digest, Md5};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, SecretDocument,
    der::{Decode, Reader, SliceReader, asn1::OctetStringRef},
    pkcs5::{EncryptionScheme, pbes2::Kdf},
};
use zeroize::Zeroizing;

/// The key in DER. None if there is nothing encrypted in `key`.
///
/// # Errors
///
/// [`Error::InvalidInput`] if there is no passphrase, or it is wrong; [`Error::Unsupported`] if it is
/// encrypted in another way.
pub(super) fn decrypted(
    key: &[u8],
    passphrase: Option<&SecretBytes>,
) -> Result<Option<SecretBytes>> {
    let missing = || Error::invalid_input("the private key is encrypted: give its passphrase");
    let text = str::from_utf8(key).unwrap_or_default();
    if let Some(block) = Block::of(text, "RSA PRIVATE KEY").filter(Block::is_encrypted) {
        return block.decrypted(passphrase.ok_or_else(missing)?).map(Some);
    }
    let found = match Block::of(text, "ENCRYPTED PRIVATE KEY") {
        Some(block) => Some(block.bytes()?),
        None => Some(SecretBytes::from(key)).filter(|_| is_encrypted_pkcs8(key)),
    };
    found.map(|der| pkcs8(der.expose(), passphrase.ok_or_else(missing)?)).transpose()
}

fn is_encrypted_pkcs8(der: &[u8]) -> bool {
    EncryptedPrivateKeyInfoRef::try_from(der).is_ok()
}

/// PKCS#8 with PBES2 (RFC 8018).
fn pkcs8(der: &[u8], passphrase: &SecretBytes) -> Result<SecretBytes> {
    let other = || {
        Error::unsupported(
            "a private key that is encrypted otherwise than by PBES2: `openssl pkcs8 -topk8` makes one",
        )
    };
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| {
        if names_algorithm(der) {
            other()
        } else {
            Error::invalid_input("the encrypted private key is damaged")
        }
    })?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(other());
    };
    // What a file claims is no reason to work for hours, or to take all memory.
    let is_bearable = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MOST_ITERATIONS,
        Kdf::Scrypt(kdf) => {
            let cost = kdf.cost_parameter;
            let is_cost = cost > 1 && cost.is_power_of_two();
            let memory = scrypt_memory(cost, kdf.block_size);
            is_cost && memory <= MOST_MEMORY && kdf.parallelization <= MOST_LANES
        }
        _ => false,
    };
    if !is_bearable {
        return Err(Error::unsupported(
            "a private key whose passphrase takes too long to check: more than 10 million iterations",
        ));
    }
    let opened: SecretDocument = info.decrypt(passphrase.expose()).map_err(|_| wrong())?;
    Ok(SecretBytes::from(opened.as_bytes()))
}

/// Whether it has the form of an encrypted key, with whatever algorithm.
fn names_algorithm(der: &[u8]) -> bool {
    let read = |reader: &mut SliceReader<'_>| {
        reader.sequence(|inside| {
            AlgorithmIdentifierRef::decode(inside)?;
            <&OctetStringRef>::decode(inside)?;
            Ok::<_, pkcs8::der::Error>(())
        })
    };
    SliceReader::new(der).is_ok_and(|mut reader| read(&mut reader).is_ok())
}

/// In bytes.
fn scrypt_memory(cost: u64, block_size: u16) -> u64 {
    128_u64.saturating_mul(u64::from(block_size)).saturating_mul(cost)
}

/// A block of PEM (RFC 1421), with its headers.
struct Block<'t> {
    headers: Vec<(&'t str, &'t str)>,
    base64: Zeroizing<String>,
}

impl<'t> Block<'t> {
    fn of(text: &'t str, label: &str) -> Option<Self> {
        let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        let (inside, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let mut headers = Vec::new();
        // Room for all of it, so that no copy is left behind by growing.
        let mut base64 = Zeroizing::new(String::with_capacity(inside.len()));
        for line in inside.lines().map(str::trim_ascii) {
            match line.split_once(':') {
                Some((name, value)) => headers.push((name, value.trim_ascii())),
                None => base64.push_str(line),
            }
        }
        Some(Self { headers, base64 })
    }

    fn is_encrypted(&self) -> bool {
        self.header("Proc-Type").is_some_and(|value| value.contains("ENCRYPTED"))
    }

    fn header(&self, name: &str) -> Option<&'t str> {
        self.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    fn bytes(&self) -> Result<SecretBytes> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let mut bytes = Zeroizing::new(vec![0; self.base64.len()]);
        let length = STANDARD
            .decode_slice(self.base64.as_bytes(), &mut bytes)
            .map_err(|_| Error::invalid_input("the PEM text of the private key is damaged"))?;
        Ok(SecretBytes::from(&bytes[..length]))
    }

    /// As OpenSSL encrypted keys before there was PKCS#8.
    fn decrypted(&self, passphrase: &SecretBytes) -> Result<SecretBytes> {
        let about = self.header("DEK-Info").and_then(|value| value.split_once(','));
        let (cipher, iv) = about.ok_or_else(|| Error::invalid_input("the key has no DEK-Info"))?;
        let iv = hex(iv.trim_ascii())
            .filter(|iv| iv.len() >= 8)
            .ok_or_else(|| Error::invalid_input("the DEK-Info of the key has no IV"))?;
        let key = |length| derive(passphrase, &iv, length);
        let bytes = Zeroizing::new(self.bytes()?.expose().to_vec());
        match cipher {
            "DES-EDE3-CBC" => by_des::<des::TdesEde3>(&key(24), &iv, bytes),
            "DES-CBC" => by_des::<des::Des>(&key(8), &iv, bytes),
            "AES-128-CBC" => by_aes(&key(16), &iv, bytes),
            "AES-192-CBC" => by_aes(&key(24), &iv, bytes),
            "AES-256-CBC" => by_aes(&key(32), &iv, bytes),
            _ => Err(Error::unsupported(format!(
                "a private key that is encrypted with {cipher:?}: `openssl pkcs8 -topk8` makes one that \
                 can be read"
            ))),
        }
    }
}

fn by_des<C>(key: &SecretBytes, iv: &[u8], mut bytes: Zeroizing<Vec<u8>>) -> Result<SecretBytes>
where
    C: cbc::cipher::BlockCipherDecrypt + cbc::cipher::KeyInit,
    cbc::Decryptor<C>: KeyIvInit,
{
    let cipher = cbc::Decryptor::<C>::new_from_slices(key.expose(), iv)
        .map_err(|_| Error::invalid_input("the IV of the encrypted key has another length"))?;
    let text = cipher.decrypt_padded::<Pkcs7>(&mut bytes).map_err(|_| wrong())?;
    Ok(SecretBytes::from(text))
}

fn by_aes(key: &SecretBytes, iv: &[u8], mut bytes: Zeroizing<Vec<u8>>) -> Result<SecretBytes> {
    let iv = iv
        .try_into()
        .map_err(|_| Error::invalid_input("the IV of the encrypted key has another length"))?;
    AesCbcDecryptor::new(key)?.decrypt(iv, &mut bytes).map_err(|_| wrong())?;
    super::padding::unpadded(&bytes).map(SecretBytes::from).ok_or_else(wrong)
}

/// `EVP_BytesToKey` of OpenSSL with MD5 and one round; the IV is the salt, too.
fn derive(passphrase: &SecretBytes, iv: &[u8], length: usize) -> SecretBytes {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut block = Zeroizing::new([0; 16]);
    while key.len() < length {
        let mut hash = Md5::new();
        if !key.is_empty() {
            hash.update(*block);
        }
        hash.update(passphrase.expose());
        hash.update(&iv[..8]);
        block.copy_from_slice(&hash.finalize());
        key.extend_from_slice(&*block);
    }
    SecretBytes::from(&key[..length])
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let pairs = pairs.iter().map(|pair| str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

fn wrong() -> Error {
    Error::invalid_input("the passphrase of the private key is wrong")
}

const MOST_ITERATIONS: u32 = 10_000_000;
/// In bytes.
const MOST_MEMORY: u64 = 1 << 28;
const MOST_LANES: u16 = 16;

#[cfg(test)]
mod tests {
    use crypto_envelope::provider::RsaKey;

    use super::{super::rsa_key::parse, *};

    macro_rules! vector {
        ($name:literal) => {
            include_bytes!(concat!("../../../../tests/vectors/", $name))
        };
    }

    const CLEAR: &[u8] = vector!("rsa/private.pkcs1.pem");
    const LEGACY: [&[u8]; 5] = [
        vector!("rsa/private.legacy.des.pem"),
        vector!("rsa/private.legacy.des3.pem"),
        vector!("rsa/private.legacy.aes128.pem"),
        vector!("rsa/private.legacy.aes192.pem"),
        vector!("rsa/private.legacy.aes256.pem"),
    ];
    const PKCS8: [&[u8]; 4] = [
        vector!("rsa/private.encrypted.pem"),
        vector!("rsa/private.encrypted.des3.pem"),
        vector!("rsa/private.encrypted.scrypt.pem"),
        vector!("rsa/private.encrypted.scrypt.der"),
    ];

    fn with(passphrase: &str, key: &[u8]) -> Result<RsaKey> {
        parse(key, Some(&SecretBytes::from(passphrase.as_bytes())))
    }

    #[test]
    fn no_cost_is_so_large_that_it_looks_small() {
        assert_eq!(scrypt_memory(1 << 14, 8), 1 << 24);
        for cost in [1 << 57, 1 << 61, u64::MAX] {
            assert!(scrypt_memory(cost, 1) > MOST_MEMORY, "{cost}");
        }
    }

    #[test]
    fn the_key_of_the_official_sdk() -> Result<()> {
        let encrypted: &[u8] =
            vector!("tencent-cos/keys/rsa2048.pkcs1.des-ede3.passphrase-is-hunter2.pem");
        let clear = parse(vector!("tencent-cos/keys/rsa2048.pkcs1.pem"), None)?;
        assert_eq!(with("hunter2", encrypted)?.public_key(), clear.public_key());
        Ok(())
    }

    #[test]
    fn every_way_of_encrypting_gives_the_same_key() -> Result<()> {
        let clear = parse(CLEAR, None)?;
        for (place, key) in LEGACY.iter().chain(&PKCS8).enumerate() {
            let found = with("test", key)?;
            assert!(found.is_private() && found.public_key() == clear.public_key(), "{place}");
        }
        Ok(())
    }

    #[test]
    fn passphrases_are_missing_or_wrong() {
        for (place, key) in LEGACY.iter().chain(&PKCS8).enumerate() {
            for refused in [parse(key, None), with("Test", key), with("", key)] {
                assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{place}: {refused:?}");
            }
        }
    }

    #[test]
    fn what_is_encrypted_otherwise_is_said() {
        let refused = with("test", vector!("rsa/private.encrypted.pbes1.pem"));
        assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
    }

    #[test]
    fn damage_is_an_error() {
        let text = str::from_utf8(LEGACY[1]).expect("PEM");
        for (from, to) in [
            ("DES-EDE3-CBC", "RC2-CBC"),
            ("DES-EDE3-CBC", "AES-256-CBC"),
            ("DES-EDE3-CBC,", "DES-EDE3-CBC"),
            ("DEK-Info: DES-EDE3-CBC,", "DEK-Info: DES-EDE3-CBC,0"),
            ("DEK-Info", "DEK-Data"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert!(with("test", changed.as_bytes()).is_err(), "{from} {to}");
        }
        for end in 0..text.len() - 1 {
            assert!(with("test", &text.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
