//! Objects in Tencent COS, as ends of commands.

pub(crate) mod copy;
pub(crate) mod decrypt;
pub(crate) mod encrypt;
mod failure;
pub(crate) mod inspect;
mod object;
mod reader;
mod transfer;

use crypto_envelope_tencent_cos::CosFormat;

pub(crate) use self::failure::{code_of, hint_for, is_about_object};
use self::object::Object;
use crate::{
    args::Files,
    failure::Failure,
    input::Source,
    output::{Decision, Destination, Existing},
    progress::Progress,
};

/// A job with at least one end in COS, about whose result it is decided.
pub(crate) struct Remote {
    from: From,
    to: To,
    decision: Decision,
    progress: Progress,
}

/// Where data comes from.
enum From {
    Local(Source),
    Object(Object),
}

/// Where data goes.
enum To {
    Local(Destination),
    Object(Object),
}

impl Remote {
    /// None if there is nothing to do.
    pub(crate) fn new(
        source: Source,
        destination: Destination,
        files: &Files,
        existing: Existing,
        progress: Progress,
    ) -> Result<Option<Self>, Failure> {
        if files.encode || files.decode {
            return Err(Failure::usage("--encode and --decode are for files and pipes")
                .hint("objects in COS are binary"));
        }
        let way = &files.cos.way;
        let from = match source {
            Source::Cos(place) => From::Object(Object::new(way, place)?),
            source => From::Local(source),
        };
        let (to, decision) = match destination {
            Destination::Cos(place) => {
                let object = Object::new(way, place)?;
                let decision = object.decide(existing)?;
                (To::Object(object), decision)
            }
            destination => {
                let decision = destination.decide(existing)?;
                (To::Local(destination), decision)
            }
        };
        let remote = Self { from, to, decision, progress };
        Ok((decision != Decision::Skip).then_some(remote))
    }
}

/// A format, by its name.
fn format_of(name: &str) -> Result<CosFormat, Failure> {
    let mut all = CosFormat::ALL.iter().copied();
    all.find(|format| format.name() == name)
        .ok_or_else(|| Failure::usage(format!("there is no format {name} of objects")))
}

#[cfg(test)]
mod tests {
    use crypto_envelope_tencent_cos::CosCarrier;

    use super::*;
    use crate::args::{CARRIERS, FORMATS, WRITTEN_FORMATS};

    #[test]
    fn the_command_line_knows_all_formats() {
        let names: Vec<_> = CosFormat::ALL.iter().map(|format| format.name()).collect();
        assert_eq!(FORMATS[..], names);
        assert_eq!(WRITTEN_FORMATS[..], FORMATS[..6]);
        let names: Vec<_> = CosCarrier::ALL.iter().map(|carrier| carrier.name()).collect();
        assert_eq!(CARRIERS[..], names);
    }
}
