//! One key: its names, its material, its state.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    arn::Arn,
    error::KmsError,
    import::{self, Expiration, Import},
    material::Material,
    policy::Policy,
    spec::{KeySpec, KeyUsage},
};

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) arn: Arn,
    pub(super) spec: KeySpec,
    /// Shared by the replicas of a multi-Region key.
    pub(super) material: Arc<Material>,
    pub(super) origin: Origin,
    pub(super) state: State,
    pub(super) policy: Arc<Policy>,
    pub(super) description: String,
    /// Where the primary key of a multi-Region key is.
    pub(super) primary_region: String,
    created: f64,
}

/// Where the material is from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    AwsKms,
    External(Import),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Enabled,
    Disabled,
    PendingImport,
    /// With the time of the end, in seconds since 1970.
    PendingDeletion(f64),
}

impl Key {
    pub(super) fn new(arn: Arn, spec: KeySpec, material: Arc<Material>, created: f64) -> Self {
        Self {
            primary_region: arn.region.clone(),
            arn,
            spec,
            material,
            origin: Origin::AwsKms,
            state: State::Enabled,
            policy: Policy::usual(),
            description: String::new(),
            created,
        }
    }

    /// A symmetric key that waits for its material.
    pub(super) fn pending_import(arn: Arn, created: f64) -> Self {
        Self {
            origin: Origin::External(Import::default()),
            state: State::PendingImport,
            ..Self::new(arn, KeySpec::SymmetricDefault, Arc::new(Material::none()), created)
        }
    }

    /// The same key in another Region.
    pub(super) fn replica(&self, region: &str, created: f64) -> Self {
        Self { arn: self.arn.in_region(region), state: State::Enabled, created, ..self.clone() }
    }

    /// What has become of it by now: imported material expires.
    pub(super) fn at(mut self, now: f64) -> Self {
        if let Origin::External(import) = &self.origin
            && import.has_expired(now)
        {
            self.lose_material();
        }
        self
    }

    /// Whether it is not a replica of another Region's key.
    pub(super) fn is_primary(&self) -> bool {
        self.primary_region == self.arn.region
    }

    /// Takes imported material in.
    pub(super) fn take_material(&mut self, material: [u8; 32], expiration: Expiration) {
        let material_id = Some(import::material_id(&self.arn, &material));
        self.origin = Origin::External(Import { material_id, expiration: Some(expiration) });
        self.material = Arc::new(Material::of_symmetric(material));
        // A key that somebody disabled stays so.
        if self.state == State::PendingImport {
            self.state = State::Enabled;
        }
    }

    /// Takes imported material away. A key of other material is as before.
    pub(super) fn lose_material(&mut self) {
        let Origin::External(import) = &mut self.origin else { return };
        import.expiration = None;
        self.material = Arc::new(Material::none());
        if !matches!(self.state, State::PendingDeletion(_)) {
            self.state = State::PendingImport;
        }
    }

    /// The state of a key whose deletion is cancelled.
    pub(super) fn state_when_kept(&self) -> State {
        match &self.origin {
            Origin::External(import) if import.expiration.is_none() => State::PendingImport,
            _ => State::Disabled,
        }
    }

    /// Refuses a key of another use than the `operation` has.
    pub(super) fn check_usage(&self, usage: KeyUsage, operation: &str) -> Result<(), KmsError> {
        let own = self.spec.usage();
        if own == usage {
            return Ok(());
        }
        let message =
            format!("{} key usage is {} which is not valid for {operation}.", self.arn, own.name());
        Err(KmsError::wrong_usage(message))
    }

    /// Refuses a key that is disabled, without material, or about to be deleted.
    pub(super) fn check_enabled(&self) -> Result<(), KmsError> {
        match self.state {
            State::Enabled => Ok(()),
            State::Disabled => {
                Err(KmsError::new("DisabledException", format!("{} is disabled.", self.arn)))
            }
            State::PendingImport => self.check_imported(),
            State::PendingDeletion(_) => self.check_kept(),
        }
    }

    /// Refuses a key that waits for its material.
    pub(super) fn check_imported(&self) -> Result<(), KmsError> {
        if self.state != State::PendingImport {
            return Ok(());
        }
        Err(KmsError::invalid_state(format!("{} is pending import.", self.arn)))
    }

    /// Refuses a key that is about to be deleted.
    pub(super) fn check_kept(&self) -> Result<(), KmsError> {
        match self.state {
            State::PendingDeletion(_) => {
                Err(KmsError::invalid_state(format!("{} is pending deletion.", self.arn)))
            }
            State::Enabled | State::Disabled | State::PendingImport => Ok(()),
        }
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
            "KeyId": self.arn.id,
            "KeyManager": "CUSTOMER",
            "KeySpec": self.spec.name(),
            "KeyState": self.state.name(),
            "KeyUsage": self.spec.usage().name(),
            "MultiRegion": self.arn.is_multi_region(),
            "Origin": self.origin.name(),
        });
        let (list, algorithms) = self.spec.listed_algorithms();
        metadata[list] = json!(algorithms);
        if let Origin::External(Import { expiration: Some(expiration), .. }) = &self.origin {
            metadata["ExpirationModel"] = json!(expiration.model());
            if let Expiration::At(end) = expiration {
                metadata["ValidTo"] = json!(end);
            }
        }
        if let State::PendingDeletion(end) = self.state {
            metadata["DeletionDate"] = json!(end);
        }
        if self.arn.is_multi_region() {
            metadata["MultiRegionConfiguration"] = self.regions(regions);
        }
        metadata
    }

    fn regions(&self, regions: &[String]) -> Value {
        let is_primary = self.is_primary();
        let place = |region: &String| json!({"Arn": self.arn.in_region(region).to_string(), "Region": region});
        let replicas = regions.iter().filter(|region| **region != self.primary_region);
        json!({
            "MultiRegionKeyType": if is_primary { "PRIMARY" } else { "REPLICA" },
            "PrimaryKey": place(&self.primary_region),
            "ReplicaKeys": replicas.map(place).collect::<Vec<_>>(),
        })
    }
}

impl Origin {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::AwsKms => "AWS_KMS",
            Self::External(_) => "EXTERNAL",
        }
    }
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingImport => "PendingImport",
            Self::PendingDeletion(_) => "PendingDeletion",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_material_is_gone() {
        let arn = Arn::parse("arn:aws:kms:us-east-1:1:key/a").expect("an ARN");
        let mut key = Key::pending_import(arn, 0.0);
        let seals =
            |key: &Key| key.material.symmetric().is_ok_and(|keys| keys.seal(b"", b"").is_ok());
        assert!(!seals(&key));
        key.take_material([7; 32], Expiration::At(2.0));
        assert!(seals(&key.clone().at(1.0)));
        assert!(!seals(&key.at(2.0)));
    }
}
