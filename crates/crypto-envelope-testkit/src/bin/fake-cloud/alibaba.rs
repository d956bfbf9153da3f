//! What the ways to the fake KMS of Alibaba Cloud have in common.

mod both;
mod directory;
mod instance;
mod public;

use std::error::Error;

use clap::Subcommand;

use crate::Running;

#[derive(Debug, Subcommand)]
pub(crate) enum Gateways {
    /// A KMS instance of Alibaba Cloud, with TLS.
    #[command(name = "alibaba-instance")]
    Instance(instance::Arguments),
    /// The public OpenAPI of Alibaba Cloud KMS.
    #[command(name = "alibaba-public")]
    Public(public::Arguments),
    /// A KMS instance of Alibaba Cloud and the public OpenAPI, with the same keys.
    #[command(name = "alibaba-kms")]
    Both(both::Arguments),
}

impl Gateways {
    pub(crate) fn start(self) -> Result<Running, Box<dyn Error>> {
        match self {
            Self::Instance(arguments) => instance::start(arguments),
            Self::Public(arguments) => public::start(arguments),
            Self::Both(arguments) => both::start(arguments),
        }
    }
}

const SECRET_NAME: &str = "sample";
