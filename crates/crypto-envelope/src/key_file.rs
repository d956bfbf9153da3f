//! Files that hold secrets (feature `key-file`): who may read them, and how they are made.

mod encoding;

use std::{
    error::Error as StdError,
    fmt,
    fs::{File, Metadata, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

pub use self::encoding::KeyEncoding;
use crate::{Error, SecretBytes, secret::reserve_wiped};

/// A file with a secret in it, that is open for reading.
///
/// ```
/// # use crypto_envelope::{SecretBytes, key_file::KeyFile};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = std::env::temp_dir().join(format!("key-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("key");
/// KeyFile::create(&path, &SecretBytes::random(32)?)?;
/// let key = KeyFile::read_private(&path, 32)?;
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    file: File,
    metadata: Metadata,
}

impl KeyFile {
    /// Opens a file, whoever may read it.
    ///
    /// # Errors
    ///
    /// [`KeyFileErrorKind::Unreadable`].
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let opened = File::open(path).and_then(|file| {
            let metadata = file.metadata()?;
            Ok((file, metadata))
        });
        let (file, metadata) = opened.map_err(|error| KeyFileError::unreadable(path, error))?;
        Ok(Self { path: path.to_owned(), file, metadata })
    }

    /// Reads a file that nobody else may read, of at most so many bytes.
    ///
    /// # Errors
    ///
    /// [`KeyFileErrorKind::Unreadable`], [`KeyFileErrorKind::Exposed`], [`KeyFileErrorKind::Foreign`] and
    /// [`KeyFileErrorKind::TooLong`].
    pub fn read_private(path: &Path, most: usize) -> Result<SecretBytes, KeyFileError> {
        let file = Self::open(path)?;
        file.check_private()?;
        file.read(most)
    }

    /// Reads the key in a file that nobody else may read. Without an encoding it is found out, and refused
    /// if it is not clear.
    ///
    /// # Errors
    ///
    /// Any kind but [`KeyFileErrorKind::Unwritable`].
    pub fn read_key(
        path: &Path,
        encoding: Option<KeyEncoding>,
        lengths: &[usize],
    ) -> Result<SecretBytes, KeyFileError> {
        let bytes = Self::read_private(path, LONGEST_KEY)?;
        let encodings = encoding.as_ref().map_or(KeyEncoding::ALL, std::slice::from_ref);
        let decode = |encoding: &KeyEncoding| encoding.decode(bytes.expose(), lengths);
        let mut keys: Vec<_> = encodings.iter().filter_map(decode).collect();
        let failed = |kind| KeyFileError { path: path.to_owned(), kind, source: None };
        match (keys.pop(), keys.is_empty()) {
            (Some(key), true) => Ok(key),
            (Some(_), false) => Err(failed(KeyFileErrorKind::Ambiguous)),
            (None, _) => Err(failed(KeyFileErrorKind::NoKey)),
        }
    }

    /// Demands that nobody but the user who runs this, and root, can read the file. What is no regular
    /// file, such as a pipe, is not looked at; nor is anything where there are no such permissions.
    ///
    /// # Errors
    ///
    /// [`KeyFileErrorKind::Exposed`] and [`KeyFileErrorKind::Foreign`].
    pub fn check_private(&self) -> Result<(), KeyFileError> {
        #[cfg(unix)]
        if self.metadata.is_file() {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            let user = rustix::process::geteuid().as_raw();
            let mode = self.metadata.permissions().mode();
            let kind = check_access(mode, self.metadata.uid(), user);
            kind.map_err(|kind| KeyFileError { path: self.path.clone(), kind, source: None })?;
        }
        Ok(())
    }

    /// All of it, at most so many bytes.
    ///
    /// # Errors
    ///
    /// [`KeyFileErrorKind::Unreadable`] and [`KeyFileErrorKind::TooLong`].
    pub fn read(self, most: usize) -> Result<SecretBytes, KeyFileError> {
        let Self { path, file, metadata } = self;
        let failed = |error| KeyFileError::unreadable(&path, error);
        let too_long = || {
            let kind = KeyFileErrorKind::TooLong { limit: most };
            KeyFileError { path: path.clone(), kind, source: None }
        };
        if metadata.is_file() && metadata.len() > most as u64 {
            return Err(too_long());
        }
        // Room for all of it, so that no copy is left behind by growing.
        let expected = if metadata.is_file() { metadata.len() } else { SHORT };
        let expected = usize::try_from(expected).unwrap_or(most).min(most).saturating_add(1);
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(expected));
        let mut rest = file.take((most as u64).saturating_add(1));
        while rest.limit() > 0 {
            reserve_wiped(&mut bytes, 1, most.saturating_add(1));
            let room = (bytes.capacity() - bytes.len()) as u64;
            if rest.by_ref().take(room).read_to_end(&mut bytes).map_err(failed)? == 0 {
                break;
            }
        }
        if bytes.len() > most { Err(too_long()) } else { Ok(SecretBytes::from(&bytes[..])) }
    }

    /// Makes a file that only its owner can read. One that is there already is left as it is.
    ///
    /// # Errors
    ///
    /// [`KeyFileErrorKind::Unwritable`].
    pub fn create(path: &Path, secret: &SecretBytes) -> Result<(), KeyFileError> {
        let failed = |error| KeyFileError {
            path: path.to_owned(),
            kind: KeyFileErrorKind::Unwritable,
            source: Some(error),
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let written = file.write_all(secret.expose()).and_then(|()| file.sync_all());
        // Without its name on the disk too, the key could be gone after a crash, and what it encrypted with it.
        #[cfg(unix)]
        let written = written.and_then(|()| File::open(folder)?.sync_all());
        #[cfg(not(unix))]
        let _ = folder;
        written.map_err(|error| {
            // Of a key that is not whole nobody must think that it is one.
            let _ = std::fs::remove_file(path);
            failed(error)
        })
    }
}

/// What is wrong with a file.
#[derive(Debug)]
pub struct KeyFileError {
    path: PathBuf,
    kind: KeyFileErrorKind,
    source: Option<io::Error>,
}

/// The kinds of [`KeyFileError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFileErrorKind {
    /// It is not there, or cannot be read.
    Unreadable,
    /// Others can read it.
    Exposed,
    /// It belongs to somebody else, who can read it.
    Foreign,
    /// It is longer than this.
    #[non_exhaustive]
    TooLong {
        /// In bytes.
        limit: usize,
    },
    /// What is in it is no key.
    NoKey,
    /// What is in it can be read as a key in more than one way: say which encoding it is.
    Ambiguous,
    /// It cannot be made, as when it is there already.
    Unwritable,
}

impl KeyFileError {
    /// What the caller can act on.
    #[must_use]
    pub fn kind(&self) -> KeyFileErrorKind {
        self.kind
    }

    /// The error of the system, if there is one.
    #[must_use]
    pub fn io_error_kind(&self) -> Option<io::ErrorKind> {
        self.source.as_ref().map(io::Error::kind)
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let path = self.path.display();
        match self.kind {
            KeyFileErrorKind::Exposed => Some(format!("make it private: chmod 600 {path}")),
            KeyFileErrorKind::Foreign => Some(format!("make it your own: chown \"$USER\" {path}")),
            _ => None,
        }
    }

    fn unreadable(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self { path, kind: KeyFileErrorKind::Unreadable, source: Some(error) }
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.kind {
            KeyFileErrorKind::Unreadable => write!(f, "cannot read the key file {path}"),
            KeyFileErrorKind::Exposed => write!(f, "others can read the key file {path}"),
            KeyFileErrorKind::Foreign => {
                write!(f, "the key file {path} belongs to somebody else, who can read it")
            }
            KeyFileErrorKind::TooLong { limit } => {
                write!(f, "the key file {path} is longer than {limit} bytes")
            }
            KeyFileErrorKind::NoKey => write!(f, "the key file {path} does not hold a key"),
            KeyFileErrorKind::Ambiguous => {
                write!(f, "the key file {path} can be read as a key in more than one way")
            }
            KeyFileErrorKind::Unwritable => write!(f, "cannot make the key file {path}"),
        }?;
        self.source.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

impl StdError for KeyFileError {}

/// With the hint.
impl From<KeyFileError> for Error {
    fn from(error: KeyFileError) -> Self {
        match error.hint() {
            Some(hint) => Self::invalid_input(format!("{error}; {hint}")),
            None => Self::invalid_input(error.to_string()),
        }
    }
}

/// Nobody but `user` and root may read a file with this mode and owner.
#[cfg(unix)]
fn check_access(mode: u32, owner: u32, user: u32) -> Result<(), KeyFileErrorKind> {
    if mode & 0o077 != 0 {
        return Err(KeyFileErrorKind::Exposed);
    }
    if owner != user && owner != ROOT {
        return Err(KeyFileErrorKind::Foreign);
    }
    Ok(())
}

/// In bytes: more than any key in any encoding.
const LONGEST_KEY: usize = 256;
/// In bytes: more than most keys in a pipe.
const SHORT: u64 = 4096;
/// Root can read everything anyway.
#[cfg(unix)]
const ROOT: u32 = 0;

#[cfg(all(test, unix))]
mod tests {
    use std::{env, fs, os::unix::fs::PermissionsExt, process};

    use super::*;

    /// Numbers stand for people, so that it does not matter who runs the test.
    #[test]
    fn a_key_is_for_its_owner_and_root_alone() {
        const ALICE: u32 = 1000;
        const BOB: u32 = 1001;
        for (mode, owner, user, expected) in [
            (0o600, ALICE, ALICE, Ok(())),
            (0o400, ALICE, ALICE, Ok(())),
            (0o600, ROOT, ALICE, Ok(())),
            (0o600, ROOT, ROOT, Ok(())),
            (0o640, ALICE, ALICE, Err(KeyFileErrorKind::Exposed)),
            (0o604, ALICE, ALICE, Err(KeyFileErrorKind::Exposed)),
            (0o660, ROOT, ROOT, Err(KeyFileErrorKind::Exposed)),
            (0o600, BOB, ALICE, Err(KeyFileErrorKind::Foreign)),
            (0o600, ALICE, ROOT, Err(KeyFileErrorKind::Foreign)),
        ] {
            assert_eq!(check_access(mode, owner, user), expected, "{mode:o} {owner} {user}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_alone() -> Result<(), Box<dyn StdError>> {
        let directory = env::temp_dir().join(format!("crypto-envelope-{}", process::id()));
        fs::create_dir_all(&directory)?;
        let path = directory.join("key");
        let key = SecretBytes::from(vec![7; 32]);
        KeyFile::create(&path, &key)?;
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        assert!(KeyFile::read_private(&path, 32)?.equals(key.expose()));
        let kind = |outcome: Result<SecretBytes, KeyFileError>| outcome.map_err(|e| e.kind()).err();
        assert_eq!(
            kind(KeyFile::read_private(&path, 31)),
            Some(KeyFileErrorKind::TooLong { limit: 31 })
        );
        let again = KeyFile::create(&path, &SecretBytes::from(vec![8; 32]));
        assert_eq!(again.map_err(|error| error.kind()), Err(KeyFileErrorKind::Unwritable));
        assert!(KeyFile::read_private(&path, 32)?.equals(key.expose()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        let refused = KeyFile::read_private(&path, 32).expect_err("everybody can read it");
        assert_eq!(refused.kind(), KeyFileErrorKind::Exposed);
        assert!(Error::from(refused).to_string().contains("chmod 600"));
        let missing = KeyFile::read_private(&directory.join("none"), 32);
        assert_eq!(kind(missing), Some(KeyFileErrorKind::Unreadable));
        fs::remove_dir_all(&directory)?;
        Ok(())
    }
}
