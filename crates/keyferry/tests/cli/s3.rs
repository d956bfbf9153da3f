//! S3 as the tests see it: a fake that encrypts under customer keys.

use std::{error::Error, process::Command};

use crypto_envelope_testkit::fake::s3::FakeS3;

use crate::sandbox::Sandbox;

/// Two buckets.
pub(crate) struct S3 {
    pub(crate) fake: FakeS3,
}

impl S3 {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let fake = FakeS3::start()?;
        fake.add_bucket("photos");
        fake.add_bucket("archive");
        Ok(Self { fake })
    }

    /// For the environment of the program.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let key = self.fake.access_key();
        vec![
            ("AWS_ENDPOINT_URL_S3", self.fake.endpoint()),
            ("AWS_REGION", self.fake.region().to_owned()),
            ("AWS_ACCESS_KEY_ID", key.id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", key.secret().to_owned()),
        ]
    }

    /// What differs from run to run, and what stands for it.
    pub(crate) fn names(&self) -> [(String, &'static str); 1] {
        [(self.fake.endpoint(), "ENDPOINT")]
    }

    /// The program, with the way to S3.
    pub(crate) fn command(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let mut command = sandbox.command(arguments);
        command.envs(self.variables());
        command
    }
}
