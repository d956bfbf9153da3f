//! Objects in Tencent COS, as ends of commands.

mod chunks;
pub(crate) mod copy;
mod decrypt;
mod encrypt;
mod failure;
pub(crate) mod inspect;
mod object;
mod ranges;
mod transfer;

use crypto_envelope_tencent_cos::CosFormat;

pub(crate) use self::{
    failure::{code_of, hint_for, is_about_object},
    object::Object,
};
use crate::failure::Failure;

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
