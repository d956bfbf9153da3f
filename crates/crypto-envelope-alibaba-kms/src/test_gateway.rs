//! A fake OpenAPI gateway for the tests, and the way to it.

use crypto_envelope::Result;
use crypto_envelope_testkit::fake::alibaba_openapi::FakeAlibabaOpenApi;

use crate::{
    AlibabaKmsOpenApi, AlibabaKmsSettings, openapi::AccessKey, test_instance::TestInstance,
};

pub(crate) struct TestGateway {
    pub(crate) fake: FakeAlibabaOpenApi,
    pub(crate) kms: AlibabaKmsOpenApi,
}

impl TestGateway {
    /// To the keys of an instance.
    pub(crate) fn beside(instance: &TestInstance) -> Result<Self> {
        let fake = FakeAlibabaOpenApi::beside(&instance.fake)?;
        let key = fake.access_key();
        let key = AccessKey::new(key.id(), key.secret().as_bytes())?;
        let kms = AlibabaKmsOpenApi::new(&fake.endpoint(), &key, &AlibabaKmsSettings::new())?;
        Ok(Self { fake, kms })
    }

    /// The operations since the last look.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.fake.take_calls().into_iter().map(|call| call.operation).collect()
    }
}
