//! A fake instance for the tests, and the way to it.

use crypto_envelope::{Result, blocking};
use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};

use crate::{
    AlibabaKmsInstance, AlibabaKmsInstanceProvider, AlibabaKmsSettings, ClientKey, instance::Call,
};

pub(crate) struct TestInstance {
    pub(crate) fake: FakeAlibabaInstance,
    pub(crate) instance: AlibabaKmsInstance,
    pub(crate) key_id: String,
}

impl TestInstance {
    pub(crate) fn start() -> Result<Self> {
        Self::with(&AlibabaKmsSettings::new())
    }

    pub(crate) fn with(settings: &AlibabaKmsSettings) -> Result<Self> {
        let fake = FakeAlibabaInstance::start()?;
        let key = fake.client_key();
        let key = ClientKey::from_private_key(key.id(), key.private_key())?;
        let instance = AlibabaKmsInstance::new(&fake.endpoint(), &key, settings)?;
        let key_id = fake.create_key(KeyKind::Symmetric).expect("a key");
        Ok(Self { fake, instance, key_id })
    }

    pub(crate) fn provider(&self) -> Result<AlibabaKmsInstanceProvider> {
        AlibabaKmsInstanceProvider::new(&self.instance, &self.key_id)
    }

    pub(crate) fn ask<C: Call>(&self, call: C) -> Result<C::Answer> {
        blocking::wait(self.instance.call(call))
    }

    pub(crate) fn key(&self, kind: KeyKind) -> String {
        self.fake.create_key(kind).expect("a key")
    }

    /// The operations since the last look.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.fake.take_calls().into_iter().map(|call| call.operation).collect()
    }
}
