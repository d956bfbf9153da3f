//! Encrypts a file as a stream, under a key in AWS KMS and under an RSA key whose private half is kept
//! elsewhere, for the day when KMS cannot be reached. Either of them decrypts it.
//!
//! The message is signed, which its end proves: plaintext comes out only when that is verified.
//!
//! It runs against a fake KMS. With a key of yours: `CRYPTO_ENVELOPE_AWS_KMS_KEY=arn:aws:kms:...`

use std::{
    error::Error,
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, blocking, io,
    provider::{KeyProvider, MultiProvider, RawRsaProvider, RsaKey, RsaPadding},
};
use crypto_envelope_aws_kms::AwsKmsProvider;
use crypto_envelope_examples::ExampleKey;

/// In real life the private half is nowhere near.
const ESCROW_PRIVATE: &[u8] = include_bytes!("../tests/vectors/rsa/private.pkcs8.pem");
const ESCROW_PUBLIC: &[u8] = include_bytes!("../tests/vectors/rsa/public.spki.pem");

fn escrow(key: &[u8]) -> crypto_envelope::Result<RawRsaProvider> {
    RawRsaProvider::new("backups", "escrow", RsaPadding::OaepSha256, &RsaKey::parse(key)?)
}

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

fn decrypt(
    provider: impl KeyProvider,
    encrypted: &Path,
    decrypted: &Path,
    context: &EncryptionContext,
) -> Result<(), Box<dyn Error>> {
    let decryptor = Decryptor::new(provider);
    let (header, body) = io::read_header(decryptor.header_parser(), File::open(encrypted)?)?;
    let opener = blocking::wait(decryptor.open(header, context))?;

    // The first of two passes verifies the signature, the second one writes.
    let folder = decrypted.parent().ok_or("the file is in no folder")?;
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    io::decrypt_seekable(opener, body, &mut unfinished)?;
    unfinished.persist(decrypted)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let [plain, encrypted, by_kms, by_escrow] =
        ["plain", "encrypted", "by-kms", "by-escrow"].map(|name| folder.path().join(name));
    fs::write(&plain, "a line of plaintext\n".repeat(10_000))?;
    let context = EncryptionContext::from([("purpose", "backup")]);

    // KMS makes the data key, and the public key wraps it too.
    let key = ExampleKey::from_env()?;
    let kms = Arc::new(AwsKmsProvider::new(&key.clients, &key.arn)?);
    let both = MultiProvider::new(kms.clone()).with_child(escrow(ESCROW_PUBLIC)?);
    encrypt(both, &plain, &encrypted, &context)?;

    decrypt(kms, &encrypted, &by_kms, &context)?;
    decrypt(escrow(ESCROW_PRIVATE)?, &encrypted, &by_escrow, &context)?;
    assert_eq!(fs::read(&plain)?, fs::read(by_kms)?);
    assert_eq!(fs::read(&plain)?, fs::read(by_escrow)?);
    Ok(())
}
