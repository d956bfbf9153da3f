//! Transfers that are interrupted.

use clap::Args;

/// Whether transfers can be gone on with.
#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// Do not keep a record of how far a transfer of a file with COS or S3 is. With it, an interrupted one
    /// goes on where it was when the same command is given again
    #[arg(long)]
    pub(crate) no_resume: bool,
}
