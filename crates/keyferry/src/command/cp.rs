//! `keyferry cp`.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    args::Copy,
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
struct Copied {
    length: u64,
    etag: Option<String>,
}

/// By whoever knows the places.
fn copied(
    arguments: &Copy,
    format: Format,
    existing: Existing,
) -> Result<(String, Option<Copied>), Failure> {
    #[cfg(feature = "s3-sse-c")]
    if let Some(outcome) = crate::s3::copy::copy(arguments, format, existing) {
        let (target, copied) = outcome?;
        return Ok((
            target,
            copied.map(|copied| Copied { length: copied.length, etag: copied.etag }),
        ));
    }
    #[cfg(feature = "tencent-cos")]
    {
        let (target, copied) = crate::cos::copy::copy(arguments, format, existing)?;
        Ok((target, copied.map(|copied| Copied { length: copied.length, etag: copied.etag })))
    }
    #[cfg(not(feature = "tencent-cos"))]
    {
        // Without S3 as well there is nobody who wants them.
        let _ = (arguments, format, existing);
        Err(crate::input::without_cos())
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
