//! A bucket of S3 to try things with.

use std::{env, error::Error};

use crypto_envelope_s3_sse_c::{
    SdkConfig, SseCClient,
    aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider},
};
use crypto_envelope_testkit::fake::s3::FakeS3;

/// A bucket to try things with.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExampleS3 {
    /// The way to it.
    pub client: SseCClient,
    /// Its name.
    pub bucket: String,
    /// Ends when it is dropped.
    _fake: Option<FakeS3>,
}

impl ExampleS3 {
    /// The bucket that is named in `S3_BUCKET`, with credentials, region and `AWS_ENDPOINT_URL_S3` as the AWS tools
    /// find them; or, without it, one of a fake inside this process.
    ///
    /// # Errors
    ///
    /// If something is missing or cannot be used, or the fake cannot be started.
    pub async fn from_env() -> Result<Self, Box<dyn Error>> {
        match env::var("S3_BUCKET") {
            Ok(bucket) => Ok(Self { client: SseCClient::load().await?, bucket, _fake: None }),
            Err(_) => Self::fake(),
        }
    }

    fn fake() -> Result<Self, Box<dyn Error>> {
        let fake = FakeS3::start()?;
        let key = fake.access_key();
        let credentials = Credentials::new(key.id(), key.secret(), None, None, "fake");
        let config = SdkConfig::builder()
            .region(Region::new(fake.region().to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let client = SseCClient::builder(&config).endpoint_url(fake.endpoint()).build()?;
        Ok(Self { client, bucket: fake.bucket().to_owned(), _fake: Some(fake) })
    }
}
