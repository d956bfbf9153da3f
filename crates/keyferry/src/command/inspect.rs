//! `keyferry inspect`.

use crypto_envelope::{HeaderParser, Limits, io};

use crate::{
    args::Inspect,
    failure::Failure,
    input::Input,
    report::{self, Format},
};

pub(super) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let input = Input::open(arguments.input.as_deref())?;
    let length = input.length();
    let name = input.name();
    let (header, _) = io::read_header(HeaderParser::new(Limits::default()), input)
        .map_err(|error| Failure::from(error).about(&name))?;
    let format = if arguments.json { Format::Json } else { Format::Text };
    report::claims(header.claims(), length, format)
}
