//! The fake AWS KMS answers the recorded calls of the vectors as the one they were recorded from.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::aws_kms::FakeAwsKms;
use crypto_envelope_tests::vectors::Result;
use serde_json::{Value, json};

#[test]
fn recorded_ciphertexts_are_answered_as_recorded() -> Result<()> {
    let kms = FakeAwsKms::with_vector_keys()?;
    let mut count = [0; 2];
    for call in recorded_calls("Decrypt")? {
        let answer = kms.administer(text(&call["region"]), "Decrypt", &call["request"]);
        match call["response"]["__type"].as_str() {
            Some(code) => assert_eq!(answer.unwrap_err().code(), code, "{call}"),
            None => assert_eq!(answer?, call["response"], "{call}"),
        }
        count[usize::from(call["response"]["__type"].is_string())] += 1;
    }
    assert_eq!(count, [39, 2], "decrypted, refused");
    Ok(())
}

/// They cannot be the same, but the form is, and what was recorded decrypts.
#[test]
fn recorded_requests_to_encrypt_are_answered_in_the_recorded_form() -> Result<()> {
    let kms = FakeAwsKms::with_vector_keys()?;
    for (operation, expected) in [("GenerateDataKey", 60), ("Encrypt", 21)] {
        let calls = recorded_calls(operation)?;
        assert_eq!(calls.len(), expected, "{operation}");
        for call in calls {
            let (request, recorded) = (&call["request"], &call["response"]);
            let answer = kms.administer(text(&call["region"]), operation, request)?;
            assert_eq!(form(&answer), form(recorded), "{call}");
            for answer in [&answer, recorded] {
                let blob = &answer["CiphertextBlob"];
                let context = &request["EncryptionContext"];
                let request_back = json!({"CiphertextBlob": blob, "EncryptionContext": context});
                let back = kms.administer(text(&call["region"]), "Decrypt", &request_back)?;
                let source = if operation == "Encrypt" { request } else { answer };
                assert_eq!(back["Plaintext"], source["Plaintext"], "{call}");
            }
        }
    }
    Ok(())
}

/// Names and texts of members, and of bytes the length.
fn form(answer: &Value) -> Vec<(String, String)> {
    let members = answer.as_object().expect("an answer is an object").iter();
    let shown = members.map(|(name, value)| match (name.as_str(), text(value)) {
        ("CiphertextBlob" | "Plaintext", bytes) => {
            (name.clone(), STANDARD.decode(bytes).expect("base64").len().to_string())
        }
        (_, text) => (name.clone(), text.to_owned()),
    });
    shown.collect()
}

fn recorded_calls(operation: &str) -> Result<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/aws-esdk/tests.json");
    let manifest: Value = serde_json::from_slice(&fs::read(path)?)?;
    let tests = manifest["tests"].as_array().ok_or("no tests")?;
    let lists =
        tests.iter().flat_map(|test| [&test["kms_encrypt_calls"], &test["kms_decrypt_calls"]]);
    let calls = lists.filter_map(Value::as_array).flatten();
    Ok(calls.filter(|call| call["op"] == operation).cloned().collect())
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
