//! Creating keys, and what is said of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Operation, arn, done};
use crate::fake::alibaba_kms::{
    KeyKind, Refusal,
    key::{Key, Labels, State},
};

impl Operation<'_> {
    pub(super) fn create_key(self) -> Result<Value, Refusal> {
        let kind = self.kind()?;
        if self.parameters.text("Origin").is_some_and(|origin| origin != ORIGIN) {
            return Err(Refusal::unsupported(format!("This fake has no Origin but {ORIGIN}.")));
        }
        let labels = Labels {
            description: self.parameters.text("Description").unwrap_or_default().to_owned(),
            tags: self.tags()?,
            rotation: self.rotation()?,
            protection: self.protection()?,
            instance: self.instance()?,
        };
        if labels.rotation.is_some() && kind != KeyKind::Symmetric {
            return Err(Refusal::unsupported("Only symmetric keys are rotated."));
        }
        let mut key = Key::generate(kind, self.store.now())?;
        key.labels = labels;
        let answer = json!({"KeyMetadata": metadata(&key)});
        self.store.add_key(key);
        Ok(answer)
    }

    pub(super) fn describe_key(self) -> Result<Value, Refusal> {
        Ok(json!({"KeyMetadata": metadata(self.key()?)}))
    }

    pub(super) fn list_keys(self) -> Result<Value, Refusal> {
        let filters = self.filters()?;
        let keys = self.store.keys.values().filter(|key| {
            let metadata = metadata(key);
            filters.iter().all(|(name, values)| {
                metadata[name].as_str().is_some_and(|value| values.iter().any(|one| one == value))
            })
        });
        let keys = keys
            .map(|key| json!({"KeyId": key.id, "KeyArn": arn(&format!("key/{}", key.id))}))
            .collect::<Vec<_>>();
        self.page("Keys", "Key", &keys)
    }

    pub(super) fn update_rotation_policy(mut self) -> Result<Value, Refusal> {
        self.parameters.required("EnableAutomaticRotation")?;
        let rotation = self.rotation()?;
        self.change_key(|key| {
            if key.kind != KeyKind::Symmetric {
                return Err(Refusal::unsupported("Only symmetric keys are rotated."));
            }
            key.check_enabled()?;
            key.labels.rotation = rotation;
            Ok(done())
        })
    }

    fn kind(&self) -> Result<KeyKind, Refusal> {
        let spec = self.parameters.text("KeySpec").unwrap_or(KeyKind::Symmetric.spec());
        let usage = self.parameters.text("KeyUsage").unwrap_or(KeyKind::Symmetric.usage());
        let message = "This fake has no such KeySpec, or not for this KeyUsage.";
        KeyKind::of(spec, usage).ok_or_else(|| Refusal::unsupported(message))
    }

    /// How often, if at all.
    fn rotation(&self) -> Result<Option<u64>, Refusal> {
        let interval = self.parameters.seconds("RotationInterval")?;
        if !self.parameters.flag("EnableAutomaticRotation")? {
            return Ok(None);
        }
        let interval = interval.ok_or_else(|| Refusal::missing("RotationInterval"))?;
        if !ROTATIONS.contains(&interval) {
            return Err(Refusal::parameter("RotationInterval is to be 7 to 730 days."));
        }
        Ok(Some(interval))
    }

    fn protection(&self) -> Result<Option<String>, Refusal> {
        match self.parameters.text("ProtectionLevel") {
            None => Ok(None),
            Some(level @ (SOFTWARE | "HSM")) => Ok(Some(level.to_owned())),
            Some(_) => Err(Refusal::parameter("ProtectionLevel is to be SOFTWARE or HSM.")),
        }
    }

    fn instance(&self) -> Result<Option<String>, Refusal> {
        match self.parameters.text("DKMSInstanceId") {
            Some(id) if self.store.instance.as_deref() != Some(id) => Err(Refusal::no_instance()),
            id => Ok(id.map(str::to_owned)),
        }
    }

    /// From the name of a property to the values of which it must have one.
    fn filters(&self) -> Result<BTreeMap<String, Vec<String>>, Refusal> {
        let wrong = || Refusal::parameter("Filters are to be of properties that keys have.");
        let Some(filters) = self.parameters.json("Filters")? else { return Ok(BTreeMap::new()) };
        let filters = filters.as_array().ok_or_else(wrong)?.iter().map(|filter| {
            let name = filter["Key"].as_str().filter(|name| FILTERS.contains(name));
            let values = filter["Values"].as_array().ok_or_else(wrong)?.iter();
            let values = values.map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong));
            Ok((name.ok_or_else(wrong)?.to_owned(), values.collect::<Result<_, Refusal>>()?))
        });
        filters.collect()
    }
}

fn metadata(key: &Key) -> Value {
    let Labels { description, rotation, protection, instance, .. } = &key.labels;
    let mut metadata = json!({
        "KeyId": key.id,
        "Arn": arn(&format!("key/{}", key.id)),
        "KeyState": key.state.name(),
        "KeySpec": key.kind.spec(),
        "KeyUsage": key.kind.usage(),
        "Origin": ORIGIN,
        "ProtectionLevel": protection.as_deref().unwrap_or(SOFTWARE),
        "PrimaryKeyVersion": key.primary().id,
        "Description": description,
        "Creator": "1234567890123456",
        "CreationDate": key.created.extended(),
        "LastRotationDate": key.primary().created.extended(),
        "DeleteDate": "",
        "MaterialExpireTime": "",
        "AutomaticRotation": if rotation.is_some() { "Enabled" } else { "Disabled" },
        "DeletionProtection": "Disabled",
    });
    if let State::PendingDeletion(date) = key.state {
        metadata["DeleteDate"] = json!(date.extended());
    }
    if let Some(seconds) = rotation {
        metadata["RotationInterval"] = json!(format!("{seconds}s"));
    }
    if let Some(instance) = instance {
        metadata["DKMSInstanceId"] = json!(instance);
    }
    metadata
}

const ORIGIN: &str = "Aliyun_KMS";
const SOFTWARE: &str = "SOFTWARE";
/// What keys can be filtered by, of their metadata.
const FILTERS: &[&str] =
    &["DKMSInstanceId", "KeySpec", "KeyState", "KeyUsage", "Origin", "ProtectionLevel"];
/// In seconds: 7 to 730 days.
const ROTATIONS: std::ops::RangeInclusive<u64> = 604_800..=63_072_000;
