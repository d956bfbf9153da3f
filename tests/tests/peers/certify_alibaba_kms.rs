//! The vendor's unmodified SDKs for Python work against the fake gateways of Alibaba Cloud KMS: the one of
//! an instance, that of the OpenAPI, and both by the `TransferClient`. What is asked, and refused, in detail
//! is in the tests of the testkit; here it is shown that these clients understand the answers.

use std::time::{Duration, SystemTime};

use crypto_envelope_testkit::fake::alibaba_instance::KeyKind;
use crypto_envelope_tests::{
    alibaba_kms::{AlibabaKms, bytes, hex, text, with},
    vectors::Result,
};
use serde_json::{Value, json};

const SIGNATURES: [&str; 3] = ["acs3", "rpc", "acs4"];
const TRANSFERS: [&str; 2] = ["transfer", "transfer-initial"];

#[test]
fn symmetric_keys_of_an_instance() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    let mut ask = |call: &str, parameters: Value| theirs.ask("instance", call, &parameters);
    let (key, aad) = (&kms.key_id, hex(b"aad"));
    kms.instance.create_alias("alias/mine", key)?;
    let sealed =
        ask("Encrypt", json!({"KeyId": "alias/mine", "Plaintext": hex(b"text"), "Aad": aad}))?;
    let rotated = kms.instance.rotate_key(key)?;
    let request = json!({"KeyId": key, "CiphertextBlob": sealed["CiphertextBlob"],
        "Iv": sealed["Iv"], "Aad": aad, "Algorithm": sealed["Algorithm"]});
    for call in ["Decrypt", "AdvanceDecrypt"] {
        assert_eq!(bytes(&ask(call, request.clone())?, "Plaintext")?, b"text");
    }
    let sealed =
        ask("AdvanceEncrypt", json!({"KeyId": key, "Plaintext": hex(b"text"), "Aad": aad}))?;
    assert_eq!(text(&sealed, "KeyVersionId")?, rotated);
    let opened =
        ask("AdvanceDecrypt", json!({"CiphertextBlob": sealed["CiphertextBlob"], "Aad": aad}))?;
    assert_eq!(bytes(&opened, "Plaintext")?, b"text");
    assert_eq!(text(&opened, "KeyVersionId")?, rotated);

    let made = ask("GenerateDataKey", json!({"KeyId": key, "NumberOfBytes": 24, "Aad": aad}))?;
    let opened = ask(
        "Decrypt",
        json!({"KeyId": key, "CiphertextBlob": made["CiphertextBlob"],
        "Iv": made["Iv"], "Aad": aad}),
    )?;
    assert_eq!(opened["Plaintext"], made["Plaintext"]);
    assert_eq!(bytes(&made, "Plaintext")?.len(), 24);
    let made = ask("AdvanceGenerateDataKey", json!({"KeyId": key, "NumberOfBytes": 24}))?;
    let opened = ask("AdvanceDecrypt", json!({"CiphertextBlob": made["CiphertextBlob"]}))?;
    assert_eq!(opened["Plaintext"], made["Plaintext"]);
    Ok(())
}

#[test]
fn key_pairs_of_an_instance() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    let mut ask = |call: &str, parameters: Value| theirs.ask("instance", call, &parameters);
    let key = kms.instance.create_key(KeyKind::Rsa2048Encrypt)?;
    let about = json!({"KeyId": key, "Algorithm": "RSAES_OAEP_SHA_256"});
    let sealed = ask("Encrypt", with(about.clone(), &json!({"Plaintext": hex(b"text")})))?;
    let blob = json!({"CiphertextBlob": sealed["CiphertextBlob"]});
    assert_eq!(bytes(&ask("Decrypt", with(about, &blob))?, "Plaintext")?, b"text");

    let key = kms.instance.create_key(KeyKind::Rsa2048Sign)?;
    let public_key = ask("GetPublicKey", json!({"KeyId": key}))?;
    assert!(text(&public_key, "PublicKey")?.starts_with("-----BEGIN PUBLIC KEY-----"));
    for algorithm in ["RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256"] {
        let about = json!({"KeyId": key, "Algorithm": algorithm, "MessageType": "RAW"});
        let signed = ask("Sign", with(about.clone(), &json!({"Message": hex(b"text")})))?;
        for (message, expected) in [(b"text", true), (b"Text", false)] {
            let more = json!({"Message": hex(message), "Signature": signed["Signature"]});
            let verified = ask("Verify", with(about.clone(), &more))?;
            // The SDK leaves out what is false.
            assert_eq!(verified["Value"] == true, expected, "{verified}");
        }
    }
    Ok(())
}

#[test]
fn what_else_an_instance_gives() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    let random = theirs.ask("instance", "GenerateRandom", &json!({"Length": 17}))?;
    assert_eq!(bytes(&random, "Random")?.len(), 17);
    let version = kms.instance.put_secret("s", "hidden");
    for client in ["instance", "acs3", "transfer"] {
        let secret = theirs.ask(client, "GetSecretValue", &json!({"SecretName": "s"}))?;
        assert_eq!(
            (text(&secret, "SecretData")?, text(&secret, "VersionId")?),
            ("hidden", &*version)
        );
    }
    Ok(())
}

#[test]
fn symmetric_keys_behind_the_openapi() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    for client in SIGNATURES.into_iter().chain(TRANSFERS) {
        let mut ask = |call: &str, parameters: Value| theirs.ask(client, call, &parameters);
        let context = json!({"EncryptionContext": {"b": "ü & =", "a": "1"}});
        let about = with(json!({"KeyId": kms.key_id}), &context);
        let sealed = ask("Encrypt", with(about.clone(), &json!({"Plaintext": "a text, é"})))?;
        let blob = json!({"CiphertextBlob": sealed["CiphertextBlob"]});
        let opened = ask("Decrypt", with(blob, &context))?;
        assert_eq!(text(&opened, "Plaintext")?, "a text, é", "{client}");
        assert_eq!(opened["KeyId"], json!(kms.key_id));

        let made = ask("GenerateDataKey", with(about.clone(), &json!({"NumberOfBytes": 17})))?;
        let blob = json!({"CiphertextBlob": made["CiphertextBlob"]});
        assert_eq!(ask("Decrypt", with(blob, &context))?["Plaintext"], made["Plaintext"]);
        let hidden = ask("GenerateDataKeyWithoutPlaintext", json!({"KeyId": kms.key_id}))?;
        assert_eq!(hidden["Plaintext"], Value::Null);
        let opened = ask("Decrypt", json!({"CiphertextBlob": hidden["CiphertextBlob"]}))?;
        assert_eq!(text(&opened, "Plaintext")?.len(), 44);
    }
    Ok(())
}

#[test]
fn key_pairs_behind_the_openapi() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    let encrypting = kms.openapi.create_key(KeyKind::Rsa2048Encrypt)?;
    let signing = kms.openapi.create_key(KeyKind::Rsa2048Sign)?;
    for client in ["acs3", "transfer"] {
        let mut version = |key: &str| {
            let versions = theirs.ask("acs3", "ListKeyVersions", &json!({"KeyId": key}))?;
            Ok::<_, Box<dyn std::error::Error>>(
                versions["KeyVersions"]["KeyVersion"][0]["KeyVersionId"].clone(),
            )
        };
        let about = json!({"KeyId": encrypting, "KeyVersionId": version(&encrypting)?,
            "Algorithm": "RSAES_OAEP_SHA_256"});
        let signed = json!({"KeyId": signing, "KeyVersionId": version(&signing)?,
            "Algorithm": "RSA_PSS_SHA_256", "Digest": DIGEST});
        let mut ask = |call: &str, parameters: Value| theirs.ask(client, call, &parameters);
        let sealed = ask("AsymmetricEncrypt", with(about.clone(), &json!({"Plaintext": "AP8="})))?;
        let blob = json!({"CiphertextBlob": sealed["CiphertextBlob"]});
        let opened = ask("AsymmetricDecrypt", with(about, &blob))?;
        assert_eq!(text(&opened, "Plaintext")?, "AP8=", "{client}");
        let signature = ask("AsymmetricSign", signed.clone())?["Value"].take();
        let verified = ask("AsymmetricVerify", with(signed.clone(), &json!({"Value": signature})))?;
        assert_eq!(verified["Value"], true, "{client}: {verified}");
        let public_key = json!({"KeyId": signing, "KeyVersionId": signed["KeyVersionId"]});
        assert!(text(&ask("GetPublicKey", public_key)?, "PublicKey")?.contains("BEGIN PUBLIC KEY"));
    }
    Ok(())
}

/// SHA-256 of nothing, in base64.
const DIGEST: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

#[test]
fn a_key_is_led_through_its_life() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    // The transfer client hands on what it cannot do itself.
    for client in SIGNATURES.into_iter().chain(["transfer"]) {
        let mut ask = |call: &str, parameters: Value| theirs.ask(client, call, &parameters);
        let created =
            ask("CreateKey", json!({"Description": "one", "KeyUsage": "ENCRYPT/DECRYPT"}))?;
        let key = text(&created["KeyMetadata"], "KeyId")?.to_owned();
        let about = json!({"KeyId": key});
        let alias = format!("alias/{client}");
        ask("CreateAlias", json!({"KeyId": key, "AliasName": alias}))?;
        let aliases = ask("ListAliasesByKeyId", about.clone())?;
        assert_eq!(text(&aliases["Aliases"]["Alias"][0], "AliasName")?, alias);
        let described = ask("DescribeKey", json!({"KeyId": alias}))?;
        assert_eq!(text(&described["KeyMetadata"], "Description")?, "one");
        let listed = ask("ListKeys", json!({"PageNumber": 1, "PageSize": 100}))?;
        let listed = listed["Keys"]["Key"].as_array().ok_or("no keys")?;
        assert!(listed.iter().any(|listed| listed["KeyId"] == json!(key)), "{client}");

        ask("TagResource", json!({"KeyId": key, "Tags": r#"[{"TagKey":"k","TagValue":"v"}]"#}))?;
        let tags = ask("ListResourceTags", about.clone())?;
        assert_eq!(tags["Tags"]["Tag"][0]["TagValue"], "v");
        ask("UntagResource", json!({"KeyId": key, "TagKeys": r#"["k"]"#}))?;
        ask(
            "UpdateRotationPolicy",
            json!({"KeyId": key, "EnableAutomaticRotation": true,
            "RotationInterval": "604800s"}),
        )?;
        ask("DisableKey", about.clone())?;
        assert_eq!(state(&mut ask, &key)?, "Disabled");
        ask("EnableKey", about.clone())?;
        ask("ScheduleKeyDeletion", json!({"KeyId": key, "PendingWindowInDays": 7}))?;
        assert_eq!(state(&mut ask, &key)?, "PendingDeletion");
        ask("CancelKeyDeletion", about)?;
        ask("DeleteAlias", json!({"AliasName": alias}))?;
    }
    Ok(())
}

fn state(ask: &mut impl FnMut(&str, Value) -> Result<Value>, key: &str) -> Result<String> {
    let described = ask("DescribeKey", json!({"KeyId": key}))?;
    Ok(text(&described["KeyMetadata"], "KeyState")?.to_owned())
}

#[test]
fn refusals_are_understood() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    let nowhere = json!({"KeyId": "key-nowhere", "Plaintext": "dGV4dA=="});
    let bytes = with(nowhere.clone(), &json!({"Plaintext": hex(b"text")}));
    for client in SIGNATURES.into_iter().chain(TRANSFERS) {
        let refused = theirs.refused(client, "Encrypt", &nowhere)?;
        assert_eq!(refused, "Forbidden.KeyNotFound", "{client}");
    }
    assert_eq!(theirs.refused("instance", "Encrypt", &bytes)?, "Forbidden.KeyNotFound");

    kms.instance.disable_key(&kms.key_id)?;
    let disabled = with(nowhere, &json!({"KeyId": kms.key_id}));
    for client in ["acs3", "transfer"] {
        assert_eq!(theirs.refused(client, "Encrypt", &disabled)?, "Rejected.Disabled", "{client}");
    }
    kms.instance.throttle_next(1);
    let random = json!({"Length": 1});
    assert_eq!(theirs.refused("instance", "GenerateRandom", &random)?, "Rejected.Throttling");
    Ok(())
}

#[test]
fn requests_of_another_time_are_refused() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut theirs = kms.theirs()?;
    kms.openapi.set_clock(Some(SystemTime::now() + Duration::from_hours(1)));
    for client in SIGNATURES {
        let refused = theirs.refused(client, "ListKeys", &json!({}))?;
        assert_eq!(refused, "IllegalTimestamp", "{client}");
    }
    let about = json!({"KeyId": kms.key_id, "Plaintext": "text"});
    assert_eq!(theirs.refused("transfer", "Encrypt", &about)?, "IllegalTimestamp");
    Ok(())
}

/// A secret of another key, a ClientKey that is not known.
#[test]
fn others_are_not_let_in() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let other = AlibabaKms::start()?;
    let mut theirs = kms.theirs_with_keys_of(&other)?;
    for client in SIGNATURES {
        let refused = theirs.refused(client, "ListKeys", &json!({}))?;
        assert_eq!(refused, "InvalidAccessKeyId.NotFound", "{client}");
    }
    let about = json!({"KeyId": kms.key_id, "Plaintext": "text"});
    let refused = theirs.refused("transfer", "Encrypt", &about)?;
    assert_eq!(refused, "InvalidAccessKeyId.NotFound");
    Ok(())
}
