//! A set of keys to begin with.

use std::collections::BTreeMap;

use super::{
    KeyKind, Refusal,
    key::{Key, State},
    store::Store,
};

impl Store {
    /// Those that are there already stay.
    pub(crate) fn create_samples(&mut self) -> Result<BTreeMap<&'static str, String>, Refusal> {
        let mut samples = BTreeMap::new();
        for (name, kind, state) in SAMPLES {
            let alias = format!("alias/{name}");
            if !self.aliases.contains_key(&alias) {
                let mut key = Key::generate(kind, self.now())?;
                key.state = state;
                let id = self.add_key(key);
                self.add_alias(&alias, &id)?;
            }
            samples.insert(name, self.key(&alias)?.id.clone());
        }
        if !self.secrets.contains_key(SECRET) {
            self.put_secret(SECRET, "no secret at all");
        }
        Ok(samples)
    }
}

const SECRET: &str = "sample";
const SAMPLES: [(&str, KeyKind, State); 4] = [
    ("symmetric", KeyKind::Symmetric, State::Enabled),
    ("rsa_2048_encrypt", KeyKind::Rsa2048Encrypt, State::Enabled),
    ("rsa_2048_sign", KeyKind::Rsa2048Sign, State::Enabled),
    ("disabled", KeyKind::Symmetric, State::Disabled),
];
