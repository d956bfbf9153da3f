//! `fake-cloud alibaba-instance`.

use std::{error::Error, io};

use clap::Args;
use crypto_envelope_testkit::fake::alibaba_instance::{
    FakeAlibabaInstance, FakeAlibabaInstanceBuilder,
};
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

    /// Speak HTTP without TLS, as no instance does.
    #[arg(long)]
    clear: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let Listening { port, log } = arguments.listening;
    let mut builder = FakeAlibabaInstance::builder().port(port);
    if let Some(path) = log {
        builder = builder.log_file(path);
    }
    let kms = start_it(builder, &arguments.state, arguments.clear)?;
    let directory = Directory::of(&arguments.state)?;
    let mut announcement = announcement(&kms, &directory)?;
    announcement["service"] = json!("alibaba-instance");
    announcement["keys"] = json!(kms.create_samples()?);
    announcement["secret_name"] = json!(SECRET_NAME);
    Ok(Running { announcement, _fake: Box::new((kms, directory)) })
}

pub(super) fn start_it(
    builder: FakeAlibabaInstanceBuilder,
    state: &State,
    in_clear: bool,
) -> io::Result<FakeAlibabaInstance> {
    // Nobody can ask this program for them.
    let mut builder = builder.forget_calls();
    if let Some(directory) = &state.state {
        builder = builder.state(directory);
    }
    if !in_clear {
        builder = builder.tls();
    }
    builder.start()
}

/// What is about the instance alone.
pub(super) fn announcement(kms: &FakeAlibabaInstance, directory: &Directory) -> io::Result<Value> {
    let client_key = kms.client_key();
    let client_key_file = directory.write("client-key.json", &client_key.to_json(PASSWORD)?)?;
    let ca_file = kms.ca_pem().map(|pem| directory.write("ca.pem", pem)).transpose()?;
    Ok(json!({
        "endpoint": kms.endpoint(),
        "instance_id": kms.id(),
        "ca_file": ca_file,
        "ca_pem": kms.ca_pem(),
        "client_key_id": client_key.id(),
        "client_key_file": client_key_file,
        "client_key_password": PASSWORD,
        "private_key_pem": client_key.private_key_pem(),
    }))
}

const PASSWORD: &str = "no secret at all";
