//! What some stages need beside Rust: peers, who are software of others that must read what we
//! write, and the other way round, and a compiler for another machine.
//!
//! A requirement that cannot be met fails its stage. Only `--without` leaves it out.

mod ceph;
mod environment;
mod node;
mod npm;
mod python;
mod servers;
mod venv;
mod wasm32;

use std::ffi::OsString;

use self::npm::NodeModules;
use self::venv::Venv;

/// The AWS Encryption SDK for Python.
pub(crate) const PYTHON: Requirement = Requirement { name: "python", meet: python };

/// The same, and a server of others that plays DynamoDB.
pub(crate) const PYTHON_AND_SERVERS: Requirement = Requirement {
    name: "python-and-servers",
    meet: || Ok([python()?, servers::installed()?].concat()),
};

/// The command-line tool of the AWS Encryption SDK, with raw keys by a plugin of ours.
pub(crate) const CLI: Requirement = Requirement {
    name: "cli",
    meet: || {
        let venv = Venv {
            sources: &[
                "tests/interop/aws_encryption_cli/pyproject.toml",
                "tests/interop/aws_encryption_cli/raw_keys.py",
            ],
            ..Venv::new("aws-encryption-cli", "tests/interop/aws_encryption_cli/requirements.txt")
        };
        let program = venv.program("aws-encryption-cli")?;
        Ok(vec![("CRYPTO_ENVELOPE_AWS_ENCRYPTION_CLI", program.into())])
    },
};

/// The AWS Encryption SDK for JavaScript.
pub(crate) const NODE: Requirement = Requirement {
    name: "node",
    meet: || {
        let modules =
            NodeModules { name: "aws-esdk-node", manifests: "tests/interop/aws_esdk_node" };
        Ok(vec![("CRYPTO_ENVELOPE_NODE_MODULES", modules.directory()?.into())])
    },
};

/// Servers of others that play AWS KMS.
pub(crate) const KMS_SERVERS: Requirement =
    Requirement { name: "aws-kms-servers", meet: servers::installed };

/// Servers of others that speak S3, and boto3.
pub(crate) const S3_SERVERS: Requirement =
    Requirement { name: "s3-servers", meet: servers::installed };

/// Servers of objects that do not speak S3.
pub(crate) const OBJECT_SERVERS: Requirement = Requirement {
    name: "object-servers",
    meet: || {
        let modules = NodeModules { name: "azurite", manifests: "tests/interop/azurite" };
        let mut variables = servers::installed()?;
        variables.push(("CRYPTO_ENVELOPE_AZURITE", modules.directory()?.into()));
        Ok(variables)
    },
};

/// Ceph, whose gateway speaks S3, and boto3.
pub(crate) const CEPH: Requirement = Requirement {
    name: "ceph",
    meet: || {
        ceph::require()?;
        servers::installed()
    },
};

/// The vendor's SDKs for Alibaba Cloud KMS, in Python.
pub(crate) const ALIBABA_KMS_PYTHON: Requirement = Requirement {
    name: "alibaba-kms-python",
    meet: || {
        let venv =
            Venv::new("alibaba-kms-python", "tests/interop/alibaba_kms_python/requirements.txt");
        Ok(vec![("CRYPTO_ENVELOPE_ALIBABA_KMS_PYTHON", venv.program("python")?.into())])
    },
};

/// The vendor's SDK for Tencent COS, in Python.
pub(crate) const TENCENT_COS_PYTHON: Requirement = Requirement {
    name: "tencent-cos-python",
    meet: || {
        let venv =
            Venv::new("tencent-cos-python", "tests/interop/tencent_cos_python/requirements.txt");
        Ok(vec![("CRYPTO_ENVELOPE_TENCENT_COS_PYTHON", venv.program("python")?.into())])
    },
};

/// A compiler that has the standard library for wasm32, or its source.
pub(crate) const WASM: Requirement = Requirement { name: "wasm", meet: wasm32::compiler };

/// Something that a stage cannot do without.
#[derive(Debug)]
pub(crate) struct Requirement {
    /// What `--without` calls it.
    pub(crate) name: &'static str,
    /// Installs what is missing and returns how the stage finds it.
    pub(crate) meet: fn() -> Result<Variables, String>,
}

/// Environment variables with their values.
pub(crate) type Variables = Vec<(&'static str, OsString)>;

fn python() -> Result<Variables, String> {
    let venv = Venv::new("aws-esdk-python", "tests/interop/aws_esdk_python/requirements.txt");
    Ok(vec![("CRYPTO_ENVELOPE_PYTHON", venv.program("python")?.into())])
}
