//! The private key in a PKCS#12 file (RFC 7292) whose integrity is protected by a password, as ClientKeys
//! are. Certificates are not read, so that it does not matter how they are encrypted.

mod encryption;
mod kdf;
mod reader;

use aws_lc_rs::hmac;
use crypto_envelope::SecretBytes;
use zeroize::Zeroizing;

use self::{
    encryption::decrypted,
    kdf::{Hash, Purpose},
    reader::{Der, EXPLICIT, OCTET_STRING},
};

/// The private key in `file` as it stands there: PKCS#8 in DER.
pub(crate) fn private_key(file: &[u8], password: &Password) -> Result<SecretBytes, Refused> {
    let mut pfx = Der::only_sequence(file)?;
    if pfx.number()? != VERSION {
        return Err(Refused::Unsupported("PKCS#12 of another version than 3"));
    }
    let safe = data(pfx.sequence()?)?.ok_or(Refused::Unsupported("PKCS#12 with a signature"))?;
    if pfx.is_at_end() {
        return Err(Refused::Unsupported("PKCS#12 without a MAC"));
    }
    check_mac(pfx.sequence()?, safe, password)?;
    pfx.all()?;
    key_in(safe, password)
}

/// The private key in what the MAC covers.
pub(crate) fn key_in(safe: &[u8], password: &Password) -> Result<SecretBytes, Refused> {
    let mut safe = Der::only_sequence(safe)?;
    while !safe.is_at_end() {
        // Certificates may be encrypted as a whole; keys are encrypted one by one.
        let Some(bags) = data(safe.sequence()?)? else { continue };
        if let Some(key) = first_key(Der::only_sequence(bags)?, password)? {
            return Ok(key);
        }
    }
    Err(Refused::Unsupported("PKCS#12 without a private key that is encrypted by itself"))
}

/// What `content` holds, if it is plain data.
fn data(mut content: Der<'_>) -> Result<Option<&[u8]>, Refused> {
    if content.oid()? != DATA {
        return Ok(None);
    }
    content.value(EXPLICIT).and_then(|data| Der::new(data).value(OCTET_STRING)).map(Some)
}

/// With the MAC both the password and the file are checked, before anything else is read.
fn check_mac(mut mac: Der<'_>, safe: &[u8], password: &Password) -> Result<(), Refused> {
    let mut digest = mac.sequence()?;
    let hash = Hash::from_oid(digest.algorithm()?);
    let hash = hash.ok_or(Refused::Unsupported("the algorithm of the MAC of PKCS#12"))?;
    let expected = digest.value(OCTET_STRING)?;
    digest.all()?;
    let salt = mac.value(OCTET_STRING)?;
    let iterations = if mac.is_at_end() { 1 } else { mac.iterations()? };
    mac.all()?;
    let mut key = Zeroizing::new(vec![0; hash.length()]);
    kdf::derive(hash, Purpose::Mac, password, salt, iterations, &mut key)?;
    // Compares in constant time.
    let checked = hmac::verify(&hmac::Key::new(hash.hmac(), &key), safe, expected);
    checked.map_err(|_| Refused::Password)
}

fn first_key(mut bags: Der<'_>, password: &Password) -> Result<Option<SecretBytes>, Refused> {
    while !bags.is_at_end() {
        let mut bag = bags.sequence()?;
        let kind = bag.oid()?;
        let value = bag.value(EXPLICIT)?;
        if kind == SHROUDED_KEY_BAG {
            return decrypted(value, password).map(Some);
        }
    }
    Ok(None)
}

/// A password in both of its forms, wiped.
pub(crate) struct Password {
    utf8: Zeroizing<Vec<u8>>,
    /// As PKCS#12 has it: UTF-16 in big-endian, and a zero at the end.
    bmp: Zeroizing<Vec<u8>>,
}

impl Password {
    /// None if it is not UTF-8.
    pub(crate) fn new(password: &SecretBytes) -> Option<Self> {
        let text = str::from_utf8(password.expose()).ok()?;
        // UTF-16 never has more units than UTF-8 has bytes: the vector does not grow.
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        bmp.extend(text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes));
        Some(Self { utf8: Zeroizing::new(text.as_bytes().to_vec()), bmp })
    }
}

/// Why there is no key.
#[derive(Debug, PartialEq)]
pub(crate) enum Refused {
    /// This is not PKCS#12.
    Damaged,
    /// The MAC does not fit: the password is wrong, or the file was changed.
    Password,
    /// PKCS#12 of a kind that ClientKeys are not.
    Unsupported(&'static str),
}

const VERSION: u32 = 3;
/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.12.10.1.2
const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_vectors;

    fn password(text: &str) -> Password {
        Password::new(&SecretBytes::from(text.as_bytes())).expect("UTF-8")
    }

    fn vendor_file(name: &str) -> Vec<u8> {
        let json = test_vectors::text(&format!("alibaba/clientkeys/ClientKey_{name}.json"));
        let json = serde_json::from_str(&json).expect("JSON");
        test_vectors::base64(&json, "PrivateKeyData")
    }

    #[test]
    fn files_of_openssl_open() {
        let vendor = private_key(&vendor_file("modern_pbes2"), &password("dev-Passw0rd!"));
        let expected = vendor.expect("the vendor's file opens");
        for case in test_vectors::cases("pkcs12/openssl.json", 8) {
            let file = test_vectors::base64(&case, "base64");
            let password = password(test_vectors::str(&case, "password"));
            let key = match test_vectors::str(&case, "form") {
                "pkcs12" => private_key(&file, &password),
                _ => decrypted(&file, &password),
            };
            if case["error"] == "unsupported" {
                assert!(matches!(key, Err(Refused::Unsupported(_))), "{case}");
            } else {
                assert!(key.is_ok_and(|key| key.equals(expected.expose())), "{case}");
            }
        }
    }

    /// As the vendor's own example has it: without the NULL behind SHA-1, which the MAC does not cover.
    #[test]
    fn algorithms_need_no_null() {
        let case = &test_vectors::cases("pkcs12/openssl.json", 8)[0];
        let mut file = test_vectors::base64(case, "base64");
        let null = file.len() - 34;
        assert_eq!(file[null..null + 4], [5, 0, 4, 20]);
        file.drain(null..null + 2);
        // The lengths of the file, the MAC, the digest and its algorithm.
        for (length, expected) in [(3, 0x6b), (null - 12, 45), (null - 10, 33), (null - 8, 9)] {
            assert_eq!(file[length], expected);
            file[length] -= 2;
        }
        assert!(private_key(&file, &password("1234")).is_ok());
    }

    #[test]
    fn a_wrong_password_is_told_from_a_damaged_file() {
        for name in ["legacy_rc2_3des", "legacy_3des_3des", "modern_pbes2"] {
            let file = vendor_file(name);
            let open = |file: &[u8], text: &str| private_key(file, &password(text)).err();
            for text in ["", "dev-Passw0rd", "dev-Passw0rd!\n", "dev-passw0rd!"] {
                assert_eq!(open(&file, text), Some(Refused::Password), "{text}");
            }
            for length in 0..file.len() {
                assert_eq!(open(&file[..length], "dev-Passw0rd!"), Some(Refused::Damaged));
            }
            let longer = [&file[..], &[0]].concat();
            assert_eq!(open(&longer, "dev-Passw0rd!"), Some(Refused::Damaged));
        }
    }

    #[test]
    fn any_other_bit_is_noticed() {
        for name in ["legacy_3des_3des", "modern_pbes2"] {
            let mut file = vendor_file(name);
            let length = file.len();
            for place in (0..length).filter(|place| place % 31 == 0 || place + 100 > length) {
                let bit = 1 << (place % 8);
                file[place] ^= bit;
                assert!(private_key(&file, &password("dev-Passw0rd!")).is_err(), "{place}");
                file[place] ^= bit;
            }
        }
    }

    #[test]
    fn nobody_has_us_compute_for_days() {
        let mut file = vendor_file("legacy_3des_3des");
        // The iterations of the MAC stand at the end.
        assert!(file.ends_with(&[2, 2, 8, 0]));
        let refused = |file: &[u8]| private_key(file, &password("dev-Passw0rd!")).err();
        let end = file.len() - 2;
        file[end..].copy_from_slice(&[0, 0]);
        assert_eq!(refused(&file), Some(Refused::Damaged));
        file[end..].copy_from_slice(&[0x80, 0]);
        assert_eq!(refused(&file), Some(Refused::Damaged));
        for (iterations, is_refused) in [(2_000_001, true), (u32::MAX, true), (3, false)] {
            let mut der = vec![2, 5, 0];
            der.extend(iterations.to_be_bytes());
            let read = Der::new(&der).iterations();
            assert_eq!(matches!(read, Err(Refused::Unsupported(_))), is_refused);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(file in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = private_key(&file, &password("x"));
            let _ = decrypted(&file, &password("x"));
        }

        /// Behind the MAC, where everything is as genuine as its password.
        #[test]
        fn keys_that_were_changed_do_not_panic(place in 0_usize..120, byte: u8) {
            let case = &test_vectors::cases("pkcs12/openssl.json", 8)[6];
            let mut file = test_vectors::base64(case, "base64");
            // More iterations than these take long.
            let iterations = [0x02, 0x02, 0x08, 0x00];
            let at = file.windows(4).position(|window| window == iterations).expect("they are there");
            prop_assume!(!(at..at + 4).contains(&place));
            file[place] = byte;
            let _ = decrypted(&file, &password("dev"));
        }
    }
}
