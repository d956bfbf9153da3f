//! `fake-cloud aws-kms`.

use std::error::Error;

use clap::Args;
use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms};
use serde_json::json;

use crate::{Running, listening::Listening};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listening: Listening,

    /// Let every key exist of which there is an ARN, with the material of the test vectors.
    #[arg(long)]
    vector_keys: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let key = AccessKey::new(ACCESS_KEY, "fake-cloud").secret(SECRET);
    let Listening { port, log } = arguments.listening;
    // Nobody can ask this program for them.
    let mut builder = FakeAwsKms::builder().port(port).access_key(key).forget_calls();
    if let Some(path) = log {
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
