//! What is read, what is written, and what is said about it.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{ArgGroup, Args};

use super::{CosWay, S3Objects, Transfer};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("existing").multiple(false))]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Files {
    /// What to read: files, folders, patterns such as '*.log', cos://BUCKET/KEY, s3://BUCKET/KEY; "-" or
    /// nothing is standard input
    #[arg(value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// The file, cos://BUCKET/KEY or s3://BUCKET/KEY to write, or a folder for the results; "-" is standard output.
    /// By default the results are put beside the inputs, or standard input goes to standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Go through folders and what is below them. Links are not followed
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// What is added to the name of an encrypted file, and taken off again
    #[arg(long, default_value = ".encrypted", allow_hyphen_values = true)]
    pub(crate) suffix: String,

    /// Replace results that exist
    #[arg(short, long, group = "existing")]
    pub(crate) force: bool,

    /// Leave results that exist alone: goes on where an earlier run stopped
    #[arg(long, group = "existing")]
    pub(crate) skip_existing: bool,

    /// Ask about each result that exists
    #[arg(short, long, group = "existing")]
    pub(crate) interactive: bool,

    /// Write base64
    #[arg(long)]
    pub(crate) encode: bool,

    /// Read base64
    #[arg(long)]
    pub(crate) decode: bool,

    /// How many threads work on a file. By default as many as there are cores
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    pub(crate) threads: Option<NonZeroUsize>,

    #[command(flatten)]
    pub(crate) report: Report,

    #[command(flatten)]
    pub(crate) s3: S3Objects,

    #[command(flatten)]
    pub(crate) cos: CosWay,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Say what was done as one JSON object for each file on standard output, or on standard error
    /// if standard output is where the data goes
    #[arg(long)]
    pub(crate) json: bool,

    /// Append the same objects to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata_output: Option<PathBuf>,

    /// Replace what the file of --metadata-output holds
    #[arg(long, requires = "metadata_output")]
    pub(crate) overwrite_metadata: bool,

    /// Say nothing when all went well, but for where a newly made key is
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a number, 1 or more")
}
