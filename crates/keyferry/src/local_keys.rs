//! The keys that keyferry makes and keeps itself.
//!
//! ```text
//! $XDG_DATA_HOME/keyferry/       0700
//!   default                      the id of the key to encrypt with
//!   keys/ID.key                  0600, a 256-bit key in base64
//! ```
//!
//! A key is made once, on the first encryption, and lasts before the first byte is encrypted.

use std::{
    env,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, SecretBytes,
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RawAesProvider,
        UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use zeroize::Zeroizing;

use crate::{
    failure::{Code, Failure},
    key_file::{self, Encoding},
    output::sync_folder,
    text::hex,
};

/// The folder with the keys.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

/// The name of a key: 32 hexadecimal digits, so that it can be a file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyId(String);

impl Store {
    /// The store of whoever runs this, according to the XDG Base Directory Specification.
    pub(crate) fn of_user() -> Result<Self, Failure> {
        let absolute =
            |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let data = absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .ok_or_else(|| {
                Failure::usage("no place for local keys: neither XDG_DATA_HOME nor HOME is set")
                    .hint("set one of them, or name a key with --provider")
            })?;
        Ok(Self { folder: data.join("keyferry") })
    }

    /// The key to encrypt with; it is made if there is none, and `created` is told its file.
    pub(crate) fn default_or_create(&self, created: impl FnOnce(&str)) -> Result<KeyId, Failure> {
        if let Some(id) = self.default()? {
            return Ok(id);
        }
        let id = self.create().map_err(|error| self.cannot("make a key in", &error))?;
        match self.set_default(&id) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let default = self.default()?.ok_or_else(|| self.cannot("read", &error))?;
                if default != id {
                    // Somebody else was faster. Our key has never been used.
                    fs::remove_file(self.file_of(&id)).map_err(|e| self.cannot("tidy up", &e))?;
                    return Ok(default);
                }
            }
            Err(error) => return Err(self.cannot("make a key in", &error)),
        }
        created(&self.file_of(&id).display().to_string());
        sync_folder(&self.folder).map_err(|error| self.cannot("make a key in", &error))?;
        Ok(id)
    }

    /// The key with this id.
    fn key(&self, id: &KeyId) -> Result<SecretBytes, Failure> {
        key_file::read(&self.file_of(id), Some(Encoding::Base64))
    }

    fn default(&self) -> Result<Option<KeyId>, Failure> {
        let path = self.folder.join(DEFAULT);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.cannot("read", &error)),
        };
        let id = KeyId::parse(text.trim_end()).ok_or_else(|| {
            Failure::new(Code::Internal, format!("{} does not hold a key id", path.display()))
                .hint("put the id of a key into it, or remove it to make a new key")
        })?;
        Ok(Some(id))
    }

    /// Makes a key that lasts: file and folders are synced.
    fn create(&self) -> io::Result<KeyId> {
        let keys = self.folder.join(KEYS);
        let existing = keys.ancestors().find(|folder| folder.exists()).map(Path::to_owned);
        DirBuilder::new().recursive(true).mode(0o700).create(&keys)?;
        let id = KeyId::random()?;
        let key = SecretBytes::random(32).map_err(io::Error::from)?;
        // In place, so that no copy is left behind.
        let mut text = Zeroizing::new([b'\n'; KEY_TEXT_LENGTH]);
        BASE64.encode_slice(key.expose(), &mut text[..]).map_err(io::Error::other)?;
        let path = self.file_of(&id);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&text[..])?;
        file.sync_all()?;
        // The name of each new folder is in the one above it.
        for folder in keys.ancestors() {
            sync_folder(folder)?;
            if existing.as_deref() == Some(folder) {
                break;
            }
        }
        Ok(id)
    }

    /// Names the key to encrypt with, unless there is one already.
    fn set_default(&self, id: &KeyId) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".default-").tempfile_in(&self.folder)?;
        writeln!(file, "{}", id.0)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(self.folder.join(DEFAULT)).map(drop).map_err(|error| error.error)
    }

    fn file_of(&self, id: &KeyId) -> PathBuf {
        self.folder.join(KEYS).join(&id.0).with_extension("key")
    }

    fn cannot(&self, what: &str, error: &io::Error) -> Failure {
        Failure::io(format!("cannot {what} the local keys {}", self.folder.display()), error)
    }
}

impl KeyId {
    /// Ids come out of files and messages: nothing but an id may become a path.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (digits && text.len() == 32).then(|| Self(text.to_owned()))
    }

    fn random() -> io::Result<Self> {
        let bytes = SecretBytes::random(16).map_err(io::Error::from)?;
        Ok(Self(hex(bytes.expose())))
    }
}

/// The local keys as a key provider: wraps with one key, unwraps with any that is there.
#[derive(Debug)]
pub(crate) struct LocalKeys {
    store: Store,
    wrapping: Option<RawAesProvider>,
}

impl LocalKeys {
    /// Wraps with the key `id`.
    pub(crate) fn encrypting(store: Store, id: &KeyId) -> Result<Self, Failure> {
        let wrapping = provider(&store, id).map_err(|failure| match failure.code() {
            Code::Denied => failure.hint(format!(
                "it is the key to encrypt with: put its file back, or remove {} to make a new key",
                store.folder.join(DEFAULT).display()
            )),
            _ => failure,
        })?;
        Ok(Self { store, wrapping: Some(wrapping) })
    }

    /// Only unwraps; needs no key to be there.
    pub(crate) fn decrypting(store: Store) -> Self {
        Self { store, wrapping: None }
    }
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn wrap(
        &self,
        request: WrapRequest<'_>,
    ) -> crypto_envelope::Result<Vec<EncryptedDataKey>> {
        match &self.wrapping {
            Some(provider) => provider.wrap(request).await,
            None => Err(ProviderError::new(
                ProviderErrorKind::Unsupported,
                "the local keys were opened for decryption",
            )
            .into()),
        }
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> crypto_envelope::Result<Unwrapped> {
        self.properties().check(request.target)?;
        let Some(id) = key_id(request.key) else { return Ok(Unwrapped::NotMine) };
        let file = self.store.file_of(&id);
        if matches!(file.try_exists(), Ok(false)) {
            return Err(ProviderError::new(
                ProviderErrorKind::NotFound,
                format!(
                    "there is no {}; put the key file back there, or decrypt where it is",
                    file.display()
                ),
            )
            .into());
        }
        let provider = provider(&self.store, &id).map_err(|failure| {
            let kind = match failure.code() {
                Code::Policy | Code::Denied => ProviderErrorKind::Denied,
                _ => ProviderErrorKind::Unavailable,
            };
            ProviderError::new(kind, failure.text())
        })?;
        provider.unwrap(request).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        let id = key_id(key)?;
        Some(KeyDescription::new().with_key_id(id.0).with_algorithm("AES-256-GCM"))
    }

    fn properties(&self) -> Properties {
        RawAesProvider::PROPERTIES
    }
}

fn provider(store: &Store, id: &KeyId) -> Result<RawAesProvider, Failure> {
    Ok(RawAesProvider::new(NAMESPACE, id.0.as_str(), &store.key(id)?)?)
}

fn key_id(key: &EncryptedDataKey) -> Option<KeyId> {
    if key.provider_id() != NAMESPACE {
        return None;
    }
    KeyId::parse(&RawAesProvider::recognize(key)?.key_id?)
}

/// The provider id in messages; docs/formats/provider-ids.md.
const NAMESPACE: &str = "keyferry";
/// 32 bytes in base64, and the end of the line.
const KEY_TEXT_LENGTH: usize = 45;
const KEYS: &str = "keys";
const DEFAULT: &str = "default";

#[cfg(test)]
mod tests {
    use std::error::Error;

    use crypto_envelope::blocking;
    use crypto_envelope_testkit::conformance;

    use super::*;

    #[test]
    fn local_keys_keep_the_rules_of_key_providers() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let store = Store { folder: folder.path().join("store") };
        let id = store.default_or_create(|_| ())?;
        let keys = LocalKeys::encrypting(store, &id)?;
        Ok(blocking::wait(async { Ok(conformance::check(&keys).await) })??)
    }

    #[test]
    fn only_ids_are_ids() {
        assert!(KeyId::parse(&"0a".repeat(16)).is_some());
        for text in ["", "0a", &"0A".repeat(16), &"..".repeat(16), &"/a".repeat(16)] {
            assert_eq!(KeyId::parse(text), None);
        }
    }
}
