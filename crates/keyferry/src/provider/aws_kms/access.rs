//! The way to KMS, and the options that say it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use crypto_envelope::blocking;
use crypto_envelope_aws_kms::{AwsKmsClients, AwsKmsClientsBuilder};

use crate::{failure::Failure, provider::options::Options};

/// Clients of KMS. The configuration of a profile, and the credentials that go with it, are had once
/// for all that use it.
#[derive(Debug, Default)]
pub(in crate::provider) struct Access {
    profiles: BTreeMap<Option<String>, AwsKmsClientsBuilder>,
}

impl Access {
    /// Those for these settings. Keys that name no region are in `region`, or in that of the profile.
    pub(super) fn clients(
        &mut self,
        settings: &Settings,
        region: Option<&str>,
    ) -> Result<AwsKmsClients, Failure> {
        let mut clients = match self.profiles.entry(settings.profile.clone()) {
            Entry::Occupied(loaded) => loaded.get().clone(),
            Entry::Vacant(place) => {
                let loaded = match &settings.profile {
                    Some(name) => blocking::wait(AwsKmsClients::load_profile_builder(name))?,
                    None => blocking::wait(AwsKmsClients::load_builder())?,
                };
                place.insert(loaded).clone()
            }
        };
        if let Some(region) = region {
            clients = clients.region(region);
        }
        if let Some(url) = &settings.endpoint {
            clients = clients.endpoint_url(url);
        }
        Ok(clients.build()?)
    }
}

/// Options that all kinds of keys in KMS have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    profile: Option<String>,
    endpoint: Option<String>,
    grant_tokens: Vec<String>,
    grant_token_file: Option<PathBuf>,
}

impl Settings {
    pub(super) fn take(options: &mut Options) -> Self {
        Self {
            profile: options.take("profile"),
            endpoint: options.take("endpoint"),
            grant_tokens: options.take_list("grant-token").unwrap_or_default(),
            grant_token_file: options.take("grant-token-file").map(PathBuf::from),
        }
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.grant_token_file.as_deref()
    }

    /// Those that were given, and those in the file, one in each line.
    pub(super) fn grant_tokens(&self) -> Result<Vec<String>, Failure> {
        let mut tokens = self.grant_tokens.clone();
        if let Some(path) = &self.grant_token_file {
            let mut text = String::new();
            File::open(path)
                .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
                .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))?;
            tokens.extend(text.split_whitespace().map(str::to_owned));
        }
        Ok(tokens)
    }
}

/// In bytes: more than KMS takes.
const LONGEST: u64 = 100_000;
