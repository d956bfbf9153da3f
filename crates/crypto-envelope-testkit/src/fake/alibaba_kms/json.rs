//! A [`Store`] as JSON, all but its clock.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    AccessKey, ClientKey, KeyKind,
    key::{Key, Labels, Material, State, Version},
    store::{Secret, Store},
};
use crate::fake::{
    crypto::{CryptoError, RsaKey, SigningKey},
    date::Date,
    tls::Ca,
};

pub(super) fn encode(store: &Store) -> Result<Value, CryptoError> {
    let secrets = store.secrets.iter().map(|(name, versions)| {
        let versions = versions.iter().map(|Secret { version, data, created }| {
            json!({"version": version, "data": data, "created": created})
        });
        (name.clone(), versions.collect::<Value>())
    });
    let client_keys =
        store.client_keys.iter().map(|(id, key)| (id.clone(), Value::from(STANDARD.encode(key))));
    let access_keys = store.access_keys.iter().map(|AccessKey { id, secret, security_token }| {
        json!({"id": id, "secret": secret, "security_token": security_token})
    });
    Ok(json!({
        "keys": store.keys.values().map(encode_key).collect::<Result<Value, _>>()?,
        "aliases": store.aliases,
        "secrets": secrets.collect::<Value>(),
        "client_key": store.client_key.as_ref().map(|ClientKey { id, private_key }| {
            json!({"id": id, "private_key": STANDARD.encode(private_key)})
        }),
        "client_keys": client_keys.collect::<Value>(),
        "access_keys": access_keys.collect::<Value>(),
        "instance": store.instance,
        "ca": store.ca.as_ref().map(|Ca { certificate_pem, private_key }| {
            json!({"certificate": certificate_pem, "private_key": STANDARD.encode(private_key)})
        }),
    }))
}

/// Nothing has changed if it is something else.
pub(super) fn decode(value: &Value, store: &mut Store) -> Option<()> {
    let keys = array(&value["keys"])?.map(decode_key);
    let secrets = object(&value["secrets"])?.map(|(name, versions)| {
        let versions = array(versions)?.map(|secret| {
            Some(Secret {
                version: text(&secret["version"])?,
                data: text(&secret["data"])?,
                created: text(&secret["created"])?,
            })
        });
        Some((name.clone(), versions.collect::<Option<Vec<_>>>()?))
    });
    let client_keys =
        object(&value["client_keys"])?.map(|(id, key)| Some((id.clone(), bytes(key)?)));
    let access_keys = array(&value["access_keys"])?.map(|key| {
        Some(AccessKey {
            id: text(&key["id"])?,
            secret: text(&key["secret"])?,
            security_token: optional(&key["security_token"], text)?,
        })
    });
    *store = Store {
        keys: keys.map(|key| key.map(|key| (key.id.clone(), key))).collect::<Option<_>>()?,
        aliases: texts(&value["aliases"])?,
        secrets: secrets.collect::<Option<_>>()?,
        client_key: optional(&value["client_key"], |key| {
            Some(ClientKey { id: text(&key["id"])?, private_key: bytes(&key["private_key"])? })
        })?,
        client_keys: client_keys.collect::<Option<_>>()?,
        access_keys: access_keys.collect::<Option<_>>()?,
        instance: optional(&value["instance"], text)?,
        ca: optional(&value["ca"], |ca| {
            Some(Ca {
                certificate_pem: text(&ca["certificate"])?,
                private_key: bytes(&ca["private_key"])?,
            })
        })?,
        clock: std::mem::take(&mut store.clock),
    };
    Some(())
}

fn encode_key(key: &Key) -> Result<Value, CryptoError> {
    let versions = key.versions.iter().map(|version| {
        let material = match &*version.material {
            Material::Symmetric(key) => key.to_vec(),
            Material::RsaEncrypt(key) => key.private_key()?,
            Material::RsaSign(key) => key.private_key()?,
        };
        Ok(json!({
            "id": version.id,
            "created": version.created.extended(),
            "material": STANDARD.encode(material),
        }))
    });
    let delete_date = match key.state {
        State::PendingDeletion(date) => Some(date.extended()),
        State::Enabled | State::Disabled => None,
    };
    let Labels { description, tags, rotation, protection, instance } = &key.labels;
    Ok(json!({
        "id": key.id,
        "spec": key.kind.spec(),
        "usage": key.kind.usage(),
        "state": key.state.name(),
        "delete_date": delete_date,
        "created": key.created.extended(),
        "description": description,
        "tags": tags,
        "rotation": rotation,
        "protection": protection,
        "instance": instance,
        "versions": versions.collect::<Result<Value, CryptoError>>()?,
    }))
}

fn decode_key(value: &Value) -> Option<Key> {
    let kind = KeyKind::of(value["spec"].as_str()?, value["usage"].as_str()?)?;
    let state = match value["state"].as_str()? {
        "Enabled" => State::Enabled,
        "Disabled" => State::Disabled,
        "PendingDeletion" => State::PendingDeletion(date(&value["delete_date"])?),
        _ => return None,
    };
    let versions = array(&value["versions"])?.map(|version| {
        let material = bytes(&version["material"])?;
        let material = match kind {
            KeyKind::Symmetric => Material::Symmetric(material.try_into().ok()?),
            KeyKind::Rsa2048Encrypt => Material::RsaEncrypt(RsaKey::of(&material).ok()?),
            KeyKind::Rsa2048Sign => Material::RsaSign(SigningKey::of(&material).ok()?),
        };
        Some(Version {
            id: text(&version["id"])?,
            created: date(&version["created"])?,
            material: Arc::new(material),
        })
    });
    let versions = versions.collect::<Option<Vec<_>>>()?;
    // A key begins with a version.
    (!versions.is_empty()).then_some(())?;
    Some(Key {
        id: text(&value["id"])?,
        kind,
        state,
        created: date(&value["created"])?,
        labels: Labels {
            description: text(&value["description"])?,
            tags: texts(&value["tags"])?,
            rotation: optional(&value["rotation"], Value::as_u64)?,
            protection: optional(&value["protection"], text)?,
            instance: optional(&value["instance"], text)?,
        },
        versions,
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok()
}

fn date(value: &Value) -> Option<Date> {
    Date::parse_extended(value.as_str()?)
}

fn array(value: &Value) -> Option<impl Iterator<Item = &Value>> {
    value.as_array().map(|array| array.iter())
}

fn object(value: &Value) -> Option<impl Iterator<Item = (&String, &Value)>> {
    value.as_object().map(|object| object.iter())
}

fn texts(value: &Value) -> Option<BTreeMap<String, String>> {
    object(value)?.map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// Null is none; none is what is neither.
#[expect(clippy::option_option, reason = "the outer one is the failure")]
fn optional<'a, T>(
    value: &'a Value,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Option<Option<T>> {
    if value.is_null() { Some(None) } else { read(value).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_comes_back() {
        let mut store = Store::default();
        store.create_samples().unwrap();
        let now = store.now();
        let (client_key, public_key) = ClientKey::generate().unwrap();
        store.client_keys.insert("id".to_owned(), public_key);
        store.client_key = Some(client_key);
        store.access_keys.push(AccessKey::generate().with_security_token("token"));
        store.access_keys.push(AccessKey::generate());
        store.instance = Some("kst".to_owned());
        store.ca = Some(Ca::generate().unwrap());
        store
            .change("alias/symmetric", |key| {
                key.rotate(now)?;
                key.state = State::PendingDeletion(now);
                key.labels = Labels {
                    description: "text".to_owned(),
                    tags: [("name".to_owned(), "value".to_owned())].into(),
                    rotation: Some(604_800),
                    protection: Some("HSM".to_owned()),
                    instance: Some("kst".to_owned()),
                };
                Ok(())
            })
            .unwrap();
        let encoded = encode(&store).unwrap();
        let mut other = Store::default();
        decode(&encoded, &mut other).unwrap();
        assert_eq!(encode(&other).unwrap(), encoded);
        assert_eq!(format!("{other:?}"), format!("{store:?}"));
    }

    #[test]
    fn something_else_changes_nothing() {
        let mut store = Store::default();
        store.create_samples().unwrap();
        let before = encode(&store).unwrap();
        for pointer in [
            "",
            "/keys",
            "/keys/0/id",
            "/keys/0/spec",
            "/keys/0/state",
            "/keys/0/versions",
            "/keys/0/versions/0/material",
            "/aliases/alias~1symmetric",
            "/secrets/sample/0/data",
            "/client_key",
            "/access_keys",
            "/ca",
        ] {
            let mut broken = before.clone();
            *broken.pointer_mut(pointer).unwrap() = json!(7);
            assert_eq!(decode(&broken, &mut store), None, "{pointer}");
            assert_eq!(encode(&store).unwrap(), before);
        }
    }
}
