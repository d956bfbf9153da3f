//! `fake-cloud alibaba-instance`.

use std::{collections::BTreeMap, error::Error};

use clap::Args;
use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};
use serde_json::json;

use crate::{Running, listening::Listening};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listening: Listening,

    /// Speak TLS, with a certificate for 127.0.0.1 from a CA that is printed.
    #[arg(long)]
    tls: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let Listening { port, log } = arguments.listening;
    // Nobody can ask this program for them.
    let mut builder = FakeAlibabaInstance::builder().port(port).forget_calls();
    if let Some(path) = log {
        builder = builder.log_file(path);
    }
    if arguments.tls {
        builder = builder.tls();
    }
    let kms = builder.start()?;
    let mut keys = BTreeMap::new();
    for (name, kind) in KEYS {
        keys.insert(name, kms.create_key(kind)?);
    }
    kms.create_alias("alias/symmetric", &keys["symmetric"])?;
    kms.disable_key(&keys["disabled"])?;
    kms.put_secret(SECRET, "no secret at all");
    let announcement = json!({
        "service": "alibaba-instance",
        "endpoint": kms.endpoint(),
        "ca_pem": kms.ca_pem(),
        "client_key_id": kms.client_key().id(),
        "private_key_pem": kms.client_key().private_key_pem(),
        "keys": keys,
        "secret_name": SECRET,
    });
    Ok(Running { announcement, _fake: Box::new(kms) })
}

const SECRET: &str = "sample";
const KEYS: [(&str, KeyKind); 4] = [
    ("symmetric", KeyKind::Symmetric),
    ("rsa_2048_encrypt", KeyKind::Rsa2048Encrypt),
    ("rsa_2048_sign", KeyKind::Rsa2048Sign),
    ("disabled", KeyKind::Symmetric),
];
