//! All that KMS knows: keys, aliases, secrets, the time, and who may call.

use std::{collections::BTreeMap, fmt};

use super::{
    AccessKey, ClientKey, Refusal,
    key::{Key, Version},
};
use crate::fake::{clock::Clock, crypto, date::Date, tls::Ca};

#[derive(Debug, Default)]
pub(crate) struct Store {
    /// By their ids.
    pub(crate) keys: BTreeMap<String, Key>,
    /// From an alias to the id of its key.
    pub(crate) aliases: BTreeMap<String, String>,
    /// By their names, each with its versions, the oldest first.
    pub(crate) secrets: BTreeMap<String, Vec<Secret>>,
    /// The `ClientKey` that an instance started with.
    pub(crate) client_key: Option<ClientKey>,
    /// From the id of a `ClientKey` to its public key.
    pub(crate) client_keys: BTreeMap<String, Vec<u8>>,
    /// The first is the one that a gateway of the OpenAPI started with.
    pub(crate) access_keys: Vec<AccessKey>,
    /// The id of the instance, if there is one.
    pub(crate) instance: Option<String>,
    /// That of all gateways with TLS.
    pub(crate) ca: Option<Ca>,
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
    pub(crate) fn now(&self) -> Date {
        Date::of(self.clock.now())
    }

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

    /// One of the same id is replaced.
    pub(crate) fn add_access_key(&mut self, access_key: AccessKey) {
        self.access_keys.retain(|other| other.id != access_key.id);
        self.access_keys.push(access_key);
    }

    /// Adds a version, and the secret if it is new.
    pub(crate) fn put_secret(&mut self, name: &str, data: &str) -> String {
        let version = crypto::uuid();
        let created = self.now().extended();
        let secret = Secret { version: version.clone(), data: data.to_owned(), created };
        self.secrets.entry(name.to_owned()).or_default().push(secret);
        version
    }

    /// A version of a secret, and its stage if it has one: the version of this id, or else at this
    /// stage, or else the current one. What is empty was not said.
    pub(crate) fn secret(
        &self,
        name: &str,
        id: &str,
        stage: &str,
    ) -> Result<(&Secret, Option<&'static str>), Refusal> {
        let versions = self.secrets.get(name).ok_or_else(Refusal::no_secret)?;
        let stage = if stage.is_empty() && id.is_empty() { CURRENT } else { stage };
        let stages =
            [Some(CURRENT), Some("ACSPrevious")].into_iter().chain(std::iter::repeat(None));
        let mut wanted = versions.iter().rev().zip(stages).filter(|(secret, its)| {
            (id.is_empty() || secret.version == id) && (stage.is_empty() || *its == Some(stage))
        });
        wanted.next().ok_or_else(Refusal::no_secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("version", &self.version).finish_non_exhaustive()
    }
}

const CURRENT: &str = "ACSCurrent";
