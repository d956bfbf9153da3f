//! Objects and files that are copied as they are.

use std::{fs::File, path::Path};

use crypto_envelope::blocking;
use crypto_envelope_tencent_cos::{CopyObject, CopySource, ObjectProperties};

use super::{
    envelope, fetch,
    object::Object,
    partial::Partial,
    reader::{Interruptible, interruptibly},
    send,
    transfer::{Resumable, identity_of},
};
use crate::{
    args::Copy,
    failure::{Code, Failure},
    input::Source,
    interrupt,
    output::{Audience, Decision, Destination, Existing},
    place::CosPlace,
    progress::Progress,
    report::Format,
};

/// What was copied.
pub(crate) struct Copied {
    pub(crate) target: String,
    pub(crate) length: u64,
    pub(crate) etag: Option<String>,
}

/// Copies; none if the target is there and to be left alone.
pub(crate) fn copy(
    arguments: &Copy,
    format: Format,
    existing: Existing,
) -> Result<(String, Option<Copied>), Failure> {
    let source = CosPlace::parse_object(&arguments.source)?;
    let target = CosPlace::parse(&arguments.target)?;
    let copying = Copying { arguments, format, existing };
    match (source, target) {
        (Some(source), Some(target)) => {
            let target = named(target, source.name());
            copying.inside(source, target)
        }
        (None, Some(target)) => {
            let name = arguments.source.file_name().unwrap_or_default();
            let target = named(target, &name.to_string_lossy());
            copying.up(target)
        }
        (Some(source), None) => copying.down(source),
        (None, None) => {
            Err(Failure::usage("neither of them is in COS")
                .hint("objects in COS are cos://BUCKET/KEY"))
        }
    }
}

fn named(target: CosPlace, name: &str) -> CosPlace {
    if target.is_folder() { target.joined(name) } else { target }
}

struct Copying<'a> {
    arguments: &'a Copy,
    format: Format,
    existing: Existing,
}

type Outcome = Result<(String, Option<Copied>), Failure>;

impl Copying<'_> {
    fn object(&self, place: CosPlace) -> Result<Object, Failure> {
        Object::new(&self.arguments.cos.way, place)
    }

    fn progress(&self) -> Progress {
        Progress::new(self.format, 1).next()
    }

    /// Inside of COS, with all that is stored beside the bytes.
    fn inside(&self, source: CosPlace, target: CosPlace) -> Outcome {
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
        let call = if decision == Decision::Replace { call } else { call.forbid_overwrite() };
        let copied = blocking::wait(target.client.call(call))?;
        if let (Some(one), Some(other)) = (copied.crc64, found.crc64)
            && one != other
        {
            let what = format!("COS has something else than what was sent to {}", target.name());
            return Err(Failure::new(Code::Integrity, what));
        }
        let etag = Some(copied.etag.unquoted().to_owned());
        let (target, length) = (target.name(), found.length);
        Ok((target.clone(), Some(Copied { target, length, etag })))
    }

    /// From a file or standard input.
    fn up(&self, target: CosPlace) -> Outcome {
        let source = Source::named(&self.arguments.source);
        if source == Source::StandardInput && target.name() == "-" {
            return Err(Failure::usage("standard input has no name: say which object"));
        }
        let object = self.object(target)?;
        let input = source.open()?;
        let decision = object.decide(self.existing)?;
        if decision == Decision::Skip {
            return Ok((object.name(), None));
        }
        let path = source.path().filter(|_| input.is_file() && !self.arguments.cos.no_resume);
        let sent = match path {
            None => {
                let mut reader = Interruptible::new(self.progress().watch(input));
                interruptibly(|| send::stream(&object, &mut reader, decision))?
            }
            Some(path) => {
                let transfer = self.transfer(&path, &object)?;
                transfer.tell(self.format);
                let shown = self.progress().show(&source.name(), input.length());
                let file: File = input.into_file()?;
                let record = Some(transfer.record.clone());
                interrupt::during(interrupt::Transfer { record, partial: None }, || {
                    send::file(&object, &file, &transfer, decision, &shown)
                })?
            }
        };
        let (target, etag) = (object.name(), Some(sent.etag.unquoted().to_owned()));
        Ok((target.clone(), Some(Copied { target, length: sent.length, etag })))
    }

    /// To a file or standard output.
    fn down(&self, source: CosPlace) -> Outcome {
        let target = &self.arguments.target;
        let path = if target.is_dir() { target.join(source.name()) } else { target.clone() };
        let destination = Destination::named(&path)?;
        let decision = destination.decide(self.existing)?;
        let name = destination.to_string();
        if decision == Decision::Skip {
            return Ok((name, None));
        }
        let object = self.object(source)?;
        let found = object.head()?;
        check_metadata(&object, &found)?;
        let shown = self.progress().show(&object.name(), Some(found.length));
        let length = match &destination {
            Destination::File(path) if !self.arguments.cos.no_resume => {
                self.to_path(&object, &found, path, decision, &shown)?
            }
            _ => {
                let output = destination.open(decision, Audience::Everybody)?;
                fetch::to_output(&object, output, &shown)?
            }
        };
        Ok((name.clone(), Some(Copied { target: name, length, etag: None })))
    }

    fn to_path(
        &self,
        object: &Object,
        found: &ObjectProperties,
        path: &Path,
        decision: Decision,
        shown: &crate::progress::Shown,
    ) -> Result<u64, Failure> {
        let transfer = self.transfer(path, object)?;
        transfer.tell(self.format);
        let partial = Partial::new(path, &transfer)?;
        partial.fill(decision, |file| fetch::to_file(object, found, file, &transfer, shown))
    }

    fn transfer(&self, path: &Path, object: &Object) -> Result<Resumable, Failure> {
        let direction =
            if CosPlace::parse(&self.arguments.source)?.is_some() { "down" } else { "up" };
        let mut identity = vec![format!("cp {direction}"), identity_of(path)];
        identity.extend(object.identity());
        Resumable::new(&identity)
    }
}

/// A file has no place for wrapped keys.
fn check_metadata(object: &Object, found: &ObjectProperties) -> Result<(), Failure> {
    // What cannot be read is lost as well. Objects with an instruction file have some of it, too.
    let names = found.metadata.user.keys();
    let are_about_it = names.into_iter().any(|name| name.starts_with(OF_ENCRYPTION));
    if !are_about_it && matches!(envelope::of(found), Ok(None)) {
        return Ok(());
    }
    let name = object.name();
    let what = format!("what opens {name} stands beside it in COS, and not in a file");
    Err(Failure::new(Code::Policy, what).hint(
        "keyferry decrypt takes the plaintext, and keyferry cp to cos://BUCKET/KEY keeps the metadata",
    ))
}

const OF_ENCRYPTION: &str = "client-side-encryption-";
/// In bytes.
const LONGEST_COPY: u64 = 5 << 30;
