//! A key provider of one's own: it invents a key for each key id, and forgets all of them when
//! the program ends. Then a file is encrypted to it as a stream, and decrypted again in the mode
//! that accepts unsigned messages only.

use std::{
    collections::BTreeMap,
    error::Error,
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptedDataKey, EncryptionContext, Encryptor, SecretBytes,
    blocking,
    io::{self, EncryptWriter},
    provider::{
        KeyDescription, KeyProvider, Properties, RawAesProvider, UnwrapRequest, Unwrapped,
        WrapRequest,
    },
};

/// Static, random keys, one for each id. How they wrap is left to [`RawAesProvider`].
#[derive(Debug)]
pub(crate) struct StaticRandomProvider {
    encrypting: String,
    keys: BTreeMap<String, RawAesProvider>,
}

impl StaticRandomProvider {
    /// Invents a key for each of `ids`; the first one wraps new data keys.
    ///
    /// # Errors
    ///
    /// If there is no randomness.
    pub(crate) fn new<const N: usize>(ids: [&str; N]) -> crypto_envelope::Result<Self> {
        let mut keys = BTreeMap::new();
        for id in ids {
            let key = RawAesProvider::new("static-random", id, &SecretBytes::random(32)?)?;
            keys.insert(id.to_owned(), key);
        }
        Ok(Self { encrypting: ids.first().copied().unwrap_or_default().to_owned(), keys })
    }

    /// The key that a wrapped key names, if it is one of ours.
    fn key_of(&self, key: &EncryptedDataKey) -> Option<&RawAesProvider> {
        self.keys.get(&RawAesProvider::recognize(key)?.key_id?)
    }
}

#[async_trait]
impl KeyProvider for StaticRandomProvider {
    async fn wrap(
        &self,
        request: WrapRequest<'_>,
    ) -> crypto_envelope::Result<Vec<EncryptedDataKey>> {
        match self.keys.get(&self.encrypting) {
            Some(key) => key.wrap(request).await,
            None => Ok(Vec::new()),
        }
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> crypto_envelope::Result<Unwrapped> {
        self.properties().check(request.target)?;
        match self.key_of(request.key) {
            Some(key) => key.unwrap(request).await,
            None => Ok(Unwrapped::NotMine),
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.key_of(key)?.describe(key)
    }

    fn properties(&self) -> Properties {
        // What the keys do, all of them alike.
        RawAesProvider::PROPERTIES
    }
}

/// Encrypts a file, decrypts it again, and compares.
fn cycle_file(provider: Arc<StaticRandomProvider>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let [plain, encrypted, decrypted] =
        ["plain", "encrypted", "decrypted"].map(|name| folder.join(name));
    fs::write(&plain, "a line of plaintext\n".repeat(10_000))?;
    let context = EncryptionContext::from([("purpose", "example")]);

    // Writers and readers are trusted alike, so no signature is needed.
    let encryptor = Encryptor::builder(provider.clone())
        .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
        .frame_length(64 * 1024)
        .build()?;
    let sealer = blocking::wait(encryptor.prepare(&context))?;
    let mut writer = EncryptWriter::new(sealer, File::create(&encrypted)?);
    std::io::copy(&mut File::open(&plain)?, &mut writer)?;
    writer.finish()?;

    // What comes out of an unsigned message is verified when it comes out; signed ones, whose
    // signature is known at their end only, are refused.
    let decryptor = Decryptor::builder(provider).unsigned_only().build()?;
    let (header, body) = io::read_header(decryptor.header_parser(), File::open(&encrypted)?)?;
    let opener = blocking::wait(decryptor.open(header, &context))?;
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    let end = io::decrypt(opener, body, &mut unfinished)?;
    unfinished.persist(&decrypted)?; // its name says that all of it is there

    assert_eq!(fs::read(plain)?, fs::read(decrypted)?);
    assert!(end.context().contains_all(&context));
    Ok(())
}

#[allow(dead_code, reason = "the tests take the provider from this file")]
fn main() -> Result<(), Box<dyn Error>> {
    let provider = Arc::new(StaticRandomProvider::new(["today", "yesterday"])?);
    let folder = tempfile::tempdir()?;
    cycle_file(provider, folder.path())
}
