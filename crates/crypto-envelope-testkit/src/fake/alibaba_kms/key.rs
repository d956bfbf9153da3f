//! One key: its versions, its state, and what is said of it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_lc_rs::rsa::KeySize;

use super::{KeyKind, Refusal};
use crate::fake::{
    crypto::{self, CryptoError, RsaKey, SigningKey},
    date::Date,
};

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) kind: KeyKind,
    pub(crate) state: State,
    pub(crate) created: Date,
    pub(crate) labels: Labels,
    /// That of the beginning, and what rotations added: the last one is the primary version.
    pub(crate) versions: Vec<Version>,
}

/// What the OpenAPI says of a key, and does nothing about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    pub(crate) description: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// In seconds, if it is said to be rotated.
    pub(crate) rotation: Option<u64>,
    /// If it is not the default, `SOFTWARE`.
    pub(crate) protection: Option<String>,
    /// The id of the instance that has it.
    pub(crate) instance: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Enabled,
    Disabled,
    /// It says when, but nothing is ever deleted.
    PendingDeletion(Date),
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) created: Date,
    pub(crate) material: Arc<Material>,
}

pub(crate) enum Material {
    Symmetric([u8; 32]),
    RsaEncrypt(RsaKey),
    RsaSign(SigningKey),
}

impl Key {
    pub(crate) fn generate(kind: KeyKind, now: Date) -> Result<Self, Refusal> {
        Ok(Self {
            id: format!("key-hzz{}", crypto::hex(&crypto::random::<9>())),
            kind,
            state: State::Enabled,
            created: now,
            labels: Labels::default(),
            versions: vec![Version::generate(kind, now)?],
        })
    }

    /// Adds a version and makes it the primary one.
    pub(crate) fn rotate(&mut self, now: Date) -> Result<&Version, Refusal> {
        if self.kind != KeyKind::Symmetric {
            return Err(Refusal::unsupported("Only symmetric keys are rotated."));
        }
        self.add_version(now)
    }

    /// As [`rotate`](Self::rotate), for keys of any kind.
    pub(crate) fn add_version(&mut self, now: Date) -> Result<&Version, Refusal> {
        self.versions.push(Version::generate(self.kind, now)?);
        Ok(self.primary())
    }

    pub(crate) fn initial(&self) -> &Version {
        self.versions.first().expect("a key begins with a version")
    }

    pub(crate) fn primary(&self) -> &Version {
        self.versions.last().expect("a key begins with a version")
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(crate) fn check_enabled(&self) -> Result<(), Refusal> {
        match self.state {
            State::Enabled => Ok(()),
            State::Disabled => Err(Refusal::disabled()),
            State::PendingDeletion(_) => Err(Refusal::pending_deletion()),
        }
    }
}

impl State {
    /// As the vendor calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion(_) => "PendingDeletion",
        }
    }
}

impl Version {
    fn generate(kind: KeyKind, now: Date) -> Result<Self, CryptoError> {
        let material = match kind {
            KeyKind::Symmetric => Material::Symmetric(crypto::random()),
            KeyKind::Rsa2048Encrypt => Material::RsaEncrypt(RsaKey::generate(KeySize::Rsa2048)?),
            KeyKind::Rsa2048Sign => Material::RsaSign(SigningKey::generate(KeySize::Rsa2048)?),
        };
        Ok(Self { id: crypto::uuid(), created: now, material: Arc::new(material) })
    }

    pub(crate) fn symmetric(&self) -> Result<&[u8; 32], Refusal> {
        match &*self.material {
            Material::Symmetric(key) => Ok(key),
            _ => Err(wrong_kind()),
        }
    }

    pub(crate) fn decrypting(&self) -> Result<&RsaKey, Refusal> {
        match &*self.material {
            Material::RsaEncrypt(key) => Ok(key),
            _ => Err(wrong_kind()),
        }
    }

    pub(crate) fn signing(&self) -> Result<&SigningKey, Refusal> {
        match &*self.material {
            Material::RsaSign(key) => Ok(key),
            _ => Err(wrong_kind()),
        }
    }

    /// As DER of an X.509 `SubjectPublicKeyInfo`.
    pub(crate) fn public_key(&self) -> Result<Vec<u8>, Refusal> {
        match &*self.material {
            Material::Symmetric(_) => Err(wrong_kind()),
            Material::RsaEncrypt(key) => Ok(key.public_key()?),
            Material::RsaSign(key) => Ok(key.public_key()?),
        }
    }
}

/// Only what kind it is.
impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symmetric(_) => "Symmetric",
            Self::RsaEncrypt(_) => "RsaEncrypt",
            Self::RsaSign(_) => "RsaSign",
        })
    }
}

fn wrong_kind() -> Refusal {
    Refusal::parameter("This is not what the key is for.")
}
