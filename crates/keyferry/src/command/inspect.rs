//! `keyferry inspect`.

use crypto_envelope::{HeaderParser, Limits, io};

use crate::{
    args::Inspect,
    bounds,
    failure::Failure,
    failures::Failures,
    input::Source,
    progress::Progress,
    report::{self, Claims, Format},
    walk::{self, NotTaken},
};

pub(super) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let (sources, not_taken) = sources(arguments)?;
    let format = if arguments.json { Format::Json } else { Format::Text };
    let mut failures = Failures::new(sources.len() + not_taken.len());
    for one in not_taken {
        failures.add(one.failure);
    }
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

fn sources(arguments: &Inspect) -> Result<(Vec<Source>, Vec<NotTaken>), Failure> {
    if arguments.inputs.is_empty() {
        return Ok((vec![Source::StandardInput], Vec::new()));
    }
    let (mut sources, mut not_taken) = (Vec::new(), Vec::new());
    for input in &arguments.inputs {
        for path in walk::matches(input)? {
            if !path.is_dir() {
                sources.push(Source::named(&path));
            } else if arguments.recursive {
                let (found, others) = walk::folder(&path);
                sources.extend(found.into_iter().map(|found| Source::InFolder(found.path)));
                not_taken.extend(others);
            } else {
                return Err(walk::is_a_folder(&path));
            }
        }
    }
    Ok((sources, not_taken))
}

fn claims(source: &Source, arguments: &Inspect, progress: Progress) -> Result<Claims, Failure> {
    let input = source.open()?;
    let input = if arguments.decode { input.decoded() } else { input };
    let (name, length) = (input.name(), input.length());
    let about = |error| Failure::of_message(error, &name);
    let limits = Limits::default().with_max_buffered(bounds::MOST_HELD);
    let parser = HeaderParser::new(limits.clone());
    if !arguments.full {
        let (header, _) = io::read_header(parser, input).map_err(about)?;
        return Ok(Claims::of_header(name, header.claims().clone(), length));
    }
    let (header, body) = io::read_header(parser, progress.watch(input)).map_err(about)?;
    let outline = io::outline(header, body, &limits).map_err(about)?;
    Ok(Claims::of_outline(name, &outline))
}
