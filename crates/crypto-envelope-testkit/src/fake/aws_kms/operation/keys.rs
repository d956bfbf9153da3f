//! Making and showing keys.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::{
    aws_kms::{
        arn::{Arn, Kind},
        error::KmsError,
        key::Key,
        material::Material,
        spec::KeySpec,
        store::ACCOUNT,
    },
    crypto,
};

impl Operation<'_> {
    pub(super) fn create_key(self) -> Result<Value, KmsError> {
        let spec = self.key_spec()?;
        let is_imported = self.is_imported(spec)?;
        self.authorise_for_all()?;
        let id = if self.fields.flag("MultiRegion")? {
            format!("mrk-{}", crypto::hex(&crypto::random::<16>()))
        } else {
            crypto::uuid()
        };
        let arn = Arn::new(Kind::Key, &self.caller.region, ACCOUNT, &id);
        let now = self.store.clock.seconds();
        let mut key = if is_imported {
            Key::pending_import(arn.clone(), now)
        } else {
            Key::new(arn.clone(), spec, Arc::new(Material::generate(spec)?), now)
        };
        key.description = self.description()?;
        key.policy = self.policy_of(&arn)?;
        self.store.keys.insert(arn.clone(), key.clone());
        Ok(json!({"KeyMetadata": key.metadata(&self.store.regions_of(&arn))}))
    }

    pub(super) fn replicate_key(self) -> Result<Value, KmsError> {
        let region = self.fields.required_text("ReplicaRegion")?;
        let primary = self.key()?;
        if !primary.arn.is_multi_region() || !primary.is_primary() {
            let message = format!("{} is not a multi-Region primary key.", primary.arn);
            return Err(KmsError::unsupported(message));
        }
        if !primary.arn.partition_has(region) {
            let partition = &primary.arn.partition;
            let message = format!("{region} is not a Region of the partition {partition}.");
            return Err(KmsError::validation(message));
        }
        primary.check_enabled()?;
        let mut replica = primary.replica(region, self.store.clock.seconds());
        if self.store.keys.contains_key(&replica.arn) {
            let message = format!("{} already exists.", replica.arn);
            return Err(KmsError::new("AlreadyExistsException", message));
        }
        replica.description = self.description()?;
        // It is not one of the properties that replicas share.
        replica.policy = self.policy_of(&replica.arn)?;
        let arn = replica.arn.clone();
        self.store.keys.insert(arn.clone(), replica.clone());
        let metadata = replica.metadata(&self.store.regions_of(&arn));
        Ok(json!({
            "ReplicaKeyMetadata": metadata,
            "ReplicaPolicy": replica.policy.text(),
            "ReplicaTags": [],
        }))
    }

    pub(super) fn describe_key(&self) -> Result<Value, KmsError> {
        let key = self.key()?;
        Ok(json!({"KeyMetadata": key.metadata(&self.store.regions_of(&key.arn))}))
    }

    pub(super) fn list_keys(&self) -> Result<Value, KmsError> {
        self.authorise_for_all()?;
        let here = self.store.keys.keys().filter(|arn| arn.region == self.caller.region);
        let keys = here.map(|arn| json!({"KeyId": arn.id, "KeyArn": arn.to_string()}));
        self.page("Keys", &keys.collect::<Vec<_>>())
    }

    pub(super) fn public_key(&self) -> Result<Value, KmsError> {
        let key = self.key()?;
        if key.spec.is_symmetric() {
            let message = format!("{} is a symmetric key: it has no public key.", key.arn);
            return Err(KmsError::unsupported(message));
        }
        key.check_enabled()?;
        let (list, algorithms) = key.spec.listed_algorithms();
        Ok(json!({
            "KeyId": key.arn.to_string(),
            "PublicKey": STANDARD.encode(key.material.public_key()?),
            "CustomerMasterKeySpec": key.spec.name(),
            "KeySpec": key.spec.name(),
            "KeyUsage": key.spec.usage().name(),
            list: algorithms,
        }))
    }

    fn description(&self) -> Result<String, KmsError> {
        Ok(self.fields.text("Description")?.unwrap_or_default().to_owned())
    }

    fn key_spec(&self) -> Result<KeySpec, KmsError> {
        let ours = KeySpec::ALL.map(KeySpec::named);
        let choice = |member| self.fields.choice(member, &ours, &OTHER_SPECS);
        let spec = match choice("KeySpec")? {
            Some(spec) => spec,
            // As it was called once.
            None => choice("CustomerMasterKeySpec")?.unwrap_or(KeySpec::SymmetricDefault),
        };
        match self.fields.choice("KeyUsage", &USAGES.map(|usage| (usage, usage)), &[])? {
            None if spec.is_symmetric() => Ok(spec),
            None => Err(KmsError::validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric \
                 encryption keys.",
            )),
            Some(usage) => Self::check_usage(spec, usage).map(|()| spec),
        }
    }

    /// Refuses a use that the fake does not have, or that AWS has for other keys only.
    fn check_usage(spec: KeySpec, usage: &str) -> Result<(), KmsError> {
        let name = spec.name();
        match usage {
            _ if usage == spec.usage().name() => Ok(()),
            "SIGN_VERIFY" if !spec.is_symmetric() => {
                Err(KmsError::unsupported(format!("This fake has no keys of {name} to {usage}.")))
            }
            _ => Err(KmsError::validation(format!(
                "KeyUsage {usage} is not compatible with KeySpec {name}"
            ))),
        }
    }

    /// Whether the material of the new key is to be imported.
    fn is_imported(&self, spec: KeySpec) -> Result<bool, KmsError> {
        let ours = [("AWS_KMS", false), ("EXTERNAL", true)];
        let is_imported = self.fields.choice("Origin", &ours, &OTHER_ORIGINS)?.unwrap_or(false);
        if is_imported && (!spec.is_symmetric() || self.fields.flag("MultiRegion")?) {
            return Err(KmsError::unsupported(
                "This fake imports material for symmetric keys in one Region only.",
            ));
        }
        Ok(is_imported)
    }
}

/// Kinds of keys that only AWS has.
const OTHER_SPECS: [&str; 13] = [
    "ECC_NIST_EDWARDS25519",
    "ECC_SECG_P256K1",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
    "SM2",
];
/// Origins that only AWS has.
const OTHER_ORIGINS: [&str; 2] = ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];
const USAGES: [&str; 5] = [
    "ENCAPSULATE_DECAPSULATE",
    "ENCRYPT_DECRYPT",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "SIGN_VERIFY",
];
