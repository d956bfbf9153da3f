//! `fake-cloud s3`.

use std::error::Error;

use clap::Args;
use crypto_envelope_testkit::fake::s3::{AccessKey, FakeS3};
use serde_json::json;

use crate::{Running, listening::Listening};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listening: Listening,

    /// Refuse uploads of which a part other than the last has less than 5 MiB, as S3 does.
    #[arg(long)]
    part_size_check: bool,

    /// Speak TLS. The certificate of the CA is in the line that is printed.
    #[arg(long)]
    tls: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let Listening { port, log } = arguments.listening;
    let key = AccessKey::new(ACCESS_KEY, SECRET);
    // Nobody can ask this program for its calls.
    let mut builder = FakeS3::builder().port(port).access_key(key).forget_calls();
    if let Some(path) = log {
        builder = builder.log_file(path);
    }
    if !arguments.part_size_check {
        builder = builder.smallest_part(0);
    }
    if arguments.tls {
        builder = builder.tls();
    }
    let s3 = builder.start()?;
    let announcement = json!({
        "service": "s3",
        "endpoint": s3.endpoint(),
        "port": s3.port(),
        "bucket": s3.bucket(),
        "region": s3.region(),
        "access_key_id": ACCESS_KEY,
        "secret_access_key": SECRET,
        "ca_pem": s3.ca_pem(),
    });
    Ok(Running { announcement, _fake: Box::new(s3) })
}

const ACCESS_KEY: &str = "AKIDFAKE";
const SECRET: &str = "no-secret-at-all";
