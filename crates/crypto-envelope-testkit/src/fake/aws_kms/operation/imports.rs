//! Importing key material, and taking it away.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Operation, data::MAX_CIPHERTEXT};
use crate::fake::{
    aws_kms::{
        error::KmsError,
        import::{self, Expiration, Import, ImportToken},
        key::{Key, Origin},
        material::Material,
        spec::{EncryptionAlgorithm, KeySpec},
    },
    crypto,
};

use ImportType::{Existing, New};

impl Operation<'_> {
    pub(super) fn parameters_for_import(self) -> Result<Value, KmsError> {
        let algorithms = EncryptionAlgorithm::OAEP.map(EncryptionAlgorithm::named);
        let algorithm =
            self.fields.required_choice("WrappingAlgorithm", &algorithms, &OTHER_ALGORITHMS)?;
        let specs = KeySpec::RSA.map(KeySpec::named);
        let spec = self.fields.required_choice("WrappingKeySpec", &specs, &OTHER_SPECS)?;
        let (key, _) = self.importing_key()?;
        key.check_kept()?;
        let wrapping_key = Material::generate(spec)?;
        let public_key = wrapping_key.public_key()?;
        let token = crypto::random_bytes(TOKEN_LENGTH);
        let valid_to = self.store.clock.seconds_after(TOKEN_LIFETIME);
        let answer = json!({
            "KeyId": key.arn.to_string(),
            "ImportToken": STANDARD.encode(&token),
            "PublicKey": STANDARD.encode(public_key),
            "ParametersValidTo": valid_to,
        });
        let token = ImportToken { token, key: key.arn, wrapping_key, algorithm, valid_to };
        self.store.import_tokens.push(token);
        Ok(answer)
    }

    pub(super) fn import_key_material(self) -> Result<Value, KmsError> {
        let token = self.fields.required_bytes("ImportToken", MAX_CIPHERTEXT)?;
        let wrapped = self.fields.required_bytes("EncryptedKeyMaterial", MAX_CIPHERTEXT)?;
        let expiration = self.expiration()?;
        let (key, import) = self.importing_key()?;
        key.check_kept()?;
        let material = self.unwrap(&key, &token, &wrapped)?;
        let id = import::material_id(&key.arn, &material);
        self.check_material(&import, &id)?;
        self.store.change(&key.arn, |key| key.take_material(material, expiration))?;
        Ok(json!({"KeyId": key.arn.to_string(), "KeyMaterialId": id}))
    }

    pub(super) fn delete_imported_key_material(self) -> Result<Value, KmsError> {
        let (key, import) = self.importing_key()?;
        let wanted = self.fields.text("KeyMaterialId")?;
        if wanted.is_some() && wanted != import.material_id.as_deref() {
            return Err(KmsError::not_found(format!("{} has no such material.", key.arn)));
        }
        self.store.change(&key.arn, Key::lose_material)?;
        let id = import.material_id.unwrap_or_default();
        Ok(json!({"KeyId": key.arn.to_string(), "KeyMaterialId": id}))
    }

    /// A key of which the material is imported, and what it knows of it.
    fn importing_key(&self) -> Result<(Key, Import), KmsError> {
        let key = self.key()?;
        match &key.origin {
            Origin::External(import) => {
                let import = import.clone();
                Ok((key, import))
            }
            Origin::AwsKms => Err(KmsError::unsupported(format!(
                "{} origin is AWS_KMS which is not valid for this operation.",
                key.arn
            ))),
        }
    }

    /// The material in the clear.
    fn unwrap(&self, key: &Key, token: &[u8], wrapped: &[u8]) -> Result<[u8; 32], KmsError> {
        let mut tokens = self.store.import_tokens.iter();
        let parameters = tokens
            .find(|known| known.token == token && known.key == key.arn)
            .ok_or_else(|| KmsError::silent("InvalidImportTokenException"))?;
        if parameters.valid_to <= self.store.clock.seconds() {
            return Err(KmsError::silent("ExpiredImportTokenException"));
        }
        let wrapping_key = &parameters.wrapping_key;
        if wrapped.len() != wrapping_key.ciphertext_size()? {
            return Err(KmsError::validation("Invalid encrypted key size."));
        }
        let material = wrapping_key.decrypt(parameters.algorithm, wrapped)?;
        let incorrect = |_| incorrect_material("Key material must have 32 bytes.");
        material.try_into().map_err(incorrect)
    }

    /// Refuses other material than the key had before.
    fn check_material(&self, import: &Import, id: &str) -> Result<(), KmsError> {
        let wanted = self.fields.text("KeyMaterialId")?;
        let known = import.material_id.as_deref();
        let types = [("NEW_KEY_MATERIAL", New), ("EXISTING_KEY_MATERIAL", Existing)];
        match (self.fields.choice("ImportType", &types, &[])?, known) {
            (Some(Existing), None) => {
                return Err(incorrect_material("The key never had any material."));
            }
            (Some(New), _) if wanted.is_some() => {
                return Err(KmsError::validation("New key material has no KeyMaterialId yet."));
            }
            (Some(New), Some(known)) if known == id => {
                return Err(incorrect_material("The key has this material already."));
            }
            (Some(New), Some(_)) => {
                return Err(KmsError::unsupported("This fake gives a key one material only."));
            }
            (None, _) | (Some(Existing), Some(_)) | (Some(New), None) => {}
        }
        if [known, wanted].into_iter().flatten().all(|expected| expected == id) {
            return Ok(());
        }
        Err(incorrect_material("This is not the material that was imported before."))
    }

    fn expiration(&self) -> Result<Expiration, KmsError> {
        let models =
            [("KEY_MATERIAL_DOES_NOT_EXPIRE", Expires::No), ("KEY_MATERIAL_EXPIRES", Expires::Yes)];
        let expires = self.fields.choice("ExpirationModel", &models, &[])?.unwrap_or(Expires::Yes);
        match (expires, self.fields.time("ValidTo")?) {
            (Expires::No, None) => Ok(Expiration::Never),
            (Expires::No, Some(_)) => Err(KmsError::validation(
                "A validTo date cannot be set if the ExpirationModel is \
                 KEY_MATERIAL_DOES_NOT_EXPIRE",
            )),
            (Expires::Yes, None) => Err(KmsError::validation(
                "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
            )),
            (Expires::Yes, Some(end)) => {
                let clock = &self.store.clock;
                if end > clock.seconds() && end <= clock.seconds_after(LONGEST_LIFE) {
                    return Ok(Expiration::At(end));
                }
                Err(KmsError::validation("ValidTo must be in the future, and at most 365 days."))
            }
        }
    }
}

/// What the caller takes the material to be.
#[derive(Clone, Copy)]
enum ImportType {
    New,
    Existing,
}

/// Whether the caller wants the material to go away by itself.
#[derive(Clone, Copy)]
enum Expires {
    Yes,
    No,
}

fn incorrect_material(message: &str) -> KmsError {
    KmsError::new("IncorrectKeyMaterialException", message)
}

/// Wrapping algorithms that AWS has for other kinds of material, or no longer has.
const OTHER_ALGORITHMS: [&str; 4] =
    ["RSAES_PKCS1_V1_5", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256", "SM2PKE"];
/// Kinds of wrapping keys that only AWS has.
const OTHER_SPECS: [&str; 1] = ["SM2"];
const LONGEST_LIFE: Duration = Duration::from_hours(365 * 24);
const TOKEN_LIFETIME: Duration = Duration::from_hours(24);
const TOKEN_LENGTH: usize = 256;
