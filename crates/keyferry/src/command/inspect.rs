//! `keyferry inspect`.

use std::io::Read;

use serde_json::Value;

#[cfg(feature = "tencent-cos")]
use crate::cos::inspect::ObjectClaims;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use crate::place::Cloud;
#[cfg(feature = "s3-sse-c")]
use crate::s3::{Access, inspect::MessageClaims};
use crate::{
    args::Inspect,
    failure::Failure,
    failures::Failures,
    input::Source,
    progress::Progress,
    report::{self, Claims, Depth, Format},
    walk::{Findings, Found, Recursion},
};

pub(super) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let Findings { found, not_taken, .. } = findings(arguments)?;
    let format = if arguments.json { Format::Json } else { Format::Text };
    let mut failures = Failures::new(found.len() + not_taken.len());
    for one in not_taken {
        failures.add(one.failure);
    }
    let mut progress = Progress::new(format, found.len());
    let inspection = Inspection {
        arguments,
        format,
        #[cfg(feature = "s3-sse-c")]
        s3: Access::to_read(&arguments.s3, &arguments.sse_c),
    };
    for Found { source, .. } in &found {
        progress = progress.next();
        match inspection.said(source, progress) {
            Ok(Said::Json(value)) => report::print_json(&value)?,
            Ok(Said::Text(text)) => report::print(&text)?,
            Err(failure) => failures.add(failure),
        }
    }
    failures.result()
}

fn findings(arguments: &Inspect) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    let recursion = if arguments.recursive { Recursion::On } else { Recursion::Off };
    match &arguments.inputs[..] {
        [] => findings.found.push(Found::standard_input()),
        [input] if input == "-" => findings.found.push(Found::standard_input()),
        inputs => inputs.iter().try_for_each(|input| findings.add(input, recursion))?,
    }
    Ok(findings)
}

/// What is printed of a message.
enum Said {
    Json(Value),
    Text(String),
}

/// What is the same for all that is looked into.
struct Inspection<'a> {
    arguments: &'a Inspect,
    format: Format,
    #[cfg(feature = "s3-sse-c")]
    s3: Access<'a>,
}

impl Inspection<'_> {
    fn said(&self, source: &Source, progress: Progress) -> Result<Said, Failure> {
        match source {
            #[cfg(feature = "tencent-cos")]
            Source::Object(place) if place.cloud == Cloud::Cos => {
                let claims = ObjectClaims::of(place, self.arguments, progress)?;
                Ok(self.say(|| claims.to_json(), || claims.to_text()))
            }
            #[cfg(feature = "s3-sse-c")]
            Source::Object(place) if place.cloud == Cloud::S3 => {
                let claims = MessageClaims::of(&self.s3, place, self.arguments, progress)?;
                Ok(self.say(|| claims.to_json(), || claims.to_text()))
            }
            source => {
                let claims = claims(source, self.arguments, progress)?;
                Ok(self.say(|| claims.to_json(), || claims.to_text()))
            }
        }
    }

    fn say(&self, json: impl FnOnce() -> Value, text: impl FnOnce() -> String) -> Said {
        match self.format {
            Format::Json => Said::Json(json()),
            _ => Said::Text(text()),
        }
    }
}

fn claims(source: &Source, arguments: &Inspect, progress: Progress) -> Result<Claims, Failure> {
    let input = source.open()?;
    let input = if arguments.decode { input.decoded() } else { input };
    let (name, length, depth) = (input.name(), input.length(), arguments.into());
    let reader: Box<dyn Read> = match depth {
        Depth::Header => Box::new(input),
        Depth::All => Box::new(progress.watch(input)),
    };
    Claims::read(name, reader, depth, length)
}
