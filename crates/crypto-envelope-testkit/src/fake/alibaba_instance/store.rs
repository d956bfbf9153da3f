//! All that the fake knows: keys, aliases, secrets, the time, and who may call.

use std::{collections::BTreeMap, fmt};

use super::{
    error::InstanceError,
    key::{Key, Version},
};
use crate::fake::{clock::Clock, crypto, date::Date};

#[derive(Debug, Default)]
pub(super) struct Store {
    /// By their ids.
    keys: BTreeMap<String, Key>,
    /// From an alias to the id of its key.
    aliases: BTreeMap<String, String>,
    /// By their names, each with its versions, the oldest first.
    secrets: BTreeMap<String, Vec<Secret>>,
    /// From the id of a `ClientKey` to its public key.
    pub(super) client_keys: BTreeMap<String, Vec<u8>>,
    pub(super) clock: Clock,
}

/// One version of a secret.
#[derive(Clone)]
pub(super) struct Secret {
    pub(super) version: String,
    pub(super) data: String,
    pub(super) created: String,
}

impl Store {
    pub(super) fn add_key(&mut self, key: Key) -> String {
        let id = key.id.clone();
        self.keys.insert(id.clone(), key);
        id
    }

    /// The key of this id or alias, whatever its state.
    pub(super) fn key(&self, name: &str) -> Result<&Key, InstanceError> {
        let id = self.aliases.get(name).map_or(name, String::as_str);
        self.keys.get(id).ok_or_else(InstanceError::no_key)
    }

    pub(super) fn change<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Key) -> Result<T, InstanceError>,
    ) -> Result<T, InstanceError> {
        let id = self.key(name)?.id.clone();
        change(self.keys.get_mut(&id).ok_or_else(InstanceError::no_key)?)
    }

    /// The version of this id, and its key.
    pub(super) fn version(&self, id: &str) -> Result<(&Key, &Version), InstanceError> {
        let mut versions = self.keys.values().filter_map(|key| Some((key, key.version(id)?)));
        versions.next().ok_or_else(InstanceError::no_key)
    }

    pub(super) fn add_alias(&mut self, alias: &str, key: &str) -> Result<(), InstanceError> {
        let name = alias.strip_prefix("alias/").unwrap_or_default();
        if name.is_empty() || self.aliases.contains_key(alias) {
            let message = "An alias is alias/ and a name, and no other key has it.";
            return Err(InstanceError::parameter(message));
        }
        let id = self.key(key)?.id.clone();
        self.aliases.insert(alias.to_owned(), id);
        Ok(())
    }

    /// Adds a version, and the secret if it is new.
    pub(super) fn put_secret(&mut self, name: &str, data: &str) -> String {
        let version = crypto::uuid();
        let created = Date::of(self.clock.now()).extended();
        let secret = Secret { version: version.clone(), data: data.to_owned(), created };
        self.secrets.entry(name.to_owned()).or_default().push(secret);
        version
    }

    pub(super) fn secret(&self, name: &str) -> Result<&[Secret], InstanceError> {
        self.secrets.get(name).map(Vec::as_slice).ok_or_else(InstanceError::no_secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("version", &self.version).finish_non_exhaustive()
    }
}
