//! Folders that nobody can exchange while we work in them.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{Mode, OFlags, mkdirat, open, openat},
    io::Errno,
};

/// A place below a folder that somebody named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Below {
    /// What was named: it may be a link.
    pub(crate) root: PathBuf,
    /// The way from there, on which no link is followed.
    pub(crate) place: PathBuf,
}

/// A folder that is held open.
#[derive(Debug)]
pub(crate) struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
}

/// What happens to folders that are not there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Missing {
    IsAnError,
    /// They are made, with these permissions.
    IsMade(u32),
}

impl Below {
    pub(crate) fn path(&self) -> PathBuf {
        self.root.join(&self.place)
    }

    /// The folder that the place is in.
    pub(crate) fn folder(&self, missing: Missing) -> io::Result<Folder> {
        Folder::open(&self.root, self.place.parent().unwrap_or(Path::new("")), missing)
    }

    /// Opens a regular file to read. Does not wait for somebody to write into a pipe that has taken
    /// its place.
    pub(crate) fn open_file(&self) -> io::Result<File> {
        let folder = self.folder(Missing::IsAnError)?;
        let name = self.place.file_name().unwrap_or_default();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&folder.descriptor, name, flags, Mode::empty())?);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::other("not a file any more"))
        }
    }
}

impl Folder {
    fn open(root: &Path, way: &Path, missing: Missing) -> io::Result<Self> {
        let named = if root == Path::new("") { Path::new(".") } else { root };
        let mut descriptor = open(named, FOLDER, Mode::empty())?;
        for component in way.components() {
            let Component::Normal(name) = component else {
                return Err(io::Error::other("a way that does not lead down"));
            };
            descriptor = step(&descriptor, name, missing)?;
        }
        Ok(Self { descriptor, path: root.join(way) })
    }

    /// A path to something in the folder itself, whatever its name leads to by now. Without a
    /// `/proc` it is its name.
    pub(crate) fn path_of(&self, name: &OsStr) -> PathBuf {
        let itself = PathBuf::from(format!("/proc/self/fd/{}", self.descriptor.as_raw_fd()));
        if itself.is_dir() { itself.join(name) } else { self.path.join(name) }
    }
}

fn step(folder: &OwnedFd, name: &OsStr, missing: Missing) -> io::Result<OwnedFd> {
    let flags = FOLDER | OFlags::NOFOLLOW;
    match (openat(folder, name, flags, Mode::empty()), missing) {
        (Err(Errno::NOENT), Missing::IsMade(mode)) => {
            match mkdirat(folder, name, Mode::from_raw_mode(mode)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(openat(folder, name, flags, Mode::empty())?)
        }
        (opened, _) => Ok(opened?),
    }
}

const FOLDER: OFlags = THROUGH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// To go through a folder it need not be possible to list it.
#[cfg(target_os = "linux")]
const THROUGH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const THROUGH: OFlags = OFlags::RDONLY;

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn below(root: &Path, place: &str) -> Below {
        Below { root: root.to_owned(), place: place.into() }
    }

    /// Between finding a file and opening it somebody may put something else in its place, or in
    /// that of a folder on the way.
    #[test]
    fn links_are_followed_to_what_was_named_only() -> io::Result<()> {
        let sandbox = tempfile::tempdir()?;
        let path = |name: &str| sandbox.path().join(name);
        fs::create_dir_all(path("root/folder"))?;
        fs::write(path("root/folder/file"), "text")?;
        symlink("root", path("named"))?;
        symlink("folder", path("root/linked"))?;
        symlink("file", path("root/folder/link"))?;
        assert!(below(&path("named"), "folder/file").open_file().is_ok());
        for place in ["linked/file", "folder/link", "folder", "nowhere/file", "../root/folder/file"]
        {
            assert!(below(&path("root"), place).open_file().is_err(), "{place}");
        }
        assert!(below(Path::new("/dev"), "null").open_file().is_err());
        Ok(())
    }

    #[test]
    fn an_open_folder_stays_the_same() -> io::Result<()> {
        let sandbox = tempfile::tempdir()?;
        let path = |name: &str| sandbox.path().join(name);
        fs::create_dir(path("root"))?;
        let place = below(&path("root"), "made/here/file");
        assert!(place.folder(Missing::IsAnError).is_err());
        let folder = place.folder(Missing::IsMade(0o700))?;
        fs::rename(path("root/made"), path("moved"))?;
        fs::create_dir(path("elsewhere"))?;
        symlink("../elsewhere", path("root/made"))?;
        fs::write(folder.path_of(OsStr::new("file")), "text")?;
        assert_eq!(fs::read(path("moved/here/file"))?, b"text");
        assert!(place.folder(Missing::IsMade(0o700)).is_err());
        Ok(())
    }
}
