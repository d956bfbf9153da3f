//! The folder of the local keys.
//!
//! ```text
//! $XDG_DATA_HOME/keyferry/       0700
//!   default                      the id of the key to encrypt with
//!   keys/ID.key                  0600, a 256-bit key in base64
//! ```
//!
//! A key is made once, on the first encryption, and lasts before the first byte is encrypted.

use std::{
    env, fmt,
    fs::{self, DirBuilder, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{SecretBytes, key_file::KeyEncoding};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::{
    failure::{Code, Failure},
    key_file,
    output::durable::sync_folder,
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

/// A key that is there.
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    pub(crate) id: KeyId,
    pub(crate) file: PathBuf,
    pub(crate) purpose: Purpose,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It encrypts, and decrypts.
    Default,
    Decryption,
}

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
        Ok(Self::in_folder(data.join("keyferry")))
    }

    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
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

    /// All keys that are there, in the order of their ids.
    pub(crate) fn list(&self) -> Result<Vec<StoredKey>, Failure> {
        let entries = match fs::read_dir(self.folder.join(KEYS)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.cannot("read", &error)),
        };
        let default = self.default()?;
        let mut keys = Vec::new();
        for entry in entries {
            let file = entry.map_err(|error| self.cannot("read", &error))?.path();
            let Some(id) = KeyId::of_file(&file) else { continue };
            let is_default = default.as_ref() == Some(&id);
            let purpose = if is_default { Purpose::Default } else { Purpose::Decryption };
            keys.push(StoredKey { id, file, purpose });
        }
        keys.sort_by(|one, other| one.id.0.cmp(&other.id.0));
        Ok(keys)
    }

    /// Makes a key; the first one is for encryption in any case.
    pub(crate) fn make(&self, purpose: Purpose) -> Result<StoredKey, Failure> {
        self.default()?;
        let id = self.create().map_err(|error| self.cannot("make a key in", &error))?;
        self.put_to_use(id, purpose)
    }

    /// Takes a key in under its id. One that is there already must be the same.
    pub(crate) fn import(
        &self,
        id: KeyId,
        key: &SecretBytes,
        purpose: Purpose,
    ) -> Result<StoredKey, Failure> {
        if key.len() != KEY_LENGTH {
            return Err(not_a_local_key());
        }
        match self.store(&id, key) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !self.key(&id)?.equals(key.expose()) {
                    let file = self.file_of(&id);
                    return Err(Failure::usage(format!("{} holds another key", file.display()))
                        .hint("an id names one key forever: messages know it by its id"));
                }
            }
            Err(error) => return Err(self.cannot("take a key into", &error)),
        }
        self.put_to_use(id, purpose)
    }

    fn put_to_use(&self, id: KeyId, purpose: Purpose) -> Result<StoredKey, Failure> {
        let default = self.default()?;
        let becomes_default = purpose == Purpose::Default || default.is_none();
        if becomes_default && default.as_ref() != Some(&id) {
            self.replace_default(&id).map_err(|error| self.cannot("change", &error))?;
        }
        let is_default = becomes_default || default.as_ref() == Some(&id);
        let purpose = if is_default { Purpose::Default } else { Purpose::Decryption };
        Ok(StoredKey { file: self.file_of(&id), id, purpose })
    }

    /// The key with this id.
    pub(crate) fn key(&self, id: &KeyId) -> Result<SecretBytes, Failure> {
        let file = self.file_of(id);
        let key = key_file::read(&file, Some(KeyEncoding::Base64))?;
        if key.len() == KEY_LENGTH {
            Ok(key)
        } else {
            Err(not_a_local_key().about(&file.display().to_string()))
        }
    }

    fn default(&self) -> Result<Option<KeyId>, Failure> {
        let path = self.default_file();
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

    fn create(&self) -> io::Result<KeyId> {
        let id = KeyId::random()?;
        self.store(&id, &SecretBytes::random(KEY_LENGTH).map_err(io::Error::from)?)?;
        Ok(id)
    }

    /// Where everything is that no other file may take the place of.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stores a key so that it lasts: file and folders are synced.
    fn store(&self, id: &KeyId, key: &SecretBytes) -> io::Result<()> {
        let keys = self.folder.join(KEYS);
        let existing = keys.ancestors().find(|folder| folder.exists()).map(Path::to_owned);
        DirBuilder::new().recursive(true).mode(0o700).create(&keys)?;
        // Complete before it has its name: nobody ever finds half a key.
        let mut file = tempfile::Builder::new()
            .prefix(".key-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(&keys)?;
        file.write_all(&*key_text(key)?)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(self.file_of(id)).map_err(|error| error.error)?;
        // The name of each new folder is in the one above it.
        for folder in keys.ancestors() {
            sync_folder(folder)?;
            if existing.as_deref() == Some(folder) {
                break;
            }
        }
        Ok(())
    }

    /// Names the key to encrypt with, unless there is one already.
    fn set_default(&self, id: &KeyId) -> io::Result<()> {
        let file = self.unnamed_default(id)?;
        file.persist_noclobber(self.default_file()).map(drop).map_err(|error| error.error)
    }

    fn replace_default(&self, id: &KeyId) -> io::Result<()> {
        let file = self.unnamed_default(id)?;
        file.persist(self.default_file()).map(drop).map_err(|error| error.error)?;
        sync_folder(&self.folder)
    }

    fn unnamed_default(&self, id: &KeyId) -> io::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix(".default-").tempfile_in(&self.folder)?;
        writeln!(file, "{}", id.0)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// The file that names the key to encrypt with.
    pub(super) fn default_file(&self) -> PathBuf {
        self.folder.join(DEFAULT)
    }

    pub(super) fn file_of(&self, id: &KeyId) -> PathBuf {
        self.folder.join(KEYS).join(&id.0).with_extension("key")
    }

    fn cannot(&self, what: &str, error: &io::Error) -> Failure {
        Failure::io(format!("cannot {what} the local keys {}", self.folder.display()), error)
    }
}

impl KeyId {
    /// The id in the name `ID.key`.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        let id = path.file_name()?.to_str()?.strip_suffix(".key")?;
        Self::parse(id)
    }

    /// Ids come out of files and messages: nothing but an id may become a path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (digits && text.len() == 32).then(|| Self(text.to_owned()))
    }

    fn random() -> io::Result<Self> {
        let bytes = SecretBytes::random(16).map_err(io::Error::from)?;
        Ok(Self(hex(bytes.expose())))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn not_a_local_key() -> Failure {
    Failure::usage(format!("a local key has {KEY_LENGTH} bytes"))
}

/// A key as its file holds it, encoded in place, so that no copy is left behind.
pub(crate) fn key_text(key: &SecretBytes) -> io::Result<Zeroizing<[u8; KEY_TEXT_LENGTH]>> {
    let mut text = Zeroizing::new([b'\n'; KEY_TEXT_LENGTH]);
    match BASE64.encode_slice(key.expose(), &mut text[..]) {
        Ok(length) if length + 1 == KEY_TEXT_LENGTH => Ok(text),
        _ => Err(io::Error::other("a local key has 32 bytes")),
    }
}

/// In bytes.
const KEY_LENGTH: usize = 32;
/// A key in base64, and the end of the line.
const KEY_TEXT_LENGTH: usize = 45;
const KEYS: &str = "keys";
const DEFAULT: &str = "default";
