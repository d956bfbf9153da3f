//! What every fake is told about its calls.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Listening {
    /// Listen on this port instead of any free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Write every call into FILE, one object of JSON a line, plaintext keys included.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}
