//! Alibaba Cloud KMS as the sessions see it: fakes, and the `ClientKey` of the vectors.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use crypto_envelope::provider::RsaKey;
use crypto_envelope_testkit::fake::{
    alibaba_instance::{FakeAlibabaInstance, KeyKind},
    alibaba_openapi::FakeAlibabaOpenApi,
};

/// An instance that works, the OpenAPI with its keys, an instance with TLS, and one that is always too busy.
pub(crate) struct Alibaba {
    pub(crate) fake: FakeAlibabaInstance,
    pub(crate) openapi: FakeAlibabaOpenApi,
    tls: FakeAlibabaInstance,
    busy: FakeAlibabaInstance,
    pub(crate) key: String,
    /// The newest of the key.
    version: String,
    other_key: String,
    disabled_key: String,
    pub(crate) signing_key: String,
    tls_key: String,
}

impl Alibaba {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let fake = FakeAlibabaInstance::start()?;
        let openapi = FakeAlibabaOpenApi::beside(&fake)?;
        let tls = FakeAlibabaInstance::builder().tls().start()?;
        let busy = FakeAlibabaInstance::start()?;
        let pem = fs::read(vectors().join("clientkeys/rsa_public_key.pem"))?;
        let public_key = RsaKey::parse(&pem)?.public_key().to_vec();
        for fake in [&fake, &tls, &busy] {
            fake.add_client_key(CLIENT_KEY, public_key.clone());
        }
        let key = fake.create_key(KeyKind::Symmetric)?;
        let version = fake.rotate_key(&key)?;
        let signing_key = fake.create_key(KeyKind::Rsa2048Sign)?;
        fake.put_secret("login", SECRET);
        let other_key = fake.create_key(KeyKind::Symmetric)?;
        let disabled_key = fake.create_key(KeyKind::Symmetric)?;
        fake.disable_key(&disabled_key)?;
        let tls_key = tls.create_key(KeyKind::Symmetric)?;
        busy.throttle_above(Some(0));
        Ok(Self {
            fake,
            openapi,
            tls,
            busy,
            key,
            version,
            other_key,
            disabled_key,
            signing_key,
            tls_key,
        })
    }

    /// How many there are at the gateways that share them.
    pub(crate) fn keys(&self) -> usize {
        [&self.key, &self.other_key, &self.disabled_key, &self.signing_key].len()
    }

    /// For the environment of the program. The `ClientKey` is `$CLIENT_KEY`, which others can read.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let client_key = vectors().join("clientkeys/ClientKey_legacy_3des_3des.json");
        vec![
            ("ALIBABA_KMS_CLIENT_KEY_PASSWORD", PASSWORD.to_owned()),
            ("CLIENT_KEY", client_key.display().to_string()),
            ("INSTANCE", self.fake.endpoint()),
            ("OPENAPI", self.openapi.endpoint()),
            ("ACCESS_KEY", self.openapi.access_key().id().to_owned()),
            ("ACCESS_KEY_SECRET", self.openapi.access_key().secret().to_owned()),
            ("SIGNING", self.signing_key.clone()),
            ("TLS", self.tls.endpoint()),
            ("BUSY", self.busy.endpoint()),
            ("CA", self.tls.ca_pem().unwrap_or_default().to_owned()),
            ("KEY", self.key.clone()),
            ("OTHER", self.other_key.clone()),
            ("DISABLED", self.disabled_key.clone()),
            ("TLS_KEY", self.tls_key.clone()),
        ]
    }

    /// What differs from run to run, and what stands for it.
    pub(crate) fn names(&self) -> [(String, &'static str); 10] {
        [
            (self.key.clone(), "KEY"),
            (self.version.clone(), "VERSION"),
            (self.other_key.clone(), "OTHER"),
            (self.disabled_key.clone(), "DISABLED"),
            (self.tls_key.clone(), "TLS_KEY"),
            (self.fake.endpoint(), "INSTANCE"),
            (self.openapi.endpoint(), "OPENAPI"),
            (self.signing_key.clone(), "SIGNING"),
            (self.tls.endpoint(), "TLS"),
            (self.busy.endpoint(), "BUSY"),
        ]
    }
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/alibaba")
}

/// Its id, and its password, which must not be seen.
const CLIENT_KEY: &str = "KAAP.dev-0001-clientkey";
pub(crate) const PASSWORD: &str = "dev-Passw0rd!";
/// What a secret of KMS holds, which must not be seen either.
pub(crate) const SECRET: &str = "correct horse battery staple";
