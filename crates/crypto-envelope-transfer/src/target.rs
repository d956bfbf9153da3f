//! Files that are written, and appear when they are complete.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::{NamedTempFile, PathPersistError, TempPath};

use crate::own::{UNFINISHED, check_own, folder_of, follow_no_link, identity};

/// A file that appears when it is complete.
#[derive(Debug)]
pub struct TargetFile {
    file: File,
    place: Place,
    path: PathBuf,
}

/// Where a file is until it is complete.
#[derive(Debug)]
enum Place {
    /// It is removed when it is dropped.
    Temporary(TempPath),
    /// It can be gone on with.
    Kept(PathBuf),
}

impl TargetFile {
    /// Beside its place, for its owner alone.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let temporary = tempfile::Builder::new()
            .prefix(UNFINISHED.0)
            .suffix(UNFINISHED.1)
            .tempfile_in(folder_of(path))
            .map_err(|error| about(path, &error))?;
        let (file, place) = NamedTempFile::into_parts(temporary);
        Ok(Self { file, place: Place::Temporary(place), path: path.to_owned() })
    }

    /// Where it is, for a record. None if it is not one that [`again`](Self::again) would take for ours, as
    /// on file systems that know neither owners nor modes.
    ///
    /// # Errors
    ///
    /// If it cannot be looked at.
    pub fn place(&self) -> io::Result<Option<KeptPlace>> {
        if check_own(&self.file).is_err() {
            return Ok(None);
        }
        let (Place::Temporary(place), folder) = (&self.place, folder_of(&self.path)) else {
            return Ok(None);
        };
        let folder = folder.canonicalize().map_err(|error| about(&self.path, &error))?;
        let path = folder.join(place.file_name().unwrap_or_default());
        let (device, inode) = identity(&self.file.metadata()?).unzip();
        Ok(Some(KeptPlace { path, device, inode }))
    }

    /// From now on it stays when this is dropped.
    ///
    /// # Errors
    ///
    /// If it cannot be kept.
    pub fn keep(self) -> io::Result<Self> {
        let Self { file, place, path } = self;
        let place = match place {
            Place::Temporary(place) => place.keep().map_err(|error| about(&path, &error.error))?,
            Place::Kept(place) => place,
        };
        Ok(Self { file, place: Place::Kept(place), path })
    }

    /// One that was [kept](Self::keep) before. None if there is none, or it is not one that was made for this
    /// path: a record is no reason to write anything else. What is in it is for the caller to compare.
    #[must_use]
    pub fn again(place: &KeptPlace, path: &Path) -> Option<Self> {
        let file = open_left(place, path)?;
        check_own(&file).ok()?;
        Some(Self { file, place: Place::Kept(place.path.clone()), path: path.to_owned() })
    }

    /// Removes one that was kept before, if it is the one that was made for this path: also if it has more
    /// names, or other permissions, by now.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn remove_left(place: &KeptPlace, path: &Path) -> io::Result<()> {
        let Some(file) = open_left(place, path) else { return Ok(()) };
        if check_own(&file).is_ok() || place.is_of(&file) {
            std::fs::remove_file(&place.path).map_err(|error| about(&place.path, &error))?;
        }
        Ok(())
    }

    /// To write to.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Puts it in its place.
    ///
    /// # Errors
    ///
    /// If it cannot be moved, as when there is a file that is not to be overwritten.
    pub fn finish(self, naming: Naming) -> io::Result<()> {
        let Self { file, place, path } = self;
        let permissions = naming.permissions.in_folder(folder_of(&path));
        let permissions = permissions.map_err(|error| about(&path, &error))?;
        file.sync_all().map_err(|error| about(&path, &error))?;
        let (place, is_kept) = match place {
            Place::Temporary(place) => (place, false),
            Place::Kept(place) => (TempPath::try_from_path(place)?, true),
        };
        let moved = match naming.existing {
            Existing::Overwritten => place.persist(&path),
            Existing::Kept => place.persist_noclobber(&path),
        };
        moved.map_err(|PathPersistError { error, path: place }| {
            if is_kept {
                // If it cannot be left where it is, it is removed.
                let _ = place.keep();
            }
            about(&path, &error)
        })?;
        // Now, as nobody goes on with a file that others can read. If it stays with its owner, that is no failure.
        let _ = permissions.map(|permissions| file.set_permissions(permissions));
        // It is complete under its name. Where folders cannot be made to last, that is no failure.
        let _ = File::open(folder_of(&path)).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// Nothing is left of it.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        match self.place {
            Place::Temporary(place) => place.close()?,
            Place::Kept(place) => std::fs::remove_file(place)?,
        }
        Ok(())
    }
}

/// How a file gets its name.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "no promises")]
pub struct Naming {
    /// What is there already.
    pub existing: Existing,
    /// Who may read it then.
    pub permissions: Permissions,
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "no promises")]
pub enum Existing {
    /// It is replaced.
    Overwritten,
    /// It stays, and the new one fails.
    Kept,
}

/// Who may read a file.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "no promises")]
pub enum Permissions {
    /// Its owner.
    OwnerAlone,
    /// Whom the umask says.
    Default,
}

impl Permissions {
    /// None if they are those that the file has.
    fn in_folder(self, folder: &Path) -> io::Result<Option<std::fs::Permissions>> {
        match self {
            Self::OwnerAlone => Ok(None),
            Self::Default => default_permissions(folder).map(Some),
        }
    }
}

/// Those of new files, by the umask, which cannot be read without changing it for all threads.
fn default_permissions(folder: &Path) -> io::Result<std::fs::Permissions> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    Ok(builder.tempfile_in(folder)?.as_file().metadata()?.permissions())
}

/// Where a file is kept that can be gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPlace {
    path: PathBuf,
    /// Which file it is, where that can be said.
    device: Option<u64>,
    inode: Option<u64>,
}

impl KeptPlace {
    /// Whether it is this very file, as far as that can be said.
    fn is_of(&self, file: &File) -> bool {
        let Ok(found) = file.metadata() else { return false };
        (self.device, self.inode) == identity(&found).unzip()
    }

    /// For a record. None if its name is no UTF-8.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        // JSON has no such large numbers.
        let text = |number: Option<u64>| number.map(|number| number.to_string());
        let (device, inode) = (text(self.device), text(self.inode));
        Some(json!({"path": self.path.to_str()?, "device": device, "inode": inode}))
    }

    /// What a record says.
    #[must_use]
    pub fn of_json(json: &Value) -> Option<Self> {
        let number = |name: &str| match &json[name] {
            Value::Null => Some(None),
            value => Some(Some(value.as_str()?.parse().ok()?)),
        };
        let path = PathBuf::from(json["path"].as_str()?);
        Some(Self { path, device: number("device")?, inode: number("inode")? })
    }
}

/// A file at such a place, if the place is one beside `path`.
fn open_left(place: &KeptPlace, path: &Path) -> Option<File> {
    let folder = folder_of(path).canonicalize().ok()?;
    let name = place.path.file_name()?.to_str()?;
    let is_ours = name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1);
    if place.path.parent() != Some(&folder) || !is_ours {
        return None;
    }
    let mut options = File::options();
    options.read(true).write(true);
    follow_no_link(&mut options);
    options.open(&place.path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
