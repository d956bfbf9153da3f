//! `fake-cloud cos`.

use std::error::Error;

use clap::Args;
use crypto_envelope_testkit::fake::tencent_cos::{AccessKey, FakeTencentCos};
use serde_json::json;

use crate::{Running, listening::Listening};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listening: Listening,

    /// Refuse uploads of which a part other than the last has less than 1 MiB, as COS does.
    #[arg(long)]
    part_size_check: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let Listening { port, log } = arguments.listening;
    let key = AccessKey::new(SECRET_ID, SECRET_KEY);
    // Nobody can ask this program for its calls. It has no TLS, which keys of customers would need.
    let mut builder = FakeTencentCos::builder()
        .port(port)
        .access_key(key)
        .forget_calls()
        .insecure_customer_keys();
    if let Some(path) = log {
        builder = builder.log_file(path);
    }
    if !arguments.part_size_check {
        builder = builder.smallest_part(0);
    }
    let cos = builder.start()?;
    let announcement = json!({
        "service": "cos",
        "endpoint": cos.endpoint(),
        "host": cos.host(),
        "port": cos.port(),
        "bucket": cos.bucket(),
        "region": cos.region(),
        "secret_id": SECRET_ID,
        "secret_key": SECRET_KEY,
    });
    Ok(Running { announcement, _fake: Box::new(cos) })
}

const SECRET_ID: &str = "AKIDFAKE";
const SECRET_KEY: &str = "no-secret-at-all";
