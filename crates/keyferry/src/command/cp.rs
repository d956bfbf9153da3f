//! `keyferry cp`.

use std::path::Path;

use serde_json::json;

use crate::{
    args::Copy,
    cos::copy::{Copied, copy},
    failure::Failure,
    output::Existing,
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
    let (target, copied) = copy(arguments, format, existing)?;
    let source = arguments.source.display();
    match (format, copied) {
        (Format::Nothing, _) => Ok(()),
        (Format::Text, Some(Copied { target, length, .. })) => {
            report::say(&format!("copied {source} -> {target} ({length} bytes)"));
            Ok(())
        }
        (Format::Text, None) => {
            report::say(&format!("skipped {source}: {target} exists already"));
            Ok(())
        }
        (Format::Json, copied) => {
            let status = if copied.is_some() { "done" } else { "skipped" };
            let length = copied.as_ref().map(|copied| copied.length);
            let etag = copied.and_then(|copied| copied.etag);
            let record = json!({
                "operation": "cp",
                "input": source.to_string(),
                "output": target,
                "status": status,
                "length": length,
                "etag": etag,
            });
            if arguments.target == Path::new("-") {
                report::say_json(&record)
            } else {
                report::print_json(&record)
            }
        }
    }
}
