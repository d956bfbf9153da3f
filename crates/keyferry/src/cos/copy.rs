//! Objects and files that are copied as they are.

use std::path::Path;

use crypto_envelope::blocking;
use crypto_envelope_tencent_cos::{CopyObject, CopySource, GetObject};

use super::{
    object::Object,
    transfer::{Transfer, etag_of},
};
use crate::{
    args::Copy,
    command::{Copied, Copies, CopyOutcome},
    failure::{Code, Failure},
    input::Source,
    output::{Audience, Decision, Destination, Existing},
    piped::Piped,
    place::Place,
    progress::Progress,
    remote::copy_all,
    report::Format,
    transfers,
};

/// Copies to COS, from there, or inside of it.
pub(crate) struct Copying<'a> {
    arguments: &'a Copy,
    format: Format,
    existing: Existing,
}

impl<'a> Copying<'a> {
    pub(crate) fn new(arguments: &'a Copy, format: Format, existing: Existing) -> Self {
        Self { arguments, format, existing }
    }

    fn object(&self, place: Place) -> Result<Object, Failure> {
        Object::new(&self.arguments.cos, place)
    }

    fn progress(&self) -> Progress {
        Progress::new(self.format, 1).next()
    }

    /// In parts that come at the same time.
    fn to_path(&self, object: &Object, path: &Path, decision: Decision) -> Result<u64, Failure> {
        let found = object.head()?;
        object.check_alone(&found)?;
        let wanted = GetObject::new(object.key.clone()).if_match(found.etag);
        let transfer = Transfer::new(path, object).deciding(decision).default_permissions();
        let transfer = self.resumable("download", transfer)?;
        let transfer = transfer.shown(self.progress().show(&object.name(), None));
        let read = transfer.down(|file| object.client.download_file(wanted, file))?;
        Ok(read.plaintext_length)
    }

    /// Unless nobody is to go on with it.
    fn resumable<'t>(
        &self,
        command: &str,
        transfer: Transfer<'t>,
    ) -> Result<Transfer<'t>, Failure> {
        if self.arguments.transfer.no_resume {
            return Ok(transfer);
        }
        transfer.resumable(command, [], self.format)
    }
}

impl Copies for Copying<'_> {
    fn inside(&self, source: Place, target: Place) -> CopyOutcome {
        if source == target {
            return Err(Failure::usage(format!("{source} is both source and target")));
        }
        let (source, target) = (self.object(source)?, self.object(target)?);
        let found = source.head()?;
        if found.length > LONGEST_COPY {
            let what = format!("{} is longer than 5 GiB, which COS copies at once", source.name());
            return Err(Failure::new(Code::Policy, what)
                .hint("copy it by way of a file, if it has no metadata"));
        }
        let decision = target.decide(self.existing)?;
        if decision == Decision::Skip {
            return Ok((target.name(), None));
        }
        let from = CopySource::new(source.client.endpoint(), source.key.clone())?;
        let call = CopyObject::new(from, target.key.clone()).if_match(found.etag.clone());
        let call = if decision.may_replace() { call } else { call.forbid_overwrite() };
        let copied = blocking::wait(target.client.call(call))?;
        if let (Some(one), Some(other)) = (copied.crc64, found.crc64)
            && one != other
        {
            let what = format!("COS has something else than what was sent to {}", target.name());
            return Err(Failure::new(Code::Integrity, what));
        }
        let etag = Some(copied.etag.unquoted().to_owned());
        Ok((target.name(), Some(Copied { length: found.length, etag })))
    }

    fn up(&self, source: &Source, target: Place) -> CopyOutcome {
        let object = self.object(target)?;
        let input = source.open()?;
        let decision = object.decide(self.existing)?;
        if decision == Decision::Skip {
            return Ok((object.name(), None));
        }
        let stored = object.stored(decision);
        let written = match source.path().filter(|_| input.is_file()) {
            None => {
                let reader = Piped::new(self.progress().watch(input));
                transfers::run(None, object.client.put_stream(stored, reader))?
            }
            Some(path) => {
                let shown = self.progress().show(&source.name(), input.length());
                let transfer = Transfer::new(&path, &object).opened(input.into_file()?);
                let transfer = self.resumable("upload", transfer)?.shown(shown);
                transfer.up(|file| object.client.upload_file(stored, file))?
            }
        };
        let etag = Some(etag_of(&written));
        Ok((object.name(), Some(Copied { length: written.stored_length, etag })))
    }

    fn down(
        &self,
        source: Place,
        destination: Destination,
        decision: Decision,
    ) -> Result<Copied, Failure> {
        let object = self.object(source)?;
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

/// In bytes.
const LONGEST_COPY: u64 = 5 << 30;
