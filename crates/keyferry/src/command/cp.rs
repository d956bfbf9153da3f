//! `keyferry cp`.

use std::path::Path;

use serde_json::{Value, json};

#[cfg(feature = "tencent-cos")]
use crate::cos::copy as cos;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use crate::place::Cloud;
#[cfg(feature = "s3-sse-c")]
use crate::s3::copy as s3;
use crate::{
    args::Copy,
    failure::Failure,
    input::Source,
    output::{Decision, Destination, Existing},
    place::Place,
    report::{self, Format},
};

pub(super) fn run(arguments: &Copy) -> Result<(), Failure> {
    let format = match arguments {
        Copy { quiet: true, .. } => Format::Nothing,
        Copy { json: true, .. } => Format::Json,
        _ => Format::Text,
    };
    let existing = match arguments {
        Copy { force: true, .. } => Existing::Replace,
        Copy { skip_existing: true, .. } => Existing::Skip,
        _ => Existing::Keep,
    };
    let copied = copied(arguments, format, existing);
    let source = arguments.source.display();
    match (format, &copied) {
        (Format::Nothing, _) | (Format::Text, Err(_)) => {}
        (Format::Text, Ok((target, Some(copied)))) => {
            report::say(&format!("copied {source} -> {target} ({} bytes)", copied.length));
        }
        (Format::Text, Ok((target, None))) => {
            report::say(&format!("skipped {source}: {target} exists already"));
        }
        (Format::Json, copied) => say_json(arguments, &record(arguments, copied))?,
    }
    copied.map(drop)
}

/// What was copied.
pub(crate) struct Copied {
    pub(crate) length: u64,
    /// Of an object that was written.
    pub(crate) etag: Option<String>,
}

/// The target, and what was copied there: nothing, if it is there and to be left alone.
pub(crate) type CopyOutcome = Result<(String, Option<Copied>), Failure>;

/// Copies objects of one cloud.
pub(crate) trait Copies {
    /// Inside of it, with all that is stored beside the bytes.
    fn inside(&self, source: Place, target: Place) -> CopyOutcome;

    /// From a file or standard input.
    fn up(&self, source: &Source, target: Place) -> CopyOutcome;

    /// To a file or standard output.
    fn down(
        &self,
        source: Place,
        destination: Destination,
        decision: Decision,
    ) -> Result<Copied, Failure>;
}

/// By whoever knows the places.
fn copied(arguments: &Copy, format: Format, existing: Existing) -> CopyOutcome {
    let source = Place::parse_object(&arguments.source)?;
    match (source, Place::parse(&arguments.target)?) {
        (Some(source), Some(target)) if source.cloud != target.cloud => {
            let (from, to) = (source.cloud.name(), target.cloud.name());
            Err(Failure::usage(format!("objects are not copied from {from} to {to}"))
                .hint("by a pipe: keyferry cp SOURCE - --quiet | keyferry cp - TARGET"))
        }
        (Some(source), Some(target)) => {
            let target = target.named(source.name());
            copier(&target, arguments, format, existing)?.inside(source, target)
        }
        (None, Some(target)) => {
            let source = Source::named(&arguments.source);
            if source == Source::StandardInput && target.is_folder() {
                return Err(Failure::usage("standard input has no name: say which object"));
            }
            let name = arguments.source.file_name().unwrap_or_default().to_string_lossy();
            let target = target.named(&name);
            copier(&target, arguments, format, existing)?.up(&source, target)
        }
        (Some(source), None) => {
            let copier = copier(&source, arguments, format, existing)?;
            let path = &arguments.target;
            let path = if path.is_dir() { &path.join(source.name()) } else { path };
            let destination = Destination::named(path)?;
            let (name, decision) = (destination.to_string(), destination.decide(existing)?);
            if decision == Decision::Skip {
                return Ok((name, None));
            }
            Ok((name, Some(copier.down(source, destination, decision)?)))
        }
        (None, None) => Err(Failure::usage("neither of them is in COS or S3")
            .hint("objects are cos://BUCKET/KEY and s3://BUCKET/KEY")),
    }
}

#[cfg_attr(
    all(feature = "s3-sse-c", feature = "tencent-cos"),
    expect(clippy::unnecessary_wraps, reason = "with less features there are clouds without")
)]
fn copier<'a>(
    place: &Place,
    arguments: &'a Copy,
    format: Format,
    existing: Existing,
) -> Result<Box<dyn Copies + 'a>, Failure> {
    match place.cloud {
        #[cfg(feature = "tencent-cos")]
        Cloud::Cos => Ok(Box::new(cos::Copying::new(arguments, format, existing))),
        #[cfg(feature = "s3-sse-c")]
        Cloud::S3 => Ok(Box::new(s3::Copying::new(arguments, format, existing))),
        #[cfg(not(all(feature = "s3-sse-c", feature = "tencent-cos")))]
        _ => {
            // Without any there is nobody who wants them.
            let _ = (arguments, format, existing);
            Err(place.unreachable())
        }
    }
}

fn say_json(arguments: &Copy, record: &Value) -> Result<(), Failure> {
    if arguments.target == Path::new("-") {
        report::say_json(record)
    } else {
        report::print_json(record)
    }
}

fn record(arguments: &Copy, copied: &Result<(String, Option<Copied>), Failure>) -> Value {
    let mut record = match copied {
        Ok((target, Some(Copied { length, etag }))) => {
            json!({ "status": "done", "output": target, "length": length, "etag": etag })
        }
        Ok((target, None)) => json!({ "status": "skipped", "output": target, "reason": "exists" }),
        Err(failure) => json!({
            "status": "failed",
            "output": arguments.target.display().to_string(),
            "error": failure.text(),
            "exit_code": failure.code() as u8,
        }),
    };
    record["operation"] = json!("cp");
    record["input"] = json!(arguments.source.display().to_string());
    record
}
