//! Objects and files that are copied as they are.

use std::path::{Path, PathBuf};

use crypto_envelope_s3_sse_c::{CopyWays, Download, ObjectCopy, Upload};

use super::{
    Access, Object,
    identity::identity_of,
    object::{advance, bare},
    run,
};
use crate::{
    args::{Copy, S3CopyWay},
    command::{Copied, Copies, CopyOutcome},
    failure::Failure,
    input::Source,
    output::{Audience, Decision, Destination, Existing},
    piped::Piped,
    place::Place,
    progress::{Progress, Shown},
    remote::copy_all,
    report::Format,
    transfers::{failure_of_download, record_of},
};

/// Copies to S3, from there, or inside of it.
pub(crate) struct Copying<'a> {
    arguments: &'a Copy,
    format: Format,
    existing: Existing,
    access: Access<'a>,
}

impl<'a> Copying<'a> {
    pub(crate) fn new(arguments: &'a Copy, format: Format, existing: Existing) -> Self {
        Self { arguments, format, existing, access: Access::new(&arguments.s3) }
    }

    fn progress(&self) -> Progress {
        Progress::new(self.format, 1).next()
    }

    fn show(&self, name: &str, length: Option<u64>) -> Shown {
        self.progress().show(name, length)
    }

    /// In parts that come at the same time.
    fn to_path(&self, object: &Object, path: &Path, decision: Decision) -> Result<u64, Failure> {
        let record = self.record("download", path, object)?;
        let shown = self.show(&object.name(), None);
        let download = Download::file(path)
            .default_permissions()
            .on_progress(move |bytes| advance(&shown, bytes));
        match object.download(download, decision, record.as_deref()) {
            Ok(downloaded) => Ok(downloaded.size),
            Err(error) => Err(failure_of_download(error, path, &object.name())),
        }
    }

    /// Unless nobody is to go on with it.
    fn record(
        &self,
        command: &str,
        path: &Path,
        object: &Object,
    ) -> Result<Option<PathBuf>, Failure> {
        if self.arguments.transfer.no_resume {
            return Ok(None);
        }
        let identity = identity_of(object, &self.arguments.s3.way)?;
        record_of(command, path, identity, self.format).map(Some)
    }
}

impl Copies for Copying<'_> {
    fn inside(&self, source: Place, target: Place) -> CopyOutcome {
        if source == target {
            return Err(Failure::usage(format!("{source} is both source and target"))
                .hint("keyferry rotate puts it under another key"));
        }
        let (source, target) = (self.access.source(source)?, self.access.target(target)?);
        let decision = target.decide(self.existing)?;
        let name = target.name();
        if decision == Decision::Skip {
            return Ok((name, None));
        }
        let shown = self.show(&name, None);
        let (from, to) = (source.place(), target.place());
        let mut copy = ObjectCopy::new(from, source.protection, to, target.protection)
            .ways(self.arguments.copying.s3_copy.into())
            .on_progress(move |bytes| advance(&shown, bytes));
        if !decision.may_replace() {
            copy = copy.forbid_overwrite();
        }
        let client = target.client;
        let copied = run(None, async move { client.copy(copy).await })?;
        let etag = bare(copied.etag.as_deref());
        Ok((name, Some(Copied { length: copied.size, etag })))
    }

    fn up(&self, source: &Source, target: Place) -> CopyOutcome {
        let object = self.access.target(target)?;
        let input = source.open()?;
        let decision = object.decide(self.existing)?;
        if decision == Decision::Skip {
            return Ok((object.name(), None));
        }
        let shown = self.show(&source.name(), input.length());
        let (upload, record) = match source.path().filter(|_| input.is_file()) {
            Some(path) => {
                let record = self.record("upload", &path, &object)?;
                (Upload::opened(path, input.into_file()?), record)
            }
            None => (Upload::stream(Piped::new(input)), None),
        };
        let upload = upload.on_progress(move |bytes| advance(&shown, bytes));
        let stored = object.store(upload, decision, record.as_deref())?;
        let etag = bare(stored.etag.as_deref());
        Ok((object.name(), Some(Copied { length: stored.size, etag })))
    }

    fn down(
        &self,
        source: Place,
        destination: Destination,
        decision: Decision,
    ) -> Result<Copied, Failure> {
        let object = self.access.source(source)?;
        let length = match destination {
            Destination::File(path) => self.to_path(&object, &path, decision)?,
            destination => {
                let mut output = destination.open(decision, Audience::Everybody)?;
                let length = copy_all(object.open(self.progress())?, &mut output)?;
                output.commit()?;
                length
            }
        };
        Ok(Copied { length, etag: None })
    }
}

impl From<S3CopyWay> for CopyWays {
    fn from(way: S3CopyWay) -> Self {
        match way {
            S3CopyWay::Any => Self::Any,
            S3CopyWay::Server => Self::OnServer,
            S3CopyWay::Here => Self::ThroughHere,
        }
    }
}
