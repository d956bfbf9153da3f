//! Where data is written to.

use std::{
    fmt,
    fs::{self, File, OpenOptions, Permissions},
    io::{self, IsTerminal, Write},
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{
    failure::{Code, Failure},
    interrupt, report,
};

/// A place to write to that is not open yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    StandardOutput,
    /// A device or a pipe by its path: it cannot be replaced, and what is written to it is out.
    Special(PathBuf),
    /// A file that gets its name when it is complete. A link of that name is replaced, not
    /// followed: where it leads is not for this program to trust.
    File(PathBuf),
}

/// What may happen to a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Keep,
    Replace,
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// As the umask says: it is ciphertext.
    Everybody,
    /// The owner alone: it is plaintext.
    Owner,
}

/// An open destination. A file gets its name when it is [committed](Self::commit); before that,
/// an end of any kind removes it.
pub(crate) struct Output {
    writer: Writer,
    name: String,
}

enum Writer {
    StandardOutput(io::StdoutLock<'static>),
    Special(File),
    File { unfinished: NamedTempFile, target: PathBuf, existing: Existing },
}

impl Destination {
    pub(crate) fn new(path: &Path) -> Self {
        if path == Path::new("-") {
            return Self::StandardOutput;
        }
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
                Self::Special(path.to_owned())
            }
            _ => Self::File(path.to_owned()),
        }
    }

    /// Whether what is written cannot be taken back.
    pub(crate) fn is_stream(&self) -> bool {
        !matches!(self, Self::File(_))
    }

    /// Whether somebody would see what is written.
    pub(crate) fn is_screen(&self) -> bool {
        match self {
            Self::StandardOutput => io::stdout().is_terminal(),
            Self::Special(path) => {
                let device = fs::metadata(path).is_ok_and(|m| m.file_type().is_char_device());
                device && open_special(path).is_ok_and(|file| file.is_terminal())
            }
            Self::File(_) => false,
        }
    }

    /// Refuses to write over a file, before any work is done.
    pub(crate) fn check(&self, existing: Existing) -> Result<(), Failure> {
        match self {
            Self::File(path) => match fs::symlink_metadata(path) {
                Ok(found) if found.is_dir() => {
                    Err(Failure::usage(format!("{} is a directory", path.display())))
                }
                Ok(found) if !found.is_file() && !found.is_symlink() => {
                    Err(Failure::usage(format!("{} is not a regular file", path.display()))
                        .hint("to write to it all the same, name it with --output"))
                }
                Ok(_) if existing == Existing::Keep => Err(exists(path)),
                _ => Ok(()),
            },
            Self::StandardOutput | Self::Special(_) => Ok(()),
        }
    }

    /// Opens it.
    pub(crate) fn open(self, existing: Existing, audience: Audience) -> Result<Output, Failure> {
        let name = self.to_string();
        let cannot = |error: io::Error| Failure::io(format!("cannot write {name}"), &error);
        let writer = match self {
            Self::StandardOutput => Writer::StandardOutput(io::stdout().lock()),
            Self::Special(path) => Writer::Special(open_special(&path).map_err(cannot)?),
            Self::File(target) => {
                let unfinished = create_beside(&target, audience).map_err(cannot)?;
                Writer::File { unfinished, target, existing }
            }
        };
        Ok(Output { writer, name })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardOutput => f.write_str("standard output"),
            Self::Special(path) | Self::File(path) => path.display().fmt(f),
        }
    }
}

impl Output {
    /// Makes what was written last, and gives the file its name.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        let name = self.name;
        let cannot = |error: &io::Error| Failure::io(format!("cannot write {name}"), error);
        match self.writer {
            Writer::StandardOutput(mut writer) => {
                writer.flush().map_err(|e| Failure::from(crypto_envelope::Error::from(e)))
            }
            Writer::Special(file) => match file.sync_all() {
                // Pipes and many devices have nothing to sync.
                Err(error) if has_no_sync(&error) => Ok(()),
                synced => synced.map_err(|error| cannot(&error)),
            },
            Writer::File { unfinished, target, existing } => {
                unfinished.as_file().sync_all().map_err(|error| cannot(&error))?;
                let persisted = interrupt::release(|| match existing {
                    Existing::Replace => unfinished.persist(&target),
                    Existing::Keep => unfinished.persist_noclobber(&target),
                });
                match persisted {
                    Ok(_) => {
                        // The file is complete under its name, so this is no failure any more.
                        if let Err(error) = sync_folder(folder_of(&target)) {
                            report::warning(&format!("{name} may not outlast a crash: {error}"));
                        }
                        Ok(())
                    }
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                        Err(exists(&target))
                    }
                    Err(error) => Err(cannot(&error.error)),
                }
            }
        }
    }
}

/// Errors name the output.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.writer {
            Writer::StandardOutput(writer) => writer.write(bytes),
            Writer::Special(file) => file.write(bytes),
            Writer::File { unfinished, .. } => unfinished.write(bytes),
        };
        written.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("cannot write {}: {error}", self.name)),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::StandardOutput(writer) => writer.flush(),
            Writer::Special(file) => file.flush(),
            Writer::File { unfinished, .. } => unfinished.flush(),
        }
    }
}

impl Audience {
    fn mode(self) -> u32 {
        match self {
            Self::Everybody => 0o666,
            Self::Owner => 0o600,
        }
    }
}

fn has_no_sync(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

fn open_special(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// A file that has no name of its own yet, in the folder of `target`. A signal removes it.
fn create_beside(target: &Path, audience: Audience) -> io::Result<NamedTempFile> {
    interrupt::create(|| {
        tempfile::Builder::new()
            .prefix(".keyferry-")
            .suffix(".partial")
            .permissions(Permissions::from_mode(audience.mode()))
            .tempfile_in(folder_of(target))
    })
}

/// Makes the names in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn exists(path: &Path) -> Failure {
    Failure::new(Code::Usage, format!("{} exists already", path.display()))
        .hint("give another name with --output, or --force to replace it")
}
