//! Keys, their versions, states, aliases and tags.

use crypto_envelope_testkit::fake::alibaba_openapi::{FakeAlibabaOpenApi, KeyKind};
use serde_json::json;

use crate::client::{Client, Result};

#[test]
fn keys_are_created_as_told() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let created = client.ask(
        "CreateKey",
        &[
            ("Description", "text"),
            ("ProtectionLevel", "HSM"),
            ("EnableAutomaticRotation", "true"),
            ("RotationInterval", "30d"),
            ("Tags", r#"[{"TagKey":"a","TagValue":"1"}]"#),
        ],
    );
    let id = created.text("/KeyMetadata/KeyId");
    let described = client.ask("DescribeKey", &[("KeyId", id)]);
    assert_eq!(described.body["KeyMetadata"], created.body["KeyMetadata"]);
    for (name, expected) in [
        ("KeyState", "Enabled"),
        ("KeySpec", "Aliyun_AES_256"),
        ("KeyUsage", "ENCRYPT/DECRYPT"),
        ("Origin", "Aliyun_KMS"),
        ("ProtectionLevel", "HSM"),
        ("Description", "text"),
        ("AutomaticRotation", "Enabled"),
        ("RotationInterval", "2592000s"),
        ("CreationDate", "2024-01-10T00:11:22Z"),
    ] {
        assert_eq!(created.text(&format!("/KeyMetadata/{name}")), expected);
    }
    for (parameters, expected) in [
        (&[("KeySpec", "RSA_2048")][..], "200 ok"),
        (&[("KeySpec", "RSA_2048"), ("KeyUsage", "SIGN/VERIFY")], "200 ok"),
        (&[("KeyUsage", "SIGN/VERIFY")], "400 UnsupportedOperation"),
        (&[("KeySpec", "EC_P256")], "400 UnsupportedOperation"),
        (&[("Origin", "EXTERNAL")], "400 UnsupportedOperation"),
        (&[("ProtectionLevel", "LOW")], "400 InvalidParameter"),
        (&[("EnableAutomaticRotation", "true")], "400 MissingParameter"),
        (
            &[("EnableAutomaticRotation", "true"), ("RotationInterval", "1d")],
            "400 InvalidParameter",
        ),
        (&[("Tags", "{}")], "400 InvalidParameter"),
        (&[("DKMSInstanceId", "kst-x")], "404 Forbidden.DKMSInstanceNotFound"),
    ] {
        assert_eq!(client.code("CreateKey", parameters), expected, "{parameters:?}");
    }
    Ok(())
}

#[test]
fn lists_come_in_pages_and_are_filtered() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let samples = kms.create_samples()?;
    assert_eq!(kms.create_samples()?, samples);
    let ids = |parameters: &[(&str, &str)]| {
        let page = client.ask("ListKeys", parameters);
        assert_eq!(page.status, 200);
        let keys = page.body["Keys"]["Key"].as_array().cloned().unwrap_or_default();
        keys.iter().map(|key| key["KeyId"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let all: Vec<String> = ids(&[]);
    assert_eq!(all.len(), 4);
    let pages = ["1", "2", "3"].map(|number| ids(&[("PageNumber", number), ("PageSize", "3")]));
    assert_eq!((pages[0].len(), pages[1].len(), pages[2].len()), (3, 1, 0));
    assert_eq!(pages.concat(), all);
    let filtered = |filters: &str| ids(&[("Filters", filters)]);
    let disabled = r#"[{"Key":"KeyState","Values":["Disabled","Other"]}]"#;
    assert_eq!(filtered(disabled), [samples["disabled"].clone()]);
    let two =
        r#"[{"Key":"KeySpec","Values":["RSA_2048"]},{"Key":"KeyUsage","Values":["SIGN/VERIFY"]}]"#;
    assert_eq!(filtered(two), [samples["rsa_2048_sign"].clone()]);
    for filters in [r#"[{"Key":"Color","Values":["red"]}]"#, "{}", "["] {
        assert_eq!(client.code("ListKeys", &[("Filters", filters)]), "400 InvalidParameter");
    }
    Ok(())
}

#[test]
fn keys_have_states() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    let key = ("KeyId", key.as_str());
    let encrypt = [key, ("Plaintext", "x")];
    let blob = client.ask("Encrypt", &encrypt);
    let decrypt = [("CiphertextBlob", blob.text("/CiphertextBlob"))];
    let week = [key, ("PendingWindowInDays", "7")];
    for (action, parameters, expected) in [
        ("DisableKey", &[key][..], "200 ok"),
        ("Encrypt", &encrypt, "409 Rejected.Disabled"),
        ("Decrypt", &decrypt, "409 Rejected.Disabled"),
        ("GenerateDataKey", &[key], "409 Rejected.Disabled"),
        ("CreateKeyVersion", &[key], "409 Rejected.Disabled"),
        ("CancelKeyDeletion", &[key], "409 Rejected.InvalidState"),
        ("EnableKey", &[key], "200 ok"),
        ("Encrypt", &encrypt, "200 ok"),
        ("ScheduleKeyDeletion", &[key, ("PendingWindowInDays", "6")], "400 InvalidParameter"),
        ("ScheduleKeyDeletion", &[key], "400 MissingParameter"),
        ("ScheduleKeyDeletion", &week, "200 ok"),
        ("ScheduleKeyDeletion", &week, "409 Rejected.PendingDeletion"),
        ("EnableKey", &[key], "409 Rejected.PendingDeletion"),
        ("Encrypt", &encrypt, "409 Rejected.PendingDeletion"),
        ("Decrypt", &decrypt, "409 Rejected.PendingDeletion"),
    ] {
        assert_eq!(client.code(action, parameters), expected, "{action}");
    }
    let described = client.ask("DescribeKey", &[key]);
    assert_eq!(described.text("/KeyMetadata/KeyState"), "PendingDeletion");
    assert_eq!(described.text("/KeyMetadata/DeleteDate"), "2024-01-17T00:11:22Z");
    assert_eq!(client.code("CancelKeyDeletion", &[key]), "200 ok");
    assert_eq!(client.code("Decrypt", &decrypt), "200 ok");
    Ok(())
}

#[test]
fn keys_have_versions() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Symmetric)?;
    let key = ("KeyId", id.as_str());
    let encrypt = || client.ask("Encrypt", &[key, ("Plaintext", "x")]);
    let old = encrypt();
    let made = client.ask("CreateKeyVersion", &[key]);
    let new = made.text("/KeyVersion/KeyVersionId");
    assert_eq!(encrypt().text("/KeyVersionId"), new);
    let decrypted = client.ask("Decrypt", &[("CiphertextBlob", old.text("/CiphertextBlob"))]);
    assert_eq!(decrypted.text("/KeyVersionId"), old.text("/KeyVersionId"));
    let rotated = kms.rotate_key(&id)?;
    let versions = client.ask("ListKeyVersions", &[key]);
    let expected = [old.text("/KeyVersionId"), new, &rotated].map(|version| {
        json!({"KeyId": id, "KeyVersionId": version, "CreationDate": "2024-01-10T00:11:22Z"})
    });
    assert_eq!(versions.body["KeyVersions"]["KeyVersion"], json!(expected));
    let described = client.ask("DescribeKeyVersion", &[key, ("KeyVersionId", new)]);
    assert_eq!(described.body["KeyVersion"], expected[1]);
    let unknown = client.code("DescribeKeyVersion", &[key, ("KeyVersionId", "x")]);
    assert_eq!(unknown, "404 Forbidden.KeyVersionNotFound");
    Ok(())
}

#[test]
fn aliases_and_tags_come_and_go() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let (one, two) = (kms.create_key(KeyKind::Symmetric)?, kms.create_key(KeyKind::Symmetric)?);
    let alias = ("AliasName", "alias/a");
    for (action, parameters, expected) in [
        ("UpdateAlias", &[alias, ("KeyId", &one)][..], "404 Forbidden.AliasNotFound"),
        ("CreateAlias", &[alias, ("KeyId", &one)], "200 ok"),
        ("CreateAlias", &[alias, ("KeyId", &two)], "409 Rejected.AlreadyExists"),
        ("CreateAlias", &[("AliasName", "a"), ("KeyId", &two)], "400 InvalidParameter"),
        ("DescribeKey", &[("KeyId", "alias/a")], "200 ok"),
        ("UpdateAlias", &[alias, ("KeyId", &two)], "200 ok"),
    ] {
        assert_eq!(client.code(action, parameters), expected, "{action}");
    }
    let of = |key: &str| client.ask("ListAliasesByKeyId", &[("KeyId", key)]).body;
    assert_eq!(of(&one)["TotalCount"], 0);
    assert_eq!(of(&two)["Aliases"]["Alias"][0]["AliasName"], "alias/a");
    assert_eq!(client.ask("ListAliases", &[]).body["TotalCount"], 1);
    assert_eq!(client.code("DeleteAlias", &[alias]), "200 ok");
    assert_eq!(client.code("DeleteAlias", &[alias]), "404 Forbidden.AliasNotFound");

    let key = ("KeyId", one.as_str());
    let tags = r#"[{"TagKey":"a","TagValue":"1"},{"TagKey":"b","TagValue":""}]"#;
    assert_eq!(client.code("TagResource", &[key, ("Tags", tags)]), "200 ok");
    assert_eq!(client.code("UntagResource", &[key, ("TagKeys", r#"["a","c"]"#)]), "200 ok");
    let expected = json!([{"KeyId": one, "TagKey": "b", "TagValue": ""}]);
    assert_eq!(client.ask("ListResourceTags", &[key]).body["Tags"]["Tag"], expected);
    assert_eq!(client.code("UntagResource", &[key, ("TagKeys", "a")]), "400 InvalidParameter");
    Ok(())
}

#[test]
fn rotation_is_said_and_nothing_more() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let samples = kms.create_samples()?;
    let (symmetric, rsa) =
        (("KeyId", &*samples["symmetric"]), ("KeyId", &*samples["rsa_2048_sign"]));
    let rotation = || {
        let described = client.ask("DescribeKey", &[symmetric]);
        described.text("/KeyMetadata/AutomaticRotation").to_owned()
    };
    let (on, off) = (("EnableAutomaticRotation", "true"), ("EnableAutomaticRotation", "false"));
    let week = ("RotationInterval", "604800s");
    assert_eq!(client.code("UpdateRotationPolicy", &[symmetric, on, week]), "200 ok");
    assert_eq!(rotation(), "Enabled");
    assert_eq!(client.code("UpdateRotationPolicy", &[symmetric, off]), "200 ok");
    assert_eq!(rotation(), "Disabled");
    for (parameters, expected) in [
        (&[symmetric][..], "400 MissingParameter"),
        (&[symmetric, on], "400 MissingParameter"),
        (&[symmetric, on, ("RotationInterval", "x")], "400 InvalidParameter"),
        (&[rsa, on, week], "400 UnsupportedOperation"),
    ] {
        assert_eq!(client.code("UpdateRotationPolicy", parameters), expected);
    }
    Ok(())
}
