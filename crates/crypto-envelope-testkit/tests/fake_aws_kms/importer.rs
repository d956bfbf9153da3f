//! One who brings key material from elsewhere.

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, KmsError};
use serde_json::{Value, json};

use crate::client::{REGION, Result, bytes};

pub(crate) const MATERIAL: [u8; 32] = *b"key material that we made, of 32";

/// A fake with one key that waits for its material.
pub(crate) struct Importer {
    pub(crate) kms: FakeAwsKms,
    pub(crate) key: Value,
}

/// What lets material in.
pub(crate) struct Parameters {
    pub(crate) token: Value,
    pub(crate) valid_to: f64,
    wrapping_key: OaepPublicEncryptingKey,
}

impl Importer {
    pub(crate) fn new() -> Result<Self> {
        let kms = FakeAwsKms::start()?;
        let created = kms.administer(REGION, "CreateKey", &json!({"Origin": "EXTERNAL"}))?;
        Ok(Self { kms, key: created["KeyMetadata"]["Arn"].clone() })
    }

    pub(crate) fn run(&self, operation: &str, mut request: Value) -> Result<Value, KmsError> {
        if request.get("CiphertextBlob").is_none() {
            request["KeyId"] = self.key.clone();
        }
        self.kms.administer(REGION, operation, &request)
    }

    pub(crate) fn parameters(&self, algorithm: &str, spec: &str) -> Result<Parameters> {
        let request = json!({"WrappingAlgorithm": algorithm, "WrappingKeySpec": spec});
        let answer = self.run("GetParametersForImport", request)?;
        assert_eq!(answer["KeyId"], self.key);
        let public = PublicEncryptingKey::from_der(&bytes(&answer, "PublicKey")?)?;
        let wrapping_key = OaepPublicEncryptingKey::new(public)?;
        let valid_to = answer["ParametersValidTo"].as_f64().ok_or("no time")?;
        Ok(Parameters { token: answer["ImportToken"].clone(), valid_to, wrapping_key })
    }

    pub(crate) fn usual_parameters(&self) -> Result<Parameters> {
        self.parameters("RSAES_OAEP_SHA_256", "RSA_2048")
    }

    /// Imports `material` for ever.
    pub(crate) fn import(
        &self,
        parameters: &Parameters,
        material: &[u8],
    ) -> Result<Value, KmsError> {
        self.run("ImportKeyMaterial", parameters.request(material))
    }

    pub(crate) fn import_until(&self, end: f64) -> Result<Value> {
        let mut request = self.usual_parameters()?.request(&MATERIAL);
        request["ExpirationModel"] = json!("KEY_MATERIAL_EXPIRES");
        request["ValidTo"] = json!(end);
        Ok(self.run("ImportKeyMaterial", request)?)
    }

    pub(crate) fn encrypt(&self) -> Result<Value, KmsError> {
        Ok(self.run("Encrypt", json!({"Plaintext": "AAAA"}))?["CiphertextBlob"].take())
    }

    pub(crate) fn opens(&self, blob: &Value) -> Result<bool, KmsError> {
        let opened = self.run("Decrypt", json!({"CiphertextBlob": blob}))?;
        Ok(opened["Plaintext"] == "AAAA")
    }

    pub(crate) fn metadata(&self) -> Result<Value, KmsError> {
        Ok(self.run("DescribeKey", json!({}))?["KeyMetadata"].take())
    }

    pub(crate) fn state(&self) -> Result<Value, KmsError> {
        Ok(self.metadata()?["KeyState"].take())
    }
}

impl Parameters {
    pub(crate) fn wrap(&self, oaep: &'static OaepAlgorithm, material: &[u8]) -> String {
        let mut wrapped = vec![0; self.wrapping_key.ciphertext_size()];
        let wrapped = self.wrapping_key.encrypt(oaep, material, &mut wrapped, None);
        STANDARD.encode(wrapped.expect("the material fits"))
    }

    pub(crate) fn request(&self, material: &[u8]) -> Value {
        json!({
            "ImportToken": self.token,
            "EncryptedKeyMaterial": self.wrap(&OAEP_SHA256_MGF1SHA256, material),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        })
    }
}
