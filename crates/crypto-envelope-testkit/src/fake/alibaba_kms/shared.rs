//! All that KMS knows, for as many gateways as there are.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{AccessKey, ClientKey, KeyKind, Refusal, key::Key, state::State, store::Store};
use crate::fake::{crypto, http::Transport, tls::Ca};

/// A [`Store`] that gateways have in common: clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    store: Store,
    state: Option<State>,
}

/// Whether connections are secured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Security {
    #[default]
    Clear,
    Tls,
}

impl Shared {
    /// What is kept in a directory, and will be.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let kept = Kept { store: Store::default(), state: Some(State::at(directory)?) };
        let shared = Self(Arc::new(Mutex::new(kept)));
        // What cannot be read is said now, and not by the first call.
        shared.lock().ask(|_| Ok(())).map_err(io::Error::other)?;
        Ok(shared)
    }

    /// What cannot be kept now is tried again with the next [`ask`](Self::ask), which says so.
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&mut Store) -> T) -> T {
        let mut kept = self.lock();
        let alone = kept.begin();
        let answer = use_it(&mut kept.store);
        let _ = kept.end();
        drop(alone);
        answer
    }

    pub(crate) fn ask<T>(
        &self,
        ask: impl FnOnce(&mut Store) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.lock().ask(ask)
    }

    pub(crate) fn create_key(&self, kind: KeyKind) -> Result<String, Refusal> {
        self.ask(|store| Ok(store.add_key(Key::generate(kind, store.now())?)))
    }

    pub(crate) fn rotate_key(&self, key_id: &str) -> Result<String, Refusal> {
        self.ask(|store| {
            let now = store.now();
            store.change(key_id, |key| Ok(key.rotate(now)?.id.clone()))
        })
    }

    /// There is an instance: its id, and the `ClientKey` that it starts with.
    pub(crate) fn start_instance(&self) -> Result<(String, ClientKey), Refusal> {
        self.ask(|store| {
            let new_id = || format!("kst-hzz{}", crypto::hex(&crypto::random::<9>()));
            let id = store.instance.get_or_insert_with(new_id).clone();
            if let Some(client_key) = &store.client_key {
                return Ok((id, client_key.clone()));
            }
            let (client_key, public_key) = ClientKey::generate()?;
            store.client_keys.insert(client_key.id().to_owned(), public_key);
            Ok((id, store.client_key.insert(client_key).clone()))
        })
    }

    /// The access key that a gateway starts with: this one, or the first that there is.
    pub(crate) fn start_access_key(&self, wanted: Option<AccessKey>) -> Result<AccessKey, Refusal> {
        self.ask(|store| {
            if let (None, Some(access_key)) = (&wanted, store.access_keys.first()) {
                return Ok(access_key.clone());
            }
            let access_key = wanted.unwrap_or_else(AccessKey::generate);
            store.add_access_key(access_key.clone());
            Ok(access_key)
        })
    }

    /// The way to a gateway, and the certificate of the CA that has to be trusted on it.
    pub(crate) fn transport(&self, security: Security) -> io::Result<(Transport, Option<String>)> {
        match security {
            Security::Clear => Ok((Transport::Clear, None)),
            Security::Tls => {
                let ca = self.ask(|store| {
                    if let Some(ca) = &store.ca {
                        return Ok(ca.clone());
                    }
                    let failed = |error: io::Error| Refusal::internal(error.to_string());
                    Ok(store.ca.insert(Ca::generate().map_err(failed)?).clone())
                });
                let ca = ca.map_err(io::Error::other)?;
                Ok((Transport::Tls(ca.acceptor()?), Some(ca.certificate_pem)))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn ask<T>(&mut self, ask: impl FnOnce(&mut Store) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let failed = |error: io::Error| Refusal::internal(error.to_string());
        let _alone = self.begin().map_err(failed)?;
        let answer = ask(&mut self.store);
        self.end().map_err(failed)?;
        answer
    }

    /// Has the newest state, and keeps others from it until what it gives is dropped.
    fn begin(&mut self) -> io::Result<Option<File>> {
        let Some(state) = &mut self.state else { return Ok(None) };
        let alone = state.lock()?;
        state.read(&mut self.store)?;
        Ok(Some(alone))
    }

    fn end(&mut self) -> io::Result<()> {
        self.state.as_mut().map_or(Ok(()), |state| state.write(&self.store))
    }
}
