//! All that the fake knows: keys, aliases, grants, import tokens, the time, and who may do what.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    access::AccessKey,
    arn::{self, Arn, Kind},
    error::KmsError,
    grant::Grant,
    import::ImportToken,
    key::Key,
    material::Material,
    spec::KeySpec,
};
use crate::fake::clock::Clock;

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) keys: BTreeMap<Arn, Key>,
    /// From the ARN of an alias to that of its key.
    pub(super) aliases: BTreeMap<Arn, Arn>,
    pub(super) grants: Vec<Grant>,
    pub(super) import_tokens: Vec<ImportToken>,
    pub(super) clock: Clock,
    /// Those that are let in; everybody, if there are none.
    pub(super) access_keys: Vec<AccessKey>,
    /// Whether every key of which there is a well-formed ARN exists, with the material that the
    /// test vectors give it.
    pub(super) has_vector_keys: bool,
}

impl Store {
    /// The key that `name`, in any of its four forms, means in `region`.
    pub(super) fn resolve(&self, region: &str, name: &str) -> Result<Key, KmsError> {
        self.key(&self.resolve_name(region, name)?)
    }

    /// The key of this ARN, as it is by now.
    pub(super) fn key(&self, arn: &Arn) -> Result<Key, KmsError> {
        let now = self.clock.seconds();
        match self.keys.get(arn) {
            Some(key) => Ok(key.clone().at(now)),
            None if self.has_vector_keys => {
                let material = Arc::new(Material::of_vectors(arn));
                Ok(Key::new(arn.clone(), KeySpec::SymmetricDefault, material, now))
            }
            None => Err(KmsError::no_key(arn)),
        }
    }

    /// Changes the key of this ARN.
    pub(super) fn change(
        &mut self,
        arn: &Arn,
        change: impl FnOnce(&mut Key),
    ) -> Result<(), KmsError> {
        let mut key = self.key(arn)?;
        change(&mut key);
        self.keys.insert(arn.clone(), key);
        Ok(())
    }

    /// The Regions that have a key of this name.
    pub(super) fn regions_of(&self, key: &Arn) -> Vec<String> {
        let same = self.keys.keys().filter(|other| other.in_region(&key.region) == *key);
        same.map(|arn| arn.region.clone()).collect()
    }

    fn resolve_name(&self, region: &str, name: &str) -> Result<Arn, KmsError> {
        let arn = if name.starts_with("arn:") {
            Arn::parse(name).ok_or_else(|| KmsError::not_found(format!("Invalid arn {name}")))?
        } else if let Some(alias) = name.strip_prefix("alias/") {
            Arn::new(Kind::Alias, region, ACCOUNT, alias)
        } else if arn::is_key_id(name) {
            Arn::new(Kind::Key, region, ACCOUNT, name)
        } else {
            return Err(KmsError::not_found(format!("Invalid keyId '{name}'")));
        };
        if arn.region != region {
            // AWS says no more than this.
            return Err(KmsError::not_found(format!("Invalid arn {}", arn.region)));
        }
        match arn.kind {
            Kind::Key => Ok(arn),
            Kind::Alias => {
                let key = self.aliases.get(&arn).cloned();
                key.ok_or_else(|| KmsError::not_found(format!("Alias {arn} is not found.")))
            }
        }
    }
}

/// The account of everything that the fake creates.
pub(super) const ACCOUNT: &str = "111122223333";
