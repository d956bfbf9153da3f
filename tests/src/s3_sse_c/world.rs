//! One server, and what is needed to talk to it.

use std::{fs, sync::Mutex};

use crypto_envelope::SecretBytes;
use crypto_envelope_s3_sse_c::{
    Declaration, SdkConfig, SseCClient, SseCClientBuilder, SseCError, SseCErrorKind,
    SseCustomerKey,
    aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider},
};
use serde_json::Value;

use crate::{
    s3_servers::{S3Answer, S3Client, S3Endpoint},
    vectors::Result,
};

/// A server, our client for it, and boto3.
#[derive(Debug)]
pub struct World {
    endpoint: S3Endpoint,
    client: SseCClient,
    /// It takes a second to start.
    boto: Mutex<Option<S3Client>>,
}

/// A bucket of one test.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct Bucket<'a> {
    /// The server that it is on.
    pub world: &'a World,
    /// Its name.
    pub name: String,
}

impl World {
    /// As the server is.
    ///
    /// # Errors
    ///
    /// As [`builder`](Self::builder).
    pub fn new(endpoint: S3Endpoint) -> Result<Self> {
        let client = Self::builder(&endpoint)?.build()?;
        Ok(Self { endpoint, client, boto: Mutex::default() })
    }

    /// Our client, with all that a user would say.
    ///
    /// # Errors
    ///
    /// If there is no certificate where there should be one.
    pub fn builder(endpoint: &S3Endpoint) -> Result<SseCClientBuilder> {
        let credentials =
            Credentials::new(&endpoint.access_key, &endpoint.secret_key, None, None, "tests");
        let config = SdkConfig::builder()
            .region(Region::new(endpoint.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let mut builder = SseCClient::builder(&config).endpoint_url(&endpoint.url);
        if let Some(ca) = &endpoint.ca {
            builder = builder.trust(fs::read(ca)?);
        }
        Ok(builder)
    }

    /// The same, for servers and policies that want both.
    ///
    /// # Errors
    ///
    /// As [`builder`](Self::builder).
    pub fn declaring(&self, declaration: Declaration) -> Result<SseCClient> {
        Ok(Self::builder(&self.endpoint)?.declaration(declaration).build()?)
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> &S3Endpoint {
        &self.endpoint
    }

    /// Ours.
    #[must_use]
    pub fn client(&self) -> &SseCClient {
        &self.client
    }

    /// Asks boto3, as [`S3Client::ask`] does.
    ///
    /// # Errors
    ///
    /// If it does not start, or the client could not.
    pub fn boto(&self, request: &Value) -> Result<S3Answer> {
        let mut boto = self.boto.lock().map_err(|_| "another test panicked")?;
        let boto = match &mut *boto {
            Some(boto) => boto,
            none => none.insert(S3Client::start(&self.endpoint)?),
        };
        boto.ask(request)
    }

    /// A new one.
    ///
    /// # Errors
    ///
    /// If the server does not make it.
    pub async fn bucket(&self) -> Result<Bucket<'_>> {
        let random = SecretBytes::random(6)?;
        let random: String = random.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("test-{random}");
        self.client.s3().create_bucket().bucket(&name).send().await?;
        Ok(Bucket { world: self, name })
    }
}

/// The kind of an error that must be one of ours.
///
/// # Errors
///
/// If it went well, or failed in another way.
pub fn kind_of<T>(outcome: crypto_envelope::Result<T>) -> Result<SseCErrorKind> {
    Ok(rejected(outcome)?.kind())
}

/// An error that must be one of ours. It says no key.
///
/// # Errors
///
/// If it went well, or failed in another way.
pub fn rejected<T>(outcome: crypto_envelope::Result<T>) -> Result<SseCError> {
    match outcome {
        Ok(_) => Err("it went well".into()),
        Err(error) => match SseCError::find_in(&error) {
            Some(ours) => Ok(ours.clone()),
            None => Err(format!("another error: {error}").into()),
        },
    }
}

/// A new key.
///
/// # Errors
///
/// If there is no randomness.
pub(super) fn new_key() -> Result<SseCustomerKey> {
    Ok(SseCustomerKey::generate()?)
}
