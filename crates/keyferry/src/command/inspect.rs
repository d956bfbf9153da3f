//! `keyferry inspect`.

use std::path::PathBuf;

use crypto_envelope::{HeaderParser, Limits, io};

use crate::{
    args::Inspect,
    failure::Failure,
    failures::Failures,
    input::Source,
    progress::Progress,
    report::{self, Claims, Format},
    walk,
};

pub(super) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let sources = sources(&arguments.inputs)?;
    let format = if arguments.json { Format::Json } else { Format::Text };
    let mut failures = Failures::new(sources.len());
    let mut progress = Progress::new(format, sources.len());
    for source in &sources {
        progress = progress.next();
        match claims(source, arguments, progress) {
            Ok(claims) if format == Format::Json => report::print_json(&claims.to_json())?,
            Ok(claims) => report::print(&claims.to_text())?,
            Err(failure) => failures.add(failure),
        }
    }
    failures.result()
}

fn sources(inputs: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    if inputs.is_empty() {
        return Ok(vec![Source::StandardInput]);
    }
    let mut sources = Vec::new();
    for input in inputs {
        sources.extend(walk::matches(input)?.iter().map(|path| Source::named(path)));
    }
    Ok(sources)
}

fn claims(source: &Source, arguments: &Inspect, progress: Progress) -> Result<Claims, Failure> {
    let input = source.open()?;
    let input = if arguments.decode { input.decoded() } else { input };
    let (name, length) = (input.name(), input.length());
    let about = |error| Failure::of_message(error, &name);
    let limits = Limits::default().with_max_buffered(MOST_HELD);
    let parser = HeaderParser::new(limits.clone());
    if !arguments.full {
        let (header, _) = io::read_header(parser, input).map_err(about)?;
        return Ok(Claims::of_header(name, header.claims().clone(), length));
    }
    let (header, body) = io::read_header(parser, progress.watch(input)).map_err(about)?;
    let outline = io::outline(header, body, &limits).map_err(about)?;
    Ok(Claims::of_outline(name, &outline))
}

/// As `decrypt --buffer`.
const MOST_HELD: usize = 1 << 30;
