//! Transfers that can be interrupted, and where it is written down how far they are.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crypto_envelope_tencent_cos::{FileTransfer, WrittenObject};

use super::object::Object;
use crate::{
    failure::Failure,
    output::Decision,
    progress::Shown,
    report::Format,
    transfers::{Outcome, failure_of_download, record_of, run},
};

/// A file that goes to an object, or comes from there.
pub(super) struct Transfer<'t> {
    path: &'t Path,
    object: &'t Object,
    file: FileTransfer,
    record: Option<PathBuf>,
}

impl<'t> Transfer<'t> {
    pub(super) fn new(path: &'t Path, object: &'t Object) -> Self {
        Self { path, object, file: FileTransfer::new(path), record: None }
    }

    /// The same command goes on with it. `more` is what else tells it from others.
    pub(super) fn resumable(
        self,
        command: &str,
        more: impl IntoIterator<Item = String>,
        format: Format,
    ) -> Result<Self, Failure> {
        let identity = self.object.identity().into_iter().chain(more);
        let record = record_of(command, self.path, identity, format)?;
        Ok(Self { file: self.file.resumable(&record), record: Some(record), ..self })
    }

    /// An upload of what is open already.
    pub(super) fn opened(self, file: File) -> Self {
        Self { file: self.file.opened(file), ..self }
    }

    /// A download that replaces what was decided.
    pub(super) fn deciding(self, decision: Decision) -> Self {
        let file = self.file;
        let file = if decision.may_replace() { file } else { file.forbid_overwrite() };
        Self { file, ..self }
    }

    /// A download that others may read as any file.
    pub(super) fn default_permissions(self) -> Self {
        Self { file: self.file.default_permissions(), ..self }
    }

    /// People see how far it is.
    pub(super) fn shown(self, shown: Shown) -> Self {
        let told = move |progress: crypto_envelope_tencent_cos::Progress| {
            shown.set(progress.done, progress.total);
        };
        Self { file: self.file.on_progress(told), ..self }
    }

    /// Does it as `upload` does.
    pub(super) fn up<F>(self, upload: impl FnOnce(FileTransfer) -> F) -> Result<F::Done, Failure>
    where
        F: Outcome,
    {
        Ok(run(self.record.as_deref(), upload(self.file))?)
    }

    /// Does it as `download` does.
    pub(super) fn down<F>(
        self,
        download: impl FnOnce(FileTransfer) -> F,
    ) -> Result<F::Done, Failure>
    where
        F: Outcome,
    {
        let Self { path, object, file, record } = self;
        run(record.as_deref(), download(file))
            .map_err(|error| failure_of_download(error, path, &object.name()))
    }
}

/// The entity tag of an object, as people write it.
pub(super) fn etag_of(written: &WrittenObject) -> String {
    written.etag.unquoted().to_owned()
}
