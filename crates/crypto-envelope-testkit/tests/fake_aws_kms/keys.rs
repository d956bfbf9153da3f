//! How keys come and go.

use std::time::{Duration, UNIX_EPOCH};

use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, KeyKind, KmsError};
use serde_json::{Value, json};

use crate::{
    client::{REGION, Result},
    world::WORLD,
};

fn state(kms: &FakeAwsKms, key: &str) -> Result<Value, KmsError> {
    let described = kms.administer(REGION, "DescribeKey", &json!({"KeyId": key}))?;
    Ok(described["KeyMetadata"]["KeyState"].clone())
}

#[test]
fn keys_are_described_in_full() -> Result<()> {
    let key = WORLD.json(r#"{"KeyId": "$replica"}"#);
    let mut metadata =
        WORLD.kms.administer("us-west-2", "DescribeKey", &key)?["KeyMetadata"].take();
    let created = metadata["CreationDate"].take();
    assert!(created.as_f64().is_some_and(|seconds| seconds > 1.7e9), "{created}");
    let expected = WORLD.json(
        r#"{
            "AWSAccountId": "111122223333",
            "Arn": "$replica",
            "CreationDate": null,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "",
            "Enabled": true,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyId": "$replica_id",
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": true,
            "MultiRegionConfiguration": {
                "MultiRegionKeyType": "REPLICA",
                "PrimaryKey": {"Arn": "$multi_region", "Region": "us-east-1"},
                "ReplicaKeys": [{"Arn": "$replica", "Region": "us-west-2"}]
            },
            "Origin": "AWS_KMS"
        }"#,
    );
    assert_eq!(metadata, expected);
    Ok(())
}

#[test]
fn states_follow_each_other() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let request = json!({"KeyId": key});
    for (operation, expected) in [
        ("DisableKey", "Disabled"),
        ("EnableKey", "Enabled"),
        ("ScheduleKeyDeletion", "PendingDeletion"),
        ("CancelKeyDeletion", "Disabled"),
    ] {
        kms.administer(REGION, operation, &request)?;
        assert_eq!(state(&kms, &key)?, expected);
    }
    Ok(())
}

#[test]
fn keys_are_deleted_after_so_many_days() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    kms.set_clock(Some(UNIX_EPOCH + Duration::from_hours(24)));
    let request = json!({"KeyId": key, "PendingWindowInDays": 8});
    let answer = kms.administer(REGION, "ScheduleKeyDeletion", &request)?;
    assert_eq!(answer["DeletionDate"], 9.0 * 24.0 * 60.0 * 60.0);
    Ok(())
}

#[test]
fn rotated_keys_decrypt_what_they_encrypted_before() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let primary = kms.create_key(REGION, KeyKind::MultiRegion)?;
    let encrypt = json!({"KeyId": primary, "Plaintext": "AAAA"});
    let before = kms.administer(REGION, "Encrypt", &encrypt)?;
    kms.administer(REGION, "RotateKeyOnDemand", &json!({"KeyId": primary}))?;
    let after = kms.administer(REGION, "Encrypt", &encrypt)?;
    let replica = kms.replicate_key(&primary, "us-west-2")?;
    for blob in [&before["CiphertextBlob"], &after["CiphertextBlob"]] {
        let request = json!({"CiphertextBlob": blob});
        for (region, key) in [(REGION, &primary), ("us-west-2", &replica)] {
            let answer = kms.administer(region, "Decrypt", &request)?;
            assert_eq!((&answer["Plaintext"], &answer["KeyId"]), (&json!("AAAA"), &json!(key)));
        }
    }
    Ok(())
}

#[test]
fn aliases_come_and_go() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    kms.create_alias("alias/one", &key)?;
    kms.create_alias("alias/two", &key)?;
    let listed = kms.administer(REGION, "ListAliases", &json!({"KeyId": key}))?;
    assert_eq!(listed["Aliases"][1]["AliasName"], "alias/two");
    let arn = listed["Aliases"][1]["AliasArn"].as_str().ok_or("no ARN")?.to_owned();
    let elsewhere = kms.administer("us-west-2", "ListAliases", &json!({}))?;
    assert_eq!(elsewhere["Aliases"], json!([]));
    let request = json!({"KeyId": arn, "KeySpec": "AES_256"});
    assert_eq!(kms.administer(REGION, "GenerateDataKey", &request)?["KeyId"], key);
    kms.administer(REGION, "DeleteAlias", &json!({"AliasName": "alias/two"}))?;
    let missing = kms.administer(REGION, "GenerateDataKey", &request).unwrap_err();
    assert_eq!(missing.code(), "NotFoundException");
    assert_eq!(missing.message(), Some(format!("Alias {arn} is not found.").as_str()));
    Ok(())
}

#[test]
fn lists_come_in_pages() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(kms.create_key(REGION, KeyKind::Symmetric)?);
    }
    kms.create_key("us-west-2", KeyKind::Symmetric)?;
    created.sort();
    let (mut listed, mut pages) = (Vec::new(), 0);
    let mut request = json!({"Limit": 2});
    loop {
        let page = kms.administer(REGION, "ListKeys", &request)?;
        let keys = page["Keys"].as_array().ok_or("no keys")?;
        listed.extend(keys.iter().filter_map(|key| Some(key["KeyArn"].as_str()?.to_owned())));
        pages += 1;
        if page["Truncated"] == false {
            break;
        }
        request["Marker"] = page["NextMarker"].clone();
    }
    assert_eq!((listed, pages), (created, 3));
    let wrong = kms.administer(REGION, "ListKeys", &json!({"Marker": "x"})).unwrap_err();
    assert_eq!(wrong.code(), "InvalidMarkerException");
    Ok(())
}

#[test]
fn every_vector_key_exists_until_it_is_changed() -> Result<()> {
    let kms = FakeAwsKms::with_vector_keys()?;
    let key = "arn:aws-cn:kms:cn-north-1:444455556666:key/mrk-1";
    let request = json!({"KeyId": key, "Plaintext": "AAAA"});
    let blob = kms.administer("cn-north-1", "Encrypt", &request)?["CiphertextBlob"].clone();
    let request = json!({"CiphertextBlob": blob});
    let elsewhere = kms.administer("cn-northwest-1", "Decrypt", &request)?;
    assert_eq!(elsewhere["KeyId"], key.replace("cn-north-1", "cn-northwest-1"));
    let single = "arn:aws-cn:kms:cn-north-1:444455556666:key/1";
    let encrypt = json!({"KeyId": single, "Plaintext": "AAAA"});
    let blob = kms.administer("cn-north-1", "Encrypt", &encrypt)?["CiphertextBlob"].clone();
    let of_single = json!({"CiphertextBlob": blob});
    let refused = kms.administer("cn-northwest-1", "Decrypt", &of_single).unwrap_err();
    assert_eq!(refused.code(), "NotFoundException");
    kms.disable_key(key)?;
    let refused = kms.administer("cn-north-1", "Decrypt", &request).unwrap_err();
    assert_eq!(refused.code(), "DisabledException");
    Ok(())
}
