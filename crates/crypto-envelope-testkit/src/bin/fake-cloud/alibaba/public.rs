//! `fake-cloud alibaba-public`.

use std::{error::Error, io};

use clap::Args;
use crypto_envelope_testkit::fake::alibaba_openapi::FakeAlibabaOpenApi;
use serde_json::{Value, json};

use super::{
    SECRET_NAME,
    directory::{Directory, State},
};
use crate::{Running, listening::Listening};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listening: Listening,

    #[command(flatten)]
    state: State,

    /// Speak TLS, with a certificate for 127.0.0.1 from a CA whose file is printed.
    #[arg(long)]
    tls: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let Listening { port, log } = arguments.listening;
    // Nobody can ask this program for them.
    let mut builder = FakeAlibabaOpenApi::builder().port(port).forget_calls();
    if let Some(path) = log {
        builder = builder.log_file(path);
    }
    if let Some(directory) = &arguments.state.state {
        builder = builder.state(directory);
    }
    if arguments.tls {
        builder = builder.tls();
    }
    let kms = builder.start()?;
    let directory = Directory::of(&arguments.state)?;
    let mut announcement = announcement(&kms, &directory)?;
    announcement["service"] = json!("alibaba-public");
    announcement["keys"] = json!(kms.create_samples()?);
    announcement["secret_name"] = json!(SECRET_NAME);
    Ok(Running { announcement, _fake: Box::new((kms, directory)) })
}

/// What is about this gateway alone.
pub(super) fn announcement(kms: &FakeAlibabaOpenApi, directory: &Directory) -> io::Result<Value> {
    let ca_file = kms.ca_pem().map(|pem| directory.write("ca.pem", pem)).transpose()?;
    Ok(json!({
        "endpoint": kms.endpoint(),
        "region": "cn-hangzhou",
        "ca_file": ca_file,
        "access_key_id": kms.access_key().id(),
        "access_key_secret": kms.access_key().secret(),
    }))
}
