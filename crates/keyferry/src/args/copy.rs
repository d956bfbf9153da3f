//! `cp`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{CosWay, S3Copying, S3Objects, Transfer};

/// Copy an object of COS or S3, or a file, as it is: nothing is encrypted or decrypted here
///
/// SOURCE and TARGET are cos://BUCKET/KEY, s3://BUCKET/KEY, a file, or "-" for standard input or output; one of them
/// is in COS or S3. A TARGET that ends in a slash, or is a folder, gets the name of SOURCE.
///
/// Objects in S3 are encrypted there, with a customer key that goes along (SSE-C): --sse-c-key-file or
/// --sse-c-provider, or --without-sse-c. The server has to say that it used the key, or the copy fails.
///
/// Inside of COS the object is copied there, with all its metadata. A file has no metadata, so an object whose
/// wrapped keys stand in its metadata is not copied to a file: without them nobody could decrypt it.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("existing").multiple(false))]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Copy {
    /// What to copy
    pub(crate) source: PathBuf,

    /// Where to
    pub(crate) target: PathBuf,

    /// Replace a target that exists
    #[arg(short, long, group = "existing")]
    pub(crate) force: bool,

    /// Leave a target that exists alone
    #[arg(long, group = "existing")]
    pub(crate) skip_existing: bool,

    /// Say what was done as a JSON object on standard output, or on standard error if standard output is
    /// where the data goes
    #[arg(long)]
    pub(crate) json: bool,

    /// Say nothing when all went well
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) s3: S3Objects,

    #[command(flatten)]
    pub(crate) copying: S3Copying,

    #[command(flatten)]
    pub(crate) cos: CosWay,

    #[command(flatten)]
    pub(crate) transfer: Transfer,
}
