//! Making and listing keys.

use std::time::Duration;

use crypto_envelope_alibaba_kms::openapi::{self, DescribeKey, KeyMetadata, ListKeys, Tag};
use serde_json::{Value, json};

use super::{Format, Service, call};
use crate::{
    args::{CreateKey, Pair, Usage},
    failure::Failure,
    report,
    text::printable,
};

pub(super) fn create(service: &Service, arguments: &CreateKey) -> Result<(), Failure> {
    let kms = service.openapi("make keys")?;
    let CreateKey { spec, usage, protection_level, instance, description, rotate_every, tag } =
        arguments;
    let mut create = openapi::CreateKey::new();
    if let Some(spec) = spec {
        create = create.key_spec(spec);
    }
    if let Some(usage) = usage {
        create = create.key_usage(match usage {
            Usage::EncryptDecrypt => "ENCRYPT/DECRYPT",
            Usage::SignVerify => "SIGN/VERIFY",
        });
    }
    if let Some(level) = protection_level {
        create = create.protection_level(level);
    }
    if let Some(instance) = instance {
        create = create.instance_id(instance);
    }
    if let Some(description) = description {
        create = create.description(description);
    }
    if let Some(days) = rotate_every {
        create = create.rotate_every(Duration::from_hours(24 * u64::from(*days)));
    }
    if !tag.is_empty() {
        let tags: Vec<_> = tag.iter().map(|Pair { key, value }| Tag::new(key, value)).collect();
        create = create.tags(tags);
    }
    let key = call(&kms, create)?.key;
    service.print(&key.key_id, &facts_of(&key))
}

pub(super) fn describe(service: &Service, key: &str) -> Result<(), Failure> {
    let kms = service.openapi("describe keys")?;
    let facts = facts_of(&call(&kms, DescribeKey::new(key))?.key);
    if service.format != Format::Text {
        return service.format.tell(&facts);
    }
    let lines = facts.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let value = value.as_str().filter(|value| !value.is_empty())?;
        Some(format!("{name}: {}\n", printable(value)))
    });
    report::print(&lines.collect::<String>())
}

/// All pages of them.
pub(super) fn list(service: &Service) -> Result<(), Failure> {
    let kms = service.openapi("list keys")?;
    let mut next = Some(ListKeys::new().page_number(1).page_size(PAGE));
    while let Some(list) = next {
        let page = call(&kms, list)?;
        for key in &page.items {
            let facts = json!({ "key_id": key.key_id, "key_arn": key.key_arn });
            service.print(&key.key_id, &facts)?;
        }
        next = ListKeys::new().behind(&page);
    }
    Ok(())
}

fn facts_of(key: &KeyMetadata) -> Value {
    json!({
        "key_id": key.key_id,
        "arn": key.arn,
        "state": key.key_state,
        "spec": key.key_spec,
        "usage": key.key_usage,
        "origin": key.origin,
        "protection_level": key.protection_level,
        "primary_key_version_id": key.primary_key_version,
        "description": key.description,
        "creator": key.creator,
        "creation_date": key.creation_date,
        "delete_date": key.delete_date,
        "material_expire_time": key.material_expire_time,
        "automatic_rotation": key.automatic_rotation,
        "rotation_interval": key.rotation_interval,
        "last_rotation_date": key.last_rotation_date,
        "next_rotation_date": key.next_rotation_date,
        "instance_id": key.instance_id,
        "deletion_protection": key.deletion_protection,
    })
}

/// As many as a page can have.
const PAGE: u32 = 100;
