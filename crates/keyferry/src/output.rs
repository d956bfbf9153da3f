//! Where data is written to.

pub(crate) mod durable;
pub(crate) mod unfinished;

use std::{
    ffi::OsString,
    fmt,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, IsTerminal, Write},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

use crypto_envelope::{Error, io::WriteAt};
use tempfile::NamedTempFile;

#[cfg(feature = "alibaba-kms")]
use crate::plan::name_in_folder;
use crate::{
    anchor::Folder,
    base64_stream::{Encoder, LONGEST_PIECE},
    failure::{Code, Failure},
    interrupt,
    place::Place,
    report,
    terminal::{self, Answer},
};

/// A place to write to.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Standard output, a device or a pipe, open already: it cannot be replaced, and what is
    /// written to it is out.
    Stream { file: File, name: String },
    /// A file that gets its name when it is complete. A link of that name is replaced, not
    /// followed: where it leads is not for this program to trust.
    File(PathBuf),
    /// The same in a folder that is held open, under `path` for people.
    Anchored { folder: Folder, name: OsString, path: PathBuf },
    /// An object in a cloud, which is written elsewhere.
    Object(Place),
}

/// What may happen to a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is kept, and that is an error.
    Keep,
    /// It is kept, and that is fine.
    Skip,
    Replace,
    /// Somebody at the terminal decides.
    Ask,
}

impl Existing {
    /// What is to be done if something of this name is there.
    pub(crate) fn decide_about(self, name: &str) -> Result<Decision, Failure> {
        match self {
            Self::Keep => Err(exists(name)),
            Self::Skip => Ok(Decision::Skip),
            Self::Replace => Ok(Decision::Replace),
            Self::Ask => terminal::ask(&format!("replace {name}?")).map(|answer| match answer {
                Answer::Yes => Decision::Replace,
                Answer::No => Decision::Skip,
            }),
        }
    }
}

/// What is to be done about one result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Make it, and fail if a file of its name appears meanwhile.
    Create,
    /// Make it, whatever has its name.
    Replace,
    /// Leave the file that is there.
    Skip,
}

impl Decision {
    /// Whether what has the name by then may be replaced.
    pub(crate) fn may_replace(self) -> bool {
        self == Self::Replace
    }
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
    encoder: Option<Encoder>,
}

enum Writer {
    Stream(File),
    File {
        unfinished: NamedTempFile,
        target: PathBuf,
        replace: Replace,
        /// Open as long as the target leads through it.
        _folder: Option<Folder>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replace {
    Never,
    Existing,
}

impl Destination {
    /// The destination that somebody named.
    pub(crate) fn named(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::standard_output();
        }
        if let Some(place) = Place::parse_object(path)? {
            return Ok(Self::Object(place));
        }
        match fs::metadata(path) {
            Ok(found) if found.is_file() && leads_to_descriptor(path) => {
                Err(Failure::usage(format!("{} is a file that is open already", path.display()))
                    .hint("redirect standard output, and say --output -"))
            }
            Ok(found) if !found.is_file() && !found.is_dir() => Self::special(path),
            _ => Ok(Self::File(path.to_owned())),
        }
    }

    /// A file of its own, not the one that [`io::stdout`] buffers: what cannot be written must be
    /// an error, and no plaintext must stay in a buffer that is not wiped.
    pub(crate) fn standard_output() -> Result<Self, Failure> {
        let name = "standard output".to_owned();
        match io::stdout().as_fd().try_clone_to_owned() {
            Ok(descriptor) => Ok(Self::Stream { file: descriptor.into(), name }),
            Err(error) => Err(Failure::io(format!("cannot write {name}"), &error)),
        }
    }

    /// A file in `folder`, which is where its path led to.
    pub(crate) fn anchored(self, folder: Folder) -> Self {
        match self {
            Self::File(path) => match path.file_name() {
                Some(name) => Self::Anchored { folder, name: name.to_owned(), path },
                None => Self::File(path),
            },
            other => other,
        }
    }

    /// A device or a pipe, opened once: what it is is decided by what was opened.
    fn special(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let cannot = |error: io::Error| Failure::io(format!("cannot write {name}"), &error);
        let file = OpenOptions::new().write(true).open(path).map_err(cannot)?;
        if file.metadata().map_err(cannot)?.is_file() {
            return Err(Failure::new(Code::Internal, format!("{name} was exchanged meanwhile")));
        }
        Ok(Self::Stream { file, name })
    }

    /// Whether what is written cannot be taken back.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }

    /// Whether somebody would see what is written.
    pub(crate) fn is_screen(&self) -> bool {
        matches!(self, Self::Stream { file, .. } if file.is_terminal())
    }

    /// Whether it is standard output, under whatever name.
    pub(crate) fn is_standard_output(&self) -> bool {
        let Self::Stream { file, .. } = self else { return false };
        let standard = io::stdout().as_fd().try_clone_to_owned().ok().map(File::from);
        standard.is_some_and(|standard| identity(standard.metadata()) == identity(file.metadata()))
    }

    /// Whether it is where the other one is, under whatever name: what is written to it would replace what
    /// is written to the other, or run into it.
    #[cfg(feature = "alibaba-kms")]
    pub(crate) fn is_where(&self, other: &Self) -> bool {
        match (self.target(), other.target()) {
            (Ok(file), Ok(other)) => identity(file.metadata()) == identity(other.metadata()),
            // A link is replaced, wherever it leads.
            (Err(path), Err(other)) => name_in_folder(&path) == name_in_folder(&other),
            (Ok(file), Err(path)) | (Err(path), Ok(file)) => {
                let found = identity(fs::symlink_metadata(path));
                found.is_some() && found == identity(file.metadata())
            }
        }
    }

    /// What is open, or else the name that a file will get.
    #[cfg(feature = "alibaba-kms")]
    fn target(&self) -> Result<&File, PathBuf> {
        match self {
            Self::Stream { file, .. } => Ok(file),
            Self::File(path) => Err(path.clone()),
            Self::Anchored { folder, name, .. } => Err(folder.path_of(name)),
            Self::Object(place) => Err(place.to_string().into()),
        }
    }

    /// Decides about a file that is there already, before any work is done.
    pub(crate) fn decide(&self, existing: Existing) -> Result<Decision, Failure> {
        let path = match self {
            Self::Stream { .. } => return Ok(Decision::Create),
            Self::File(path) => path.clone(),
            Self::Anchored { folder, name, .. } => folder.path_of(name),
            Self::Object(place) => return Err(place.unreachable()),
        };
        let (path, name) = (path.as_path(), self.to_string());
        if path.is_dir() {
            return Err(Failure::usage(format!("{name} is a directory")));
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Failure::usage(format!("there is no folder {}", folder.display())));
        }
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() && !found.is_symlink() => {
                Err(Failure::usage(format!("{name} is not a regular file"))
                    .hint("to write to it all the same, name it with --output"))
            }
            Ok(found) => match existing {
                Existing::Skip if found.is_symlink() => {
                    Err(Failure::usage(format!("{name} is a link, and not the result of a run")))
                }
                existing => existing.decide_about(&name),
            },
            Err(_) => Ok(Decision::Create),
        }
    }

    /// Opens it.
    pub(crate) fn open(self, decision: Decision, audience: Audience) -> Result<Output, Failure> {
        let name = self.to_string();
        let (target, folder) = match self {
            Self::Stream { file, .. } => {
                return Ok(Output { writer: Writer::Stream(file), name, encoder: None });
            }
            Self::File(path) => (path, None),
            Self::Anchored { folder, name, .. } => (folder.path_of(&name), Some(folder)),
            Self::Object(place) => return Err(place.unreachable()),
        };
        let unfinished = unfinished::create_in(folder_of(&target), audience.mode());
        let unfinished = unfinished.map_err(|error| {
            // Its own name helps nobody.
            Failure::io(format!("cannot write {name}"), &error.kind().into())
        })?;
        let replace = if decision.may_replace() { Replace::Existing } else { Replace::Never };
        let writer = Writer::File { unfinished, target, replace, _folder: folder };
        Ok(Output { writer, name, encoder: None })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream { name, .. } => f.write_str(name),
            Self::File(path) | Self::Anchored { path, .. } => path.display().fmt(f),
            Self::Object(place) => place.fmt(f),
        }
    }
}

impl Output {
    /// Writes base64 of what is written to it.
    pub(crate) fn encoded(mut self) -> Self {
        self.encoder = Some(Encoder::new());
        self
    }

    /// Makes what was written last, and gives the file its name.
    pub(crate) fn commit(mut self) -> Result<(), Failure> {
        if let Some(mut encoder) = self.encoder.take() {
            self.write_all(encoder.finish()).map_err(Error::from)?;
        }
        let name = self.name;
        let cannot = |error: &io::Error| Failure::io(format!("cannot write {name}"), error);
        match self.writer {
            Writer::Stream(file) => match file.sync_all() {
                // Pipes and many devices have nothing to sync.
                Err(error) if durable::has_no_sync(&error) => Ok(()),
                synced => synced.map_err(|error| cannot(&error)),
            },
            Writer::File { unfinished, target, replace, _folder } => {
                unfinished.as_file().sync_all().map_err(|error| cannot(&error))?;
                let persisted = interrupt::release(|| {
                    let persisted = match replace {
                        Replace::Existing => unfinished.persist(&target),
                        Replace::Never => unfinished.persist_noclobber(&target),
                    };
                    // On error this removes the file, still with signals held off.
                    persisted.map(drop).map_err(|error| error.error)
                });
                match persisted {
                    Ok(()) => {
                        // The file is complete under its name, so this is no failure any more.
                        if let Err(error) = durable::sync_folder(folder_of(&target)) {
                            report::warning(&format!("{name} may not outlast a crash: {error}"));
                        }
                        Ok(())
                    }
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        Err(exists(&name))
                    }
                    Err(error) => Err(cannot(&error)),
                }
            }
        }
    }
}

impl Output {
    /// Whether it can be written at offsets.
    pub(crate) fn has_offsets(&self) -> bool {
        matches!(self.writer, Writer::File { .. }) && self.encoder.is_none()
    }

    fn write_stored(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes).map_err(|error| self.named(error))
    }

    fn file(&self) -> &File {
        match &self.writer {
            Writer::Stream(file) => file,
            // By itself: errors of its wrapper show a path that helps nobody.
            Writer::File { unfinished, .. } => unfinished.as_file(),
        }
    }

    fn named(&self, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("cannot write {}: {error}", self.name)),
        }
    }
}

/// Only if it [has offsets](Output::has_offsets).
impl WriteAt for Output {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file().write_all_at(bytes, offset).map_err(|error| self.named(error))
    }

    fn end_at(&self, length: u64) -> io::Result<()> {
        self.file().end_at(length).map_err(|error| self.named(error))
    }
}

/// Errors name the output.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut encoder) = self.encoder.take() else { return self.write_stored(bytes) };
        let piece = &bytes[..bytes.len().min(LONGEST_PIECE)];
        let written = self.write_all(encoder.push(piece));
        self.encoder = Some(encoder);
        written.map(|()| piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
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

/// The same for all names of a file.
fn identity(found: io::Result<Metadata>) -> Option<(u64, u64)> {
    found.ok().map(|found| (found.dev(), found.ino()))
}

/// Whether a path is a link, over however many others, to what some process has open.
fn leads_to_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if DESCRIPTORS.iter().any(|folder| path.starts_with(folder)) {
            return true;
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return false,
        }
    }
    false
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

pub(crate) fn exists(name: &str) -> Failure {
    Failure::usage(format!("{name} exists already")).hint(ANOTHER_NAME)
}

/// What to do about something that is there already.
pub(crate) const ANOTHER_NAME: &str =
    "give another name, --force to replace it, or --skip-existing";

/// What leads to files that are open.
const DESCRIPTORS: [&str; 5] = ["/proc", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"];
/// As many as the system follows.
const MOST_LINKS: usize = 40;

#[cfg(all(test, feature = "alibaba-kms"))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_place_has_many_names() -> Result<(), Failure> {
        let folder = tempfile::tempdir().map_err(Error::from)?;
        let folder = folder.path();
        fs::write(folder.join("there"), "").map_err(Error::from)?;
        symlink(folder.join("there"), folder.join("link")).map_err(Error::from)?;
        symlink(folder, folder.join("self")).map_err(Error::from)?;
        let is_where = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|name| Destination::named(&folder.join(name)));
            Ok::<_, Failure>(one?.is_where(&other?))
        };
        for (one, other) in
            [("there", "./there"), ("new", "self/new"), ("there", "self/../there"), ("new", "new")]
        {
            let up = folder.file_name().unwrap_or_default().to_string_lossy();
            let other = other.replace("..", &format!("../{up}"));
            assert!(is_where(one, &other)?, "{one} {other}");
        }
        for (one, other) in [("new", "newer"), ("there", "link"), ("there", "new")] {
            assert!(!is_where(one, other)?, "{one} {other}");
        }
        let file = File::open(folder.join("there")).map_err(Error::from)?;
        let open = Destination::Stream { file, name: "standard output".to_owned() };
        assert!(open.is_where(&Destination::named(&folder.join("there"))?));
        assert!(!open.is_where(&Destination::named(&folder.join("link"))?));
        assert!(!open.is_where(&Destination::named(&folder.join("new"))?));
        assert!(open.is_where(&open));
        Ok(())
    }
}
