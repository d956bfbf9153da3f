//! A backup of a folder in an object store. Each file is streamed into an object of its own, in bounded memory, and a
//! manifest, which is stored last, says which message each of them has to be. Who keeps the backup can neither read it,
//! nor what the files are called, nor put back an older file unnoticed.
//!
//! The store is another folder here; any one of `object_store` will do.

use std::{
    error::Error,
    fs, io,
    path::{Component, Path},
    sync::Arc,
};

use crypto_envelope::{MessageId, SecretBytes, provider::RawAesProvider};
use crypto_envelope_object_store::{
    EncryptedStore, Error as StoreError, ExpectedMessage, Receipt,
    object_store::{
        self, Extensions, GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
        buffered::BufWriter, local::LocalFileSystem, path::Path as Location,
    },
};
use futures_util::TryStreamExt;
use tempfile::NamedTempFile;
use tokio::{
    fs::File,
    io::{AsyncWriteExt, BufReader},
};

type Done<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let (source, kept, target) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
    fill(source.path())?;
    let raw = Arc::new(LocalFileSystem::new_with_prefix(kept.path())?);
    // In earnest, a key service holds the key; see `AwsKmsProvider` and the like.
    let provider = RawAesProvider::new("backups", "key-1", &SecretBytes::random(32)?)?;
    let encrypted = EncryptedStore::new(Arc::clone(&raw), provider)?;
    let backup = Backup { store: Arc::new(encrypted), snapshot: "2026-07-01".to_owned() };

    // A first attempt stops after the first file, which then changes.
    backup.upload(&backup.file(0), &source.path().join("accounts.csv")).await?;
    let older = raw.get(&backup.file(0)).await?.bytes().await?;
    fs::write(source.path().join("accounts.csv"), "alice;200\n")?;

    // What to remember, in a safe place, is this: all others are in the manifest.
    let manifest = backup.store_folder(source.path()).await?;
    assert!(backup.store_folder(source.path()).await.is_err(), "there is such a snapshot");

    backup.restore(manifest, target.path()).await?;
    assert_eq!(names_below(target.path())?, names_below(source.path())?);
    for name in names_below(source.path())? {
        let (was, is) = (source.path().join(&name), target.path().join(&name));
        assert_eq!(fs::read(was)?, fs::read(is)?, "{name}");
    }

    // Who keeps the backup sees neither names nor contents.
    for name in names_below(kept.path())? {
        let bytes = fs::read(kept.path().join(&name))?;
        let shows = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!name.contains("accounts") && !shows(b"accounts") && !shows(b"alice"), "{name}");
    }

    // That of the first attempt is genuine, and stood under this very name: it is not what the manifest says.
    raw.put(&backup.file(0), older.into()).await?;
    let target = tempfile::tempdir()?;
    let refused = backup.restore(manifest, target.path()).await.expect_err("an older file");
    let refused = refused.downcast::<object_store::Error>()?;
    assert!(matches!(StoreError::of(&refused), Some(StoreError::OtherMessage { .. })));
    Ok(())
}

/// One snapshot of a folder, which one program makes at a time: of two, one would write over files of the other one, and
/// what is restored would be refused.
struct Backup {
    store: Arc<dyn ObjectStore>,
    /// Of its own for each, once it is complete: what is stored under a name is bound to it, and cannot stand in for the
    /// same file of another one.
    snapshot: String,
}

impl Backup {
    /// Stores all files of a folder, one after the other, and last of all the manifest, without which there is no
    /// snapshot. Returns which message that is.
    async fn store_folder(&self, folder: &Path) -> Done<MessageId> {
        match self.store.head(&self.manifest()).await {
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(format!("there is a snapshot {}", self.snapshot).into()),
        }
        let mut entries = Vec::new();
        for (number, name) in names_below(folder)?.into_iter().enumerate() {
            let message = self.upload(&self.file(number), &folder.join(&name)).await?;
            entries.push((name, message.to_string()));
        }
        let (receipt, extensions) = receipt();
        // Not in place of one that somebody else wrote meanwhile.
        let options = PutOptions { mode: PutMode::Create, extensions, ..PutOptions::default() };
        let manifest = serde_json::to_vec(&entries)?;
        self.store.put_opts(&self.manifest(), manifest.into(), options).await?;
        receipt.message_id().ok_or_else(|| "the manifest has no id".into())
    }

    /// Streams a file into an object: in one request if it is short, else in parts. There is no object unless all of
    /// it was read.
    async fn upload(&self, location: &Location, path: &Path) -> Done<MessageId> {
        let (receipt, extensions) = receipt();
        let mut file = BufReader::with_capacity(1 << 20, File::open(path).await?);
        let mut object = BufWriter::with_capacity(Arc::clone(&self.store), location.clone(), PART)
            .with_max_concurrency(PARTS_AT_ONCE)
            .with_extensions(extensions);
        if let Err(error) = tokio::io::copy_buf(&mut file, &mut object).await {
            object.abort().await?;
            return Err(error.into());
        }
        object.shutdown().await?;
        receipt.message_id().ok_or_else(|| "the object has no id".into())
    }

    /// Restores all files of the snapshot whose manifest is this message.
    async fn restore(&self, manifest: MessageId, folder: &Path) -> Done<()> {
        let manifest = self.get(&self.manifest(), manifest).await?.bytes().await?;
        let entries = serde_json::from_slice::<Vec<(String, String)>>(&manifest)?;
        for (number, (name, message)) in entries.iter().enumerate() {
            let object = self.get(&self.file(number), message.parse()?).await?;
            // Who wrote it had the key; a name still must not lead elsewhere.
            let mut parts = Path::new(name).components().peekable();
            if parts.peek().is_none() || !parts.all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("not a name below a folder: {name}").into());
            }
            restore_file(object, &folder.join(name)).await?;
        }
        Ok(())
    }

    /// The object, if it is this very message.
    async fn get(
        &self,
        location: &Location,
        message: MessageId,
    ) -> object_store::Result<GetResult> {
        let mut options = GetOptions::default();
        options.extensions.insert(ExpectedMessage(message));
        self.store.get_opts(location, options).await
    }

    fn manifest(&self) -> Location {
        Location::from_iter([&*self.snapshot, "manifest"])
    }

    /// Numbers, as names of files can be secrets too.
    fn file(&self, number: usize) -> Location {
        Location::from_iter([&*self.snapshot, "files", &format!("{number:08}")])
    }
}

/// Writes a file that has its name when all of it is there and verified, and is gone otherwise.
async fn restore_file(object: GetResult, path: &Path) -> Done<()> {
    let folder = path.parent().ok_or("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    let (file, temporary) = NamedTempFile::new_in(folder)?.into_parts();
    let mut file = File::from_std(file);
    let mut pieces = object.into_stream();
    while let Some(piece) = pieces.try_next().await? {
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    temporary.persist(path)?;
    Ok(())
}

/// Learns which message is stored with these extensions.
fn receipt() -> (Receipt, Extensions) {
    let (receipt, mut extensions) = (Receipt::new(), Extensions::new());
    extensions.insert(receipt.clone());
    (receipt, extensions)
}

/// All files below a folder, as paths from there, in order. Links are left out.
fn names_below(folder: &Path) -> io::Result<Vec<String>> {
    let (mut names, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let (entry, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            if kind.is_dir() {
                folders.push(entry);
            } else if kind.is_file() {
                let name = entry.strip_prefix(folder).map_err(io::Error::other)?;
                names.push(name.to_str().ok_or_else(|| io::Error::other("not UTF-8"))?.to_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

/// What there is to back up.
fn fill(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("photos/2025"))?;
    fs::write(folder.join("accounts.csv"), "alice;100\n")?;
    fs::write(folder.join("photos/empty"), "")?;
    let photo = (0..5_u32 << 20).flat_map(u32::to_le_bytes).collect::<Vec<_>>();
    fs::write(folder.join("photos/2025/50% of a photo.raw"), photo)
}

/// Plaintext that is sent in one request.
const PART: usize = 8 << 20;
/// So many parts are on their way at the same time, and in memory.
const PARTS_AT_ONCE: usize = 2;
