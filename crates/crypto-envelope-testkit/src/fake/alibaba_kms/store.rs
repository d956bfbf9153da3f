//! All that the fake knows: keys, aliases, secrets, the time, and who may call.

use std::{collections::BTreeMap, fmt};

use super::{
    Refusal,
    key::{Key, Version},
};
use crate::fake::{clock::Clock, crypto, date::Date};

#[derive(Debug, Default)]
pub(crate) struct Store {
    /// By their ids.
    keys: BTreeMap<String, Key>,
    /// From an alias to the id of its key.
    aliases: BTreeMap<String, String>,
    /// By their names, each with its versions, the oldest first.
    secrets: BTreeMap<String, Vec<Secret>>,
    /// From the id of a `ClientKey` to its public key.
    pub(crate) client_keys: BTreeMap<String, Vec<u8>>,
    pub(crate) clock: Clock,
}

/// One version of a secret.
#[derive(Clone)]
pub(crate) struct Secret {
    pub(crate) version: String,
    pub(crate) data: String,
    pub(crate) created: String,
}

impl Store {
    pub(crate) fn add_key(&mut self, key: Key) -> String {
        let id = key.id.clone();
        self.keys.insert(id.clone(), key);
        id
    }

    /// The key of this id or alias, whatever its state.
    pub(crate) fn key(&self, name: &str) -> Result<&Key, Refusal> {
        let id = self.aliases.get(name).map_or(name, String::as_str);
        self.keys.get(id).ok_or_else(Refusal::no_key)
    }

    pub(crate) fn change<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Key) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let id = self.key(name)?.id.clone();
        change(self.keys.get_mut(&id).ok_or_else(Refusal::no_key)?)
    }

    /// The version of this id, and its key.
    pub(crate) fn version(&self, id: &str) -> Result<(&Key, &Version), Refusal> {
        let mut versions = self.keys.values().filter_map(|key| Some((key, key.version(id)?)));
        versions.next().ok_or_else(Refusal::no_key)
    }

    pub(crate) fn add_alias(&mut self, alias: &str, key: &str) -> Result<(), Refusal> {
        let name = alias.strip_prefix("alias/").unwrap_or_default();
        if name.is_empty() || self.aliases.contains_key(alias) {
            let message = "An alias is alias/ and a name, and no other key has it.";
            return Err(Refusal::parameter(message));
        }
        let id = self.key(key)?.id.clone();
        self.aliases.insert(alias.to_owned(), id);
        Ok(())
    }

    /// Adds a version, and the secret if it is new.
    pub(crate) fn put_secret(&mut self, name: &str, data: &str) -> String {
        let version = crypto::uuid();
        let created = Date::of(self.clock.now()).extended();
        let secret = Secret { version: version.clone(), data: data.to_owned(), created };
        self.secrets.entry(name.to_owned()).or_default().push(secret);
        version
    }

    pub(crate) fn secret(&self, name: &str) -> Result<&[Secret], Refusal> {
        self.secrets.get(name).map(Vec::as_slice).ok_or_else(Refusal::no_secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("version", &self.version).finish_non_exhaustive()
    }
}
