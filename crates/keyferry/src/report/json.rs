//! Messages as JSON, the same in all reports.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{AlgorithmSuite, EncryptedDataKey, EncryptionContext, Header};
use serde_json::{Value, json};

use crate::provider;

pub(super) fn suite(suite: AlgorithmSuite) -> Value {
    json!({
        "id": format!("{:04x}", suite.id()),
        "name": suite.name(),
        "committing": suite.is_committing(),
        "signed": suite.is_signing(),
    })
}

pub(super) fn context(context: &EncryptionContext) -> Value {
    context.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect()
}

pub(super) fn encrypted_data_keys(header: &Header) -> Vec<Value> {
    let describe = |key: &EncryptedDataKey| {
        let mut described = json!({
            "provider_id": key.provider_id(),
            "key_name": key.key_name(),
            "provider_info_base64": BASE64.encode(key.provider_info()),
            "ciphertext_length": key.ciphertext().len(),
        });
        if let Some(description) = provider::recognize(key) {
            described["key_id"] = json!(description.key_id);
            described["region"] = json!(description.region);
            described["algorithm"] = json!(description.algorithm);
        }
        described
    };
    header.encrypted_data_keys().iter().map(describe).collect()
}
