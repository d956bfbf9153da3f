//! Files that hold one raw key.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    str::FromStr,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{SecretBytes, provider::RsaKey};
use zeroize::Zeroizing;

use crate::failure::{Code, Failure};

/// How the key is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Raw,
    Hex,
    Base64,
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "raw" => Ok(Self::Raw),
            "hex" => Ok(Self::Hex),
            "base64" => Ok(Self::Base64),
            _ => Err(format!("unknown encoding {text:?}: raw, hex or base64")),
        }
    }
}

/// Reads an AES key. Without an encoding it is found out, and refused if it is not clear.
pub(crate) fn read(path: &Path, encoding: Option<Encoding>) -> Result<SecretBytes, Failure> {
    let bytes = read_private(path)?;
    let encodings = match &encoding {
        Some(encoding) => std::slice::from_ref(encoding),
        None => &[Encoding::Raw, Encoding::Hex, Encoding::Base64],
    };
    let mut keys: Vec<_> =
        encodings.iter().filter_map(|encoding| decode(&bytes, *encoding)).collect();
    let path = path.display();
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_), false) => {
            Err(Failure::usage(format!("{path} can be read as a key in more than one way"))
                .hint("say which, for example: --provider raw-aes:FILE?encoding=hex"))
        }
        (None, _) => Err(Failure::usage(format!("{path} does not hold an AES key"))
            .hint("a key is 16, 24 or 32 bytes, raw or as one line of hex or base64")),
    }
}

/// Reads an RSA key. A public one may be read by everybody, a private one may not.
pub(crate) fn read_rsa_key(path: &Path) -> Result<RsaKey, Failure> {
    let about = |error| Failure::from(error).about(&path.display().to_string());
    let (file, metadata) = open(path)?;
    let key = RsaKey::parse(&read_all(path, file, LARGEST_RSA)?).map_err(about)?;
    if key.is_private() {
        check(path, &metadata)?;
    }
    Ok(key)
}

/// Reads a text that nobody else may read, of at most `most` bytes.
#[cfg(feature = "alibaba-kms")]
pub(crate) fn read_text(path: &Path, most: usize) -> Result<SecretBytes, Failure> {
    let (file, metadata) = open(path)?;
    check(path, &metadata)?;
    let bytes = read_all(path, file, most)?;
    if bytes.len() > most {
        let path = path.display();
        return Err(Failure::usage(format!("the key file {path} is longer than {most} bytes")));
    }
    Ok(SecretBytes::from(&bytes[..]))
}

/// Reads a small file that nobody else may read.
fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (file, metadata) = open(path)?;
    check(path, &metadata)?;
    read_all(path, file, LARGEST)
}

fn open(path: &Path) -> Result<(File, Metadata), Failure> {
    let opened = File::open(path).and_then(|file| {
        let metadata = file.metadata()?;
        Ok((file, metadata))
    });
    opened.map_err(|error| cannot(path, &error))
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    let denied = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied);
    let code = if denied { Code::Denied } else { Code::Internal };
    Failure::new(code, format!("cannot read the key file {}: {error}", path.display()))
}

/// Nobody else may read it.
fn check(path: &Path, metadata: &Metadata) -> Result<(), Failure> {
    if !metadata.is_file() {
        return Ok(());
    }
    let user = rustix::process::geteuid().as_raw();
    check_access(path, metadata.permissions().mode(), metadata.uid(), user)
}

/// Nobody but `user` and root may read a file with this mode and owner.
fn check_access(path: &Path, mode: u32, owner: u32, user: u32) -> Result<(), Failure> {
    let path = path.display();
    if mode & 0o077 != 0 {
        return Err(Failure::new(Code::Policy, format!("others can read the key file {path}"))
            .hint(format!("make it private: chmod 600 {path}")));
    }
    if owner != user && owner != ROOT {
        return Err(Failure::new(
            Code::Policy,
            format!("the key file {path} belongs to somebody else, who can read it"),
        )
        .hint(format!("make it your own: chown \"$USER\" {path}")));
    }
    Ok(())
}

fn read_all(path: &Path, file: File, most: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Room for all of it, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|error| cannot(path, &error))?;
    Ok(bytes)
}

fn decode(bytes: &[u8], encoding: Encoding) -> Option<SecretBytes> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let key = match encoding {
        Encoding::Raw => SecretBytes::from(bytes),
        Encoding::Hex => decode_hex(line)?,
        Encoding::Base64 => decode_base64(line)?,
    };
    matches!(key.len(), 16 | 24 | 32).then_some(key)
}

/// Decodes in place: no copy of the key is left behind.
fn decode_hex(text: &[u8]) -> Option<SecretBytes> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut all_digits = true;
    let key = SecretBytes::filled_by(pairs.len(), |key| {
        for (byte, [high, low]) in key.iter_mut().zip(pairs) {
            match digit(*high).zip(digit(*low)) {
                Some((high, low)) => *byte = high << 4 | low,
                None => all_digits = false,
            }
        }
        Ok(())
    });
    key.ok().filter(|_| all_digits)
}

fn decode_base64(text: &[u8]) -> Option<SecretBytes> {
    let mut decoded = Zeroizing::new([0; LARGEST]);
    let length = BASE64.decode_slice(text, &mut decoded[..]).ok()?;
    Some(SecretBytes::from(&decoded[..length]))
}

/// Root can read everything anyway.
const ROOT: u32 = 0;
/// More than any key in any encoding.
const LARGEST: usize = 128;
/// More than a private key of 8192 bits in PEM.
const LARGEST_RSA: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(bytes: &[u8]) -> Vec<Encoding> {
        [Encoding::Raw, Encoding::Hex, Encoding::Base64]
            .into_iter()
            .filter(|encoding| decode(bytes, *encoding).is_some())
            .collect()
    }

    /// Numbers stand for people, so that it does not matter who runs the test.
    #[test]
    fn a_key_is_for_its_owner_and_root_alone() {
        const ALICE: u32 = 1000;
        const BOB: u32 = 1001;
        let refusal = |mode, owner, user| check_access(Path::new("key"), mode, owner, user).err();
        for (mode, owner, user) in [
            (0o600, ALICE, ALICE),
            (0o400, ALICE, ALICE),
            (0o600, ROOT, ALICE),
            (0o600, ROOT, ROOT),
        ] {
            let refused = refusal(mode, owner, user);
            assert!(refused.is_none(), "{mode:o} of {owner} for {user}: {refused:?}");
        }
        for (mode, owner, user, reason) in [
            (0o640, ALICE, ALICE, "others can read the key file key; make it private"),
            (0o604, ALICE, ALICE, "others can read the key file key; make it private"),
            (0o660, ROOT, ROOT, "others can read the key file key; make it private"),
            (0o600, BOB, ALICE, "the key file key belongs to somebody else"),
            (0o600, ALICE, ROOT, "the key file key belongs to somebody else"),
        ] {
            let refused =
                refusal(mode, owner, user).map(|failure| (failure.code(), failure.text()));
            let (code, said) = refused.unwrap_or_else(|| panic!("{mode:o} of {owner} for {user}"));
            assert_eq!(code, Code::Policy);
            assert!(said.starts_with(reason), "{said}");
        }
    }

    #[test]
    fn each_encoding_is_recognised() {
        assert_eq!(ways(&[0xff; 16]), [Encoding::Raw]);
        assert_eq!(ways(&[0xff; 32]), [Encoding::Raw]);
        assert_eq!(ways("5a".repeat(32).as_bytes()), [Encoding::Hex]);
        assert_eq!(ways(format!("{}\n", "5A".repeat(24)).as_bytes()), [Encoding::Hex]);
        assert_eq!(ways(BASE64.encode([7; 32]).as_bytes()), [Encoding::Base64]);
        assert_eq!(ways(format!("{}\r\n", BASE64.encode([7; 32])).as_bytes()), [Encoding::Base64]);
    }

    #[test]
    fn what_could_be_two_things_is_both() {
        assert_eq!(ways(&[b'a'; 32]), [Encoding::Raw, Encoding::Hex, Encoding::Base64]);
        assert_eq!(ways(BASE64.encode([7; 16]).as_bytes()), [Encoding::Raw, Encoding::Base64]);
    }

    #[test]
    fn anything_else_is_no_key() {
        assert!(ways(b"").is_empty());
        assert!(ways(&[0xff; 31]).is_empty());
        assert!(ways(&[0xff; 33]).is_empty());
        assert!(ways(b"+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f").is_empty());
    }
}
