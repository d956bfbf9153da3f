//! Making and showing keys.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::aws_kms::{
    arn::{Arn, Kind},
    error::KmsError,
    key::Key,
    material::{self, Material},
    spec::KeySpec,
    store::ACCOUNT,
};

impl Operation<'_> {
    pub(super) fn create_key(self) -> Result<Value, KmsError> {
        let spec = self.key_spec()?;
        let origin = self.fields.text("Origin")?.unwrap_or("AWS_KMS");
        if origin != "AWS_KMS" {
            return Err(KmsError::unsupported("This fake makes its key material itself."));
        }
        self.authorise_for_all()?;
        let id = if self.fields.flag("MultiRegion")? {
            format!("mrk-{}", material::hex(&material::random::<16>()))
        } else {
            material::uuid()
        };
        let arn = Arn::new(Kind::Key, &self.caller.region, ACCOUNT, &id);
        let mut key = Key::new(arn.clone(), spec, Arc::new(Material::generate(spec)?));
        key.description = self.description()?;
        key.policy = self.policy_of(&arn)?;
        self.store.keys.insert(arn.clone(), key.clone());
        Ok(json!({"KeyMetadata": key.metadata(&self.store.regions_of(&arn))}))
    }

    pub(super) fn replicate_key(self) -> Result<Value, KmsError> {
        let region = self.fields.required_text("ReplicaRegion")?;
        let primary = self.key()?;
        if !primary.arn.is_multi_region() || primary.primary_region != primary.arn.region {
            let message = format!("{} is not a multi-Region primary key.", primary.arn);
            return Err(KmsError::unsupported(message));
        }
        primary.check_enabled()?;
        let mut replica = primary.replica(region);
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
        Ok(json!({
            "KeyId": key.arn.to_string(),
            "PublicKey": STANDARD.encode(key.material.public_key()?),
            "CustomerMasterKeySpec": key.spec.name(),
            "KeySpec": key.spec.name(),
            "KeyUsage": "ENCRYPT_DECRYPT",
            "EncryptionAlgorithms": key.algorithms(),
        }))
    }

    fn description(&self) -> Result<String, KmsError> {
        Ok(self.fields.text("Description")?.unwrap_or_default().to_owned())
    }

    fn key_spec(&self) -> Result<KeySpec, KmsError> {
        let name = match self.fields.text("KeySpec")? {
            Some(name) => name,
            None => self.fields.text("CustomerMasterKeySpec")?.unwrap_or("SYMMETRIC_DEFAULT"),
        };
        let spec = KeySpec::ALL.into_iter().find(|spec| spec.name() == name);
        let spec = spec.ok_or_else(|| {
            let all = KeySpec::ALL.map(KeySpec::name).join(", ");
            let constraint = format!("satisfy enum value set: [{all}]");
            KmsError::constraint("KeySpec", Some(name), &constraint)
        })?;
        match self.fields.text("KeyUsage")? {
            Some("ENCRYPT_DECRYPT") => Ok(spec),
            None if spec.is_symmetric() => Ok(spec),
            None => Err(KmsError::validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric \
                 encryption keys.",
            )),
            Some(other) => {
                let constraint = "satisfy enum value set: [ENCRYPT_DECRYPT]";
                Err(KmsError::constraint("KeyUsage", Some(other), constraint))
            }
        }
    }
}
