//! A bucket of Tencent COS to try things with.

use std::{
    env::{self, VarError},
    error::Error,
    sync::atomic::{AtomicUsize, Ordering},
};

use crypto_envelope_tencent_cos::{CosBucket, CosClient, CosCredentials, CosEndpoint, CosSettings};
use crypto_envelope_testkit::fake::{http::Fault, tencent_cos::FakeTencentCos};

/// A bucket to try things with.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExampleCos {
    /// The way to it, without encryption.
    pub client: CosClient,
    /// Ends when it is dropped.
    fake: Option<FakeTencentCos>,
}

impl ExampleCos {
    /// The bucket that is named in `COS_BUCKET`, as `NAME-APPID`, in the region `COS_REGION`, with the API key in
    /// `COS_SECRET_ID`, `COS_SECRET_KEY` and, if it is temporary, `COS_SESSION_TOKEN`; or, without the first of them,
    /// one of a fake inside this process.
    ///
    /// # Errors
    ///
    /// If one of the others is missing or cannot be used, or the fake cannot be started.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        match env::var("COS_BUCKET") {
            Ok(bucket) => {
                let region = env::var("COS_REGION");
                let region = region.map_err(|error: VarError| format!("COS_REGION: {error}"))?;
                let endpoint = CosEndpoint::new(CosBucket::new(bucket)?, &region)?;
                let credentials = CosCredentials::from_environment()?;
                let client = CosClient::new(endpoint, credentials, &CosSettings::new())?;
                Ok(Self { client, fake: None })
            }
            Err(_) => Self::fake(),
        }
    }

    fn fake() -> Result<Self, Box<dyn Error>> {
        let fake = FakeTencentCos::start()?;
        let key = fake.access_key();
        let credentials = CosCredentials::new(key.id(), key.secret().as_bytes())?;
        let bucket = CosBucket::new(fake.bucket())?;
        let endpoint = CosEndpoint::new(bucket, fake.region())?.at_address(&fake.endpoint())?;
        let client = CosClient::new(endpoint, credentials, &CosSettings::new())?;
        Ok(Self { client, fake: Some(fake) })
    }

    /// Takes so many parts of uploads and then no more, until it is [mended](Self::mend): to show what becomes of
    /// an upload. Only the fake can be told to.
    pub fn break_after_parts(&self, parts: usize) {
        if let Some(fake) = &self.fake {
            let taken = AtomicUsize::new(0);
            let is_next = move |operation: &str| {
                operation == "UploadPart" && taken.fetch_add(1, Ordering::Relaxed) >= parts
            };
            fake.inject(Fault::close().always().when(is_next));
        }
    }

    /// All is well again.
    pub fn mend(&self) {
        if let Some(fake) = &self.fake {
            fake.clear_faults();
        }
    }
}
