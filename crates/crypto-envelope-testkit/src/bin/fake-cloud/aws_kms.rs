//! `fake-cloud aws-kms`.

use std::{error::Error, path::PathBuf};

use clap::Args;
use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms};
use serde_json::json;

use crate::Running;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Listen on this port instead of any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Write every call into FILE, one object of JSON a line, plaintext keys included.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Let every key exist of which there is an ARN, with the material of the test vectors.
    #[arg(long)]
    vector_keys: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let key = AccessKey::new(ACCESS_KEY, "fake-cloud").secret(SECRET);
    let mut builder = FakeAwsKms::builder().port(arguments.port).access_key(key);
    if let Some(path) = arguments.log {
        builder = builder.log_file(path);
    }
    if arguments.vector_keys {
        builder = builder.vector_keys();
    }
    let kms = builder.start()?;
    let announcement = json!({
        "service": "aws-kms",
        "endpoint": kms.endpoint(),
        "access_key_id": ACCESS_KEY,
        "secret_access_key": SECRET,
        "region": "us-east-1",
        "keys": kms.create_samples()?,
    });
    Ok(Running { announcement, _fake: Box::new(kms) })
}

const ACCESS_KEY: &str = "AKIDFAKE";
const SECRET: &str = "no secret at all";
