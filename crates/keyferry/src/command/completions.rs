//! `keyferry completions`.

use crate::{
    args::{self, Completions},
    failure::Failure,
    report,
};

pub(super) fn run(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut description = args::Arguments::description();
    clap_complete::generate(arguments.shell, &mut description, "keyferry", &mut script);
    report::print(&String::from_utf8_lossy(&script))
}
