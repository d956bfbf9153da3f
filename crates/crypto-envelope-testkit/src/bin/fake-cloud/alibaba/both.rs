//! `fake-cloud alibaba-kms`.

use std::{error::Error, path::PathBuf};

use clap::Args;
use crypto_envelope_testkit::fake::{
    alibaba_instance::FakeAlibabaInstance, alibaba_openapi::FakeAlibabaOpenApi,
};
use serde_json::json;

use super::{
    SECRET_NAME,
    directory::{Directory, State},
    instance, public,
};
use crate::Running;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,

    /// Let the instance listen on this port instead of any free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    instance_port: u16,

    /// Let the OpenAPI listen on this port instead of any free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    public_port: u16,

    /// Write every call of the instance into FILE, one object of JSON a line, plaintext keys included.
    #[arg(long, value_name = "FILE")]
    instance_log: Option<PathBuf>,

    /// Write every call of the OpenAPI into FILE, likewise.
    #[arg(long, value_name = "FILE")]
    public_log: Option<PathBuf>,

    /// Let the instance speak HTTP without TLS, as no instance does.
    #[arg(long)]
    clear: bool,

    /// Let the OpenAPI speak TLS, with the CA of the instance.
    #[arg(long)]
    public_tls: bool,
}

pub(crate) fn start(arguments: Arguments) -> Result<Running, Box<dyn Error>> {
    let mut builder = FakeAlibabaInstance::builder().port(arguments.instance_port);
    if let Some(path) = arguments.instance_log {
        builder = builder.log_file(path);
    }
    let instance = instance::start_it(builder, &arguments.state, arguments.clear)?;
    let mut builder = FakeAlibabaOpenApi::builder().port(arguments.public_port).forget_calls();
    if let Some(path) = arguments.public_log {
        builder = builder.log_file(path);
    }
    if arguments.public_tls {
        builder = builder.tls();
    }
    let public = builder.beside(&instance).start()?;
    let directory = Directory::of(&arguments.state)?;
    let announcement = json!({
        "service": "alibaba-kms",
        "instance": instance::announcement(&instance, &directory)?,
        "public": public::announcement(&public, &directory)?,
        "keys": instance.create_samples()?,
        "secret_name": SECRET_NAME,
    });
    Ok(Running { announcement, _fake: Box::new((public, instance, directory)) })
}
