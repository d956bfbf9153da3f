//! Files that are being fetched, and are gone on with if that is interrupted.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use tempfile::TempPath;

use super::transfer::Resumable;
use crate::{
    failure::Failure,
    interrupt,
    output::{Decision, durable::sync_folder, exists, folder_of, unfinished},
};

/// A folder beside the place of a file, for what is fetched of it.
#[derive(Debug)]
pub(super) struct Partial {
    folder: PathBuf,
    target: PathBuf,
    record: PathBuf,
}

impl Partial {
    /// Makes it, or finds that of an earlier run.
    pub(super) fn new(target: &Path, transfer: &Resumable) -> Result<Self, Failure> {
        let folder = folder_of(target).join(unfinished::name_of(&transfer.id[..32]));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Failure::io(format!("cannot write {}", target.display()), &error));
            }
            _ => {}
        }
        let record = transfer.record.clone();
        Ok(Self { folder, target: target.to_owned(), record })
    }

    /// Where it is until it is complete.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("content")
    }

    /// Fetches it, and gives it its name.
    pub(super) fn fill<T>(
        self,
        decision: Decision,
        fetch: impl FnOnce(&Path) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let transfer = interrupt::Transfer {
            record: Some(self.record.clone()),
            partial: Some(self.folder.clone()),
        };
        let file = self.file();
        interrupt::during(transfer, || {
            let fetched = fetch(&file).and_then(|fetched| self.name(decision).map(|()| fetched));
            if !self.record.exists() {
                // What is left is of no use, or there is nothing left.
                let _ = fs::remove_dir_all(&self.folder);
            }
            fetched
        })
    }

    fn name(&self, decision: Decision) -> Result<(), Failure> {
        let name = self.target.display().to_string();
        let cannot = |error: &io::Error| Failure::io(format!("cannot write {name}"), error);
        let content = TempPath::try_from_path(self.file()).map_err(|error| cannot(&error))?;
        let target = &self.target;
        let named = match decision {
            Decision::Replace => content.persist(target),
            Decision::Create | Decision::Skip => content.persist_noclobber(target),
        };
        named.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => exists(&name),
            _ => cannot(&error.error),
        })?;
        // The file is complete under its name, so this is no failure any more.
        if let Err(error) = sync_folder(folder_of(target)) {
            crate::report::warning(&format!("{name} may not outlast a crash: {error}"));
        }
        Ok(())
    }
}
