//! `keyferry bench`.

mod kms;

use crate::{args::Bench, failure::Failure};

pub(super) fn run(command: &Bench) -> Result<(), Failure> {
    match command {
        Bench::Kms(arguments) => kms::run(arguments),
    }
}
