//! Generating key pairs for use elsewhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Operation, data};
use crate::fake::aws_kms::{error::KmsError, material::Material, spec::KeySpec};

impl Operation<'_> {
    pub(super) fn generate_data_key_pair(&self) -> Result<Value, KmsError> {
        let (mut answer, private_key) = self.new_data_key_pair()?;
        answer["PrivateKeyPlaintext"] = json!(STANDARD.encode(private_key));
        Ok(answer)
    }

    pub(super) fn generate_data_key_pair_without_plaintext(&self) -> Result<Value, KmsError> {
        self.new_data_key_pair().map(|(answer, _)| answer)
    }

    /// The answer without the private key, and the private key.
    fn new_data_key_pair(&self) -> Result<(Value, Vec<u8>), KmsError> {
        let ours = KeySpec::PAIRS.map(KeySpec::named);
        let spec = self.fields.required_choice("KeyPairSpec", &ours, &OTHER_PAIRS)?;
        let context = self.fields.context("EncryptionContext")?;
        let key = self.generating_key(&context)?;
        self.end_dry_run()?;
        let pair = Material::generate(spec)?;
        let private_key = pair.private_key()?;
        let blob = data::seal(&key, &private_key, &context)?;
        let answer = json!({
            "KeyId": key.arn.to_string(),
            "KeyPairSpec": spec.name(),
            "PublicKey": STANDARD.encode(pair.public_key()?),
            "PrivateKeyCiphertextBlob": STANDARD.encode(blob),
        });
        Ok((answer, private_key))
    }
}

/// Kinds of pairs that only AWS has.
const OTHER_PAIRS: [&str; 6] =
    ["ECC_NIST_EDWARDS25519", "ECC_SECG_P256K1", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024", "SM2"];
