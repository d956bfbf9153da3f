//! One message under two keys, so that either of them opens it: a daily key that works in the
//! program, and an RSA key whose private half is kept elsewhere for the day the other is lost.
//!
//! The message is signed. What is signed is known to be genuine at its end only, so the plaintext
//! is written to a temporary file that gets its name when everything is verified.

use std::{
    error::Error,
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking, io,
    provider::{KeyProvider, MultiProvider, RawAesProvider, RawRsaProvider, RsaKey, RsaPadding},
};

/// In real life the private half is nowhere near.
const ESCROW_PRIVATE: &[u8] = include_bytes!("../tests/vectors/rsa/private.pkcs8.pem");
const ESCROW_PUBLIC: &[u8] = include_bytes!("../tests/vectors/rsa/public.spki.pem");

/// Encrypts `plain` for all keys of `provider`.
fn encrypt(
    provider: impl KeyProvider,
    plain: &Path,
    encrypted: &Path,
    context: &EncryptionContext,
) -> Result<(), Box<dyn Error>> {
    let sealer = blocking::wait(Encryptor::new(provider).prepare(context))?;
    io::encrypt(sealer, File::open(plain)?, File::create(encrypted)?)?;
    Ok(())
}

/// Decrypts with whatever key `provider` has. `decrypted` appears only if all of it is genuine.
fn decrypt(
    provider: impl KeyProvider,
    encrypted: &Path,
    decrypted: &Path,
    context: &EncryptionContext,
) -> Result<(), Box<dyn Error>> {
    let decryptor = Decryptor::builder(provider).release_before_signature().build()?;
    let (header, body) = io::read_header(decryptor.header_parser(), File::open(encrypted)?)?;
    let opener = blocking::wait(decryptor.open(header, context))?;

    let folder = decrypted.parent().ok_or("the file is in no folder")?;
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    io::decrypt(opener, body, &mut unfinished)?;
    unfinished.persist(decrypted)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let [plain, encrypted] = ["plain", "encrypted"].map(|name| folder.path().join(name));
    fs::write(&plain, "a line of plaintext\n".repeat(10_000))?;
    let context = EncryptionContext::from([("purpose", "backup")]);

    let padding = RsaPadding::OaepSha256;
    let daily = Arc::new(RawAesProvider::new("backups", "daily", &SecretBytes::random(32)?)?);
    let escrow = RawRsaProvider::new("backups", "escrow", padding, &RsaKey::parse(ESCROW_PUBLIC)?)?;
    let both = MultiProvider::new(daily.clone()).with_child(escrow);
    encrypt(both, &plain, &encrypted, &context)?;

    let by_daily = folder.path().join("by-daily");
    decrypt(daily, &encrypted, &by_daily, &context)?;
    assert_eq!(fs::read(&plain)?, fs::read(by_daily)?);

    let escrow =
        RawRsaProvider::new("backups", "escrow", padding, &RsaKey::parse(ESCROW_PRIVATE)?)?;
    let by_escrow = folder.path().join("by-escrow");
    decrypt(escrow, &encrypted, &by_escrow, &context)?;
    assert_eq!(fs::read(&plain)?, fs::read(by_escrow)?);

    let other = RawAesProvider::new("backups", "daily", &SecretBytes::random(32)?)?;
    let by_other = folder.path().join("by-other");
    assert!(decrypt(other, &encrypted, &by_other, &context).is_err());
    assert!(!by_other.exists());
    Ok(())
}
