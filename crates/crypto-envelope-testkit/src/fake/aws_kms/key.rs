//! One key: its names, its material, its state.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{arn::Arn, error::KmsError, material::Material, policy::Policy, spec::KeySpec};

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) arn: Arn,
    pub(super) spec: KeySpec,
    /// Shared by the replicas of a multi-Region key.
    pub(super) material: Arc<Material>,
    pub(super) state: State,
    pub(super) policy: Arc<Policy>,
    pub(super) description: String,
    /// Where the primary key of a multi-Region key is.
    pub(super) primary_region: String,
    created: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Enabled,
    Disabled,
    /// With the time of the end, in seconds since 1970.
    PendingDeletion(f64),
}

impl Key {
    pub(super) fn new(arn: Arn, spec: KeySpec, material: Arc<Material>) -> Self {
        Self {
            primary_region: arn.region.clone(),
            arn,
            spec,
            material,
            state: State::Enabled,
            policy: Policy::usual(),
            description: String::new(),
            created: seconds_after(Duration::ZERO),
        }
    }

    /// The same key in another Region.
    pub(super) fn replica(&self, region: &str) -> Self {
        Self {
            arn: self.arn.in_region(region),
            state: State::Enabled,
            created: seconds_after(Duration::ZERO),
            ..self.clone()
        }
    }

    /// Refuses a key that is disabled or about to be deleted.
    pub(super) fn check_enabled(&self) -> Result<(), KmsError> {
        match self.state {
            State::Enabled => Ok(()),
            State::Disabled => {
                Err(KmsError::new("DisabledException", format!("{} is disabled.", self.arn)))
            }
            State::PendingDeletion(_) => self.check_kept(),
        }
    }

    /// Refuses a key that is about to be deleted.
    pub(super) fn check_kept(&self) -> Result<(), KmsError> {
        match self.state {
            State::PendingDeletion(_) => {
                Err(KmsError::invalid_state(format!("{} is pending deletion.", self.arn)))
            }
            State::Enabled | State::Disabled => Ok(()),
        }
    }

    pub(super) fn algorithms(&self) -> Vec<&'static str> {
        self.spec.algorithms().iter().map(|algorithm| algorithm.name()).collect()
    }

    /// `KeyMetadata`; `regions` are all those that have the key.
    pub(super) fn metadata(&self, regions: &[String]) -> Value {
        let mut metadata = json!({
            "AWSAccountId": self.arn.account,
            "Arn": self.arn.to_string(),
            "CreationDate": self.created,
            "CustomerMasterKeySpec": self.spec.name(),
            "Description": self.description,
            "Enabled": self.state == State::Enabled,
            "EncryptionAlgorithms": self.algorithms(),
            "KeyId": self.arn.id,
            "KeyManager": "CUSTOMER",
            "KeySpec": self.spec.name(),
            "KeyState": self.state.name(),
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": self.arn.is_multi_region(),
            "Origin": "AWS_KMS",
        });
        if let State::PendingDeletion(end) = self.state {
            metadata["DeletionDate"] = json!(end);
        }
        if self.arn.is_multi_region() {
            metadata["MultiRegionConfiguration"] = self.regions(regions);
        }
        metadata
    }

    fn regions(&self, regions: &[String]) -> Value {
        let is_primary = self.primary_region == self.arn.region;
        let place = |region: &String| json!({"Arn": self.arn.in_region(region).to_string(), "Region": region});
        let replicas = regions.iter().filter(|region| **region != self.primary_region);
        json!({
            "MultiRegionKeyType": if is_primary { "PRIMARY" } else { "REPLICA" },
            "PrimaryKey": place(&self.primary_region),
            "ReplicaKeys": replicas.map(place).collect::<Vec<_>>(),
        })
    }
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion(_) => "PendingDeletion",
        }
    }
}

/// Seconds since 1970, that much from now.
pub(super) fn seconds_after(wait: Duration) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // The service answers with milliseconds.
    ((now + wait).as_secs_f64() * 1000.0).round() / 1000.0
}
