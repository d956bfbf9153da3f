//! A key ring in a file.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use crypto_envelope::{Error, Result, service};
use crypto_envelope_transfer::own::{folder_of, identity, lock_within};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::{
    document::MAX_BYTES,
    place::{Placed, Revision, RingPlace, StoredRing},
};

/// A [key ring](crate::KeyRing) in a file, for all processes that have its folder.
///
/// The file is replaced as a whole, after what is new is on the disk; a crash leaves the old one or the new one.
/// Those who replace it take turns by a lock on `NAME.lock` beside it, which stays there. On a network file system
/// this is as good as its locks are. A new file is for its owner alone, and one that is replaced keeps its mode:
/// the roots in it are wrapped, so it may be read by all who use the ring. What is no regular file is refused, a
/// symbolic link too.
#[derive(Clone, Debug)]
pub struct FileRing {
    path: PathBuf,
}

impl FileRing {
    /// In the file of this name.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read_here(&self) -> io::Result<Option<(Vec<u8>, Metadata)>> {
        for _ in 0..MOST_TRIES {
            let Some(expected) = metadata_of(&self.path)? else { return Ok(None) };
            let file = match File::open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            };
            let metadata = file.metadata()?;
            // Else somebody replaced it in between, by another ring or by a link to something else.
            if is_same(&expected, &metadata) {
                let mut bytes = Vec::new();
                file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
                return Ok(Some((bytes, metadata)));
            }
        }
        Err(io::Error::other("the file is replaced again and again while it is opened"))
    }

    fn create_here(&self, ring: &[u8]) -> io::Result<Placed> {
        let file = self.written(ring, None)?;
        match file.persist_noclobber(&self.path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(Placed::Lost);
            }
            Err(error) => return Err(error.error),
        }
        self.sync_folder()?;
        Ok(Placed::Done)
    }

    fn replace_here(&self, ring: &[u8], revision: &Revision) -> io::Result<Placed> {
        // Until the end.
        let _lock = self.lock()?;
        let Some((found, metadata)) = self.read_here()? else { return Ok(Placed::Lost) };
        if revision_of(&found) != *revision {
            return Ok(Placed::Lost);
        }
        let file = self.written(ring, Some(&metadata))?;
        file.persist(&self.path).map_err(|error| error.error)?;
        self.sync_folder()?;
        Ok(Placed::Done)
    }

    /// A file beside it with this content, which is on the disk.
    fn written(&self, ring: &[u8], like: Option<&Metadata>) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::with_prefix_in(".ring-", self.folder())?;
        file.write_all(ring)?;
        if let Some(metadata) = like {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        file.as_file().sync_all()?;
        Ok(file)
    }

    fn lock(&self) -> io::Result<File> {
        let mut name = self.path.file_name().map(OsString::from).unwrap_or_default();
        name.push(".lock");
        let path = self.path.with_file_name(name);
        let before = metadata_of(&path)?;
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let (opened, named) = (file.metadata()?, metadata_of(&path)?);
        let is_there = named.is_some_and(|named| is_same(&named, &opened));
        if !is_there || before.as_ref().is_some_and(|before| !is_same(before, &opened)) {
            return Err(io::Error::other("the lock was replaced while it was opened"));
        }
        if before.is_none()
            && let Some(ring) = metadata_of(&self.path)?
        {
            // Whoever may read a file can lock it: nobody more than those who may read the ring.
            file.set_permissions(ring.permissions())?;
        }
        match lock_within(&file, LONGEST_WAIT) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::Error::new(
                error.kind(),
                format!(
                    "another process has the lock {} and does not come to an end",
                    path.display()
                ),
            )),
            locked => locked.map(|()| file),
        }
    }

    /// Without its name on the disk too, the ring could be gone after a crash.
    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(self.folder())?.sync_all()?;
        Ok(())
    }

    fn folder(&self) -> &Path {
        folder_of(&self.path)
    }
}

#[async_trait]
impl RingPlace for FileRing {
    async fn read(&self) -> Result<Option<StoredRing>> {
        let found = self.clone().off(Self::read_here).await?;
        Ok(found.map(|(bytes, _)| {
            let revision = revision_of(&bytes);
            StoredRing::new(bytes, revision)
        }))
    }

    async fn create(&self, ring: &[u8]) -> Result<Placed> {
        let ring = ring.to_vec();
        self.clone().off(move |place| place.create_here(&ring)).await
    }

    async fn replace(&self, ring: &[u8], revision: &Revision) -> Result<Placed> {
        let (ring, revision) = (ring.to_vec(), revision.clone());
        self.clone().off(move |place| place.replace_here(&ring, &revision)).await
    }

    fn describe(&self) -> String {
        format!("the file {}", self.path.display())
    }

    fn how_to_restore(&self) -> String {
        format!("cp BACKUP {}", self.path.display())
    }
}

impl FileRing {
    /// Does it on a thread that may block. What was begun comes to its end, whether somebody waits or not.
    async fn off<T: Send + 'static>(
        self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let begun = async move { tokio::task::spawn_blocking(move || work(&self)).await };
        let done = service::run(begun).await?;
        let done = done.map_err(|_| Error::Io(io::Error::other("the work at a file panicked")))?;
        done.map_err(Error::Io)
    }
}

/// Of the file itself, which must be a regular one. None if there is none.
fn metadata_of(path: &Path) -> io::Result<Option<Metadata>> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if metadata.is_file() {
        return Ok(Some(metadata));
    }
    let kind = if metadata.is_symlink() { "a symbolic link" } else { "no regular file" };
    let message = format!("{} is {kind}, and a key ring is in a file of its own", path.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// Whether both are of one file, as far as the system says.
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    identity(one) == identity(other)
}

/// The SHA-256 of what is there.
fn revision_of(bytes: &[u8]) -> Revision {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Revision::new(digest)
}

/// For who is changing the ring.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Until a file is given up that is replaced each time.
const MOST_TRIES: usize = 16;

#[cfg(test)]
mod tests;
