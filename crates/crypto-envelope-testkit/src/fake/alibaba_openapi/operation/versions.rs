//! Versions of keys.

use serde_json::{Value, json};

use super::Operation;
use crate::fake::alibaba_kms::{
    Refusal,
    key::{Key, Version},
};

impl Operation<'_> {
    pub(super) fn create_key_version(mut self) -> Result<Value, Refusal> {
        let now = self.store.now();
        self.change_key(|key| {
            key.check_enabled()?;
            key.add_version(now)?;
            Ok(json!({"KeyVersion": said(key, key.primary())}))
        })
    }

    pub(super) fn describe_key_version(self) -> Result<Value, Refusal> {
        let key = self.key()?;
        let version = key.version(self.parameters.required("KeyVersionId")?);
        Ok(json!({"KeyVersion": said(key, version.ok_or_else(Refusal::no_key_version)?)}))
    }

    pub(super) fn list_key_versions(self) -> Result<Value, Refusal> {
        let key = self.key()?;
        let versions = key.versions.iter().map(|version| said(key, version)).collect::<Vec<_>>();
        self.page("KeyVersions", "KeyVersion", &versions)
    }
}

fn said(key: &Key, version: &Version) -> Value {
    json!({
        "KeyId": key.id,
        "KeyVersionId": version.id,
        "CreationDate": version.created.extended(),
    })
}
