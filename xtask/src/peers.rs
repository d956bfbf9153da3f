//! Whom we test against: software of others that must read what we write, and the other way round.
//!
//! A peer that cannot be had fails its stage. Only `--without` leaves it out.

mod environment;
mod node;
mod npm;
mod python;
mod venv;
mod wasm;

use std::ffi::OsString;

use self::npm::NodeModules;
use self::venv::Venv;

/// The AWS Encryption SDK for Python.
pub(crate) const PYTHON: Peer = Peer {
    name: "python",
    variable: "CRYPTO_ENVELOPE_PYTHON",
    prepare: || {
        let venv = Venv {
            name: "aws-esdk-python",
            requirements: "tests/interop/aws_esdk_python/requirements.txt",
            sources: &[],
        };
        venv.program("python").map(OsString::from)
    },
};

/// The command-line tool of the AWS Encryption SDK, with raw keys by a plugin of ours.
pub(crate) const CLI: Peer = Peer {
    name: "cli",
    variable: "CRYPTO_ENVELOPE_AWS_ENCRYPTION_CLI",
    prepare: || {
        let venv = Venv {
            name: "aws-encryption-cli",
            requirements: "tests/interop/aws_encryption_cli/requirements.txt",
            sources: &[
                "tests/interop/aws_encryption_cli/pyproject.toml",
                "tests/interop/aws_encryption_cli/raw_keys.py",
            ],
        };
        venv.program("aws-encryption-cli").map(OsString::from)
    },
};

/// The AWS Encryption SDK for JavaScript.
pub(crate) const NODE: Peer = Peer {
    name: "node",
    variable: "CRYPTO_ENVELOPE_NODE_MODULES",
    prepare: || {
        let modules =
            NodeModules { name: "aws-esdk-node", manifests: "tests/interop/aws_esdk_node" };
        modules.directory().map(OsString::from)
    },
};

/// A compiler that has the standard library for wasm32.
pub(crate) const WASM: Peer = Peer { name: "wasm", variable: "RUSTC", prepare: wasm::rustc };

/// Software to test against.
#[derive(Debug)]
pub(crate) struct Peer {
    /// What `--without` calls it.
    pub(crate) name: &'static str,
    /// The environment variable that leads a test to it.
    pub(crate) variable: &'static str,
    /// Installs what is missing and returns the value of the variable.
    pub(crate) prepare: fn() -> Result<OsString, String>,
}
