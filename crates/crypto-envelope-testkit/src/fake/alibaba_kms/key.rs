//! One key: its versions, its state.

use std::{fmt, sync::Arc};

use aws_lc_rs::rsa::KeySize;

use super::{KeyKind, Refusal};
use crate::fake::crypto::{self, CryptoError, RsaKey, SigningKey};

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) state: State,
    /// That of the beginning, and what rotations added: the last one is the primary version.
    versions: Vec<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Enabled,
    Disabled,
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) material: Arc<Material>,
}

pub(crate) enum Material {
    Symmetric([u8; 32]),
    RsaEncrypt(RsaKey),
    RsaSign(SigningKey),
}

impl Key {
    pub(crate) fn generate(kind: KeyKind) -> Result<Self, Refusal> {
        Ok(Self {
            id: format!("key-hzz{}", crypto::hex(&crypto::random::<9>())),
            state: State::Enabled,
            versions: vec![Version::generate(kind)?],
        })
    }

    /// Adds a version and makes it the primary one.
    pub(crate) fn rotate(&mut self) -> Result<&Version, Refusal> {
        if !matches!(*self.initial().material, Material::Symmetric(_)) {
            return Err(Refusal::unsupported("Only symmetric keys are rotated."));
        }
        self.versions.push(Version::generate(KeyKind::Symmetric)?);
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
        }
    }
}

impl Version {
    fn generate(kind: KeyKind) -> Result<Self, CryptoError> {
        let material = match kind {
            KeyKind::Symmetric => Material::Symmetric(crypto::random()),
            KeyKind::Rsa2048Encrypt => Material::RsaEncrypt(RsaKey::generate(KeySize::Rsa2048)?),
            KeyKind::Rsa2048Sign => Material::RsaSign(SigningKey::generate(KeySize::Rsa2048)?),
        };
        Ok(Self { id: crypto::uuid(), material: Arc::new(material) })
    }

    pub(crate) fn symmetric(&self) -> Result<&[u8; 32], Refusal> {
        match &*self.material {
            Material::Symmetric(key) => Ok(key),
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
