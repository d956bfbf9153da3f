//! The hunt for secrets in all that is printed.

use std::fmt::Debug;

use crypto_envelope::{Result, SecretBytes};
use crypto_envelope_testkit::redaction::{Leak, hunt_debug};

use crate::{
    CopyObject, CopySource, CosBucket, CosClient, CosCredentials, CosEndpoint, CosMethod,
    CosSettings, GetObject, HeadObject, InitiateMultipartUpload, ObjectKey, PartNumber, Presign,
    PutObject, SseCustomerKey, UploadId, UploadPart, UploadPartCopy,
};

/// Secrets that are random, so that none stands anywhere by chance.
struct Secrets {
    key: String,
    token: String,
    customer_key: SecretBytes,
    bytes: SecretBytes,
}

impl Secrets {
    fn new() -> Result<Self> {
        let hex = |secret: &SecretBytes| {
            secret.expose().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let text = || SecretBytes::random(24).map(|secret| hex(&secret));
        let random = || SecretBytes::random(32);
        Ok(Self { key: text()?, token: text()?, customer_key: random()?, bytes: random()? })
    }

    #[track_caller]
    fn hunt(&self, value: &impl Debug) {
        let secrets = [
            self.key.as_bytes(),
            self.token.as_bytes(),
            self.customer_key.expose(),
            self.bytes.expose(),
        ];
        assert_eq!(hunt_debug(value, &secrets), Ok::<(), Leak>(()));
    }

    fn credentials(&self) -> Result<CosCredentials> {
        CosCredentials::temporary("AKID", self.key.as_bytes(), self.token.as_bytes())
    }

    fn customer_key(&self) -> Result<SseCustomerKey> {
        SseCustomerKey::from_bytes(self.customer_key.expose())
    }
}

fn endpoint() -> Result<CosEndpoint> {
    CosEndpoint::new(CosBucket::new("examplebucket-1250000000")?, "ap-beijing")
}

#[test]
fn calls_show_neither_keys_nor_bytes() -> Result<()> {
    let secrets = Secrets::new()?;
    let key = || ObjectKey::new("a").expect("a key");
    let (upload, number) = (UploadId::new("u")?, PartNumber::new(1)?);
    let source = CopySource::new(&endpoint()?, key())?;
    let customer_key = || secrets.customer_key();
    let bytes = || secrets.bytes.expose().to_vec();
    secrets.hunt(&customer_key()?);
    secrets.hunt(&PutObject::new(key(), bytes()).customer_key(customer_key()?));
    secrets.hunt(&GetObject::new(key()).customer_key(customer_key()?));
    secrets.hunt(&HeadObject::new(key()).customer_key(customer_key()?));
    secrets.hunt(&InitiateMultipartUpload::new(key()).customer_key(customer_key()?));
    let part = UploadPart::new(key(), upload.clone(), number, bytes());
    secrets.hunt(&part.customer_key(customer_key()?));
    let copy = CopyObject::new(source.clone(), key()).customer_key(customer_key()?);
    secrets.hunt(&copy.source_customer_key(customer_key()?));
    let part = UploadPartCopy::new(key(), upload, number, source).customer_key(customer_key()?);
    secrets.hunt(&part.source_customer_key(customer_key()?));
    Ok(())
}

#[test]
fn whoever_signs_shows_nothing() -> Result<()> {
    let secrets = Secrets::new()?;
    let credentials = secrets.credentials()?;
    secrets.hunt(&credentials);
    secrets.hunt(&CosClient::new(endpoint()?, credentials.clone(), &CosSettings::new())?);
    let proxy = format!("http://me:{}@proxy.example:1", secrets.key);
    let settings = CosSettings::new().proxy(&proxy)?;
    secrets.hunt(&settings);
    secrets.hunt(&CosClient::new(endpoint()?, credentials.clone(), &settings)?);
    let presign = Presign::new(CosMethod::Get, ObjectKey::new("a")?)
        .header("x-cos-server-side-encryption-customer-key", &*secrets.key);
    secrets.hunt(&presign);
    let url = presign.url(&endpoint()?, &credentials)?;
    assert!(url.expose().contains(&secrets.token));
    secrets.hunt(&url);
    let (_, signature) = url.expose().split_once("q-signature=").expect("it is signed");
    assert!(!format!("{url:?}").contains(&signature[..9]));
    Ok(())
}
