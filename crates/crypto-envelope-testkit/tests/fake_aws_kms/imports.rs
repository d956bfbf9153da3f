//! Key material from elsewhere.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::{fake::aws_kms::FakeAwsKms, redaction};
use serde_json::json;

use crate::{
    client::{REGION, Result},
    importer::{Importer, MATERIAL},
};

const HOUR: Duration = Duration::from_hours(1);

fn in_an_hour() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + HOUR).as_secs_f64()
}

fn wait(importer: &Importer, time: Duration) {
    importer.kms.set_clock(Some(SystemTime::now() + time));
}

#[test]
fn material_makes_a_key_of_it() -> Result<()> {
    let importer = Importer::new()?;
    let waiting = importer.metadata()?;
    assert_eq!(waiting["KeyState"], "PendingImport");
    assert_eq!((&waiting["Origin"], &waiting["Enabled"]), (&json!("EXTERNAL"), &json!(false)));
    assert!(waiting.get("ExpirationModel").is_none(), "{waiting}");

    let parameters = importer.usual_parameters()?;
    let imported = importer.import(&parameters, &MATERIAL)?;
    assert_eq!(imported["KeyId"], importer.key);
    let metadata = importer.metadata()?;
    assert_eq!((&metadata["KeyState"], &metadata["Enabled"]), (&json!("Enabled"), &json!(true)));
    assert_eq!(metadata["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
    assert!(metadata.get("ValidTo").is_none(), "{metadata}");
    let blob = importer.encrypt()?;
    assert!(importer.opens(&blob)?);
    let token = STANDARD.decode(parameters.token.as_str().ok_or("no token")?)?;
    redaction::hunt_debug(&importer.kms, &[&MATERIAL, &token])?;
    Ok(())
}

#[test]
fn every_wrapping_lets_the_same_material_in() -> Result<()> {
    let importer = Importer::new()?;
    importer.import(&importer.usual_parameters()?, &MATERIAL)?;
    let blob = importer.encrypt()?;
    for spec in ["RSA_2048", "RSA_3072", "RSA_4096"] {
        for (algorithm, oaep, other) in [
            ("RSAES_OAEP_SHA_1", &OAEP_SHA1_MGF1SHA1, &OAEP_SHA256_MGF1SHA256),
            ("RSAES_OAEP_SHA_256", &OAEP_SHA256_MGF1SHA256, &OAEP_SHA1_MGF1SHA1),
        ] {
            importer.run("DeleteImportedKeyMaterial", json!({}))?;
            let parameters = importer.parameters(algorithm, spec)?;
            let mut request = parameters.request(&MATERIAL);
            request["EncryptedKeyMaterial"] = json!(parameters.wrap(other, &MATERIAL));
            let refused = importer.run("ImportKeyMaterial", request.clone()).unwrap_err();
            assert_eq!(refused.code(), "InvalidCiphertextException", "{algorithm}");
            request["EncryptedKeyMaterial"] = json!(parameters.wrap(oaep, &MATERIAL));
            importer.run("ImportKeyMaterial", request)?;
            assert!(importer.opens(&blob)?, "{spec} {algorithm}");
        }
    }
    Ok(())
}

#[test]
fn without_its_material_a_key_does_nothing() -> Result<()> {
    let importer = Importer::new()?;
    let parameters = importer.usual_parameters()?;
    let imported = importer.import(&parameters, &MATERIAL)?;
    let blob = importer.encrypt()?;
    let deleted = importer.run("DeleteImportedKeyMaterial", json!({}))?;
    assert_eq!(deleted, imported);
    assert_eq!(importer.state()?, "PendingImport");
    let message = format!("{} is pending import.", importer.key.as_str().ok_or("no ARN")?);
    for refused in [importer.encrypt().map(drop), importer.opens(&blob).map(drop)] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "KMSInvalidStateException");
        assert_eq!(refused.message(), Some(message.as_str()));
    }
    importer.import(&parameters, &MATERIAL)?;
    assert!(importer.opens(&blob)?);
    Ok(())
}

#[test]
fn a_key_takes_no_other_material() -> Result<()> {
    let importer = Importer::new()?;
    let parameters = importer.usual_parameters()?;
    for length in [0, 16, 31, 33, 64] {
        let refused = importer.import(&parameters, &vec![7; length]).unwrap_err();
        assert_eq!(refused.code(), "IncorrectKeyMaterialException", "{length}");
        assert_eq!(importer.state()?, "PendingImport");
    }
    let id = importer.import(&parameters, &MATERIAL)?["KeyMaterialId"].take();
    let blob = importer.encrypt()?;
    for material in [&[7; 32], &MATERIAL] {
        let is_same = *material == MATERIAL;
        for (members, expected) in [
            (json!({}), None),
            (json!({"ImportType": "EXISTING_KEY_MATERIAL", "KeyMaterialId": id}), None),
            (json!({"KeyMaterialId": "0".repeat(64)}), Some("IncorrectKeyMaterialException")),
        ] {
            let mut request = parameters.request(material);
            for (name, value) in members.as_object().into_iter().flatten() {
                request[name] = value.clone();
            }
            let answer = importer.run("ImportKeyMaterial", request);
            let expected = if is_same { expected } else { Some("IncorrectKeyMaterialException") };
            assert_eq!(answer.err().map(|refused| refused.code()), expected, "{members}");
        }
    }
    assert!(importer.opens(&blob)?);
    Ok(())
}

#[test]
fn new_material_is_not_what_is_there_already() -> Result<()> {
    let importer = Importer::new()?;
    let parameters = importer.usual_parameters()?;
    let code = |import_type: &str, material: &[u8]| {
        let mut request = parameters.request(material);
        request["ImportType"] = json!(import_type);
        importer.run("ImportKeyMaterial", request).err().map(|refused| refused.code())
    };
    let incorrect = Some("IncorrectKeyMaterialException");
    assert_eq!(code("EXISTING_KEY_MATERIAL", &MATERIAL), incorrect);
    assert_eq!(code("NEW_KEY_MATERIAL", &MATERIAL), None);
    assert_eq!(code("NEW_KEY_MATERIAL", &MATERIAL), incorrect);
    assert_eq!(code("NEW_KEY_MATERIAL", &[7; 32]), Some("UnsupportedOperationException"));
    assert_eq!(code("OLD_KEY_MATERIAL", &MATERIAL), Some("ValidationException"));
    Ok(())
}

#[test]
fn material_expires() -> Result<()> {
    let importer = Importer::new()?;
    let end = (in_an_hour() * 1000.0).round() / 1000.0;
    importer.import_until(end)?;
    let metadata = importer.metadata()?;
    assert_eq!(metadata["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    assert_eq!(metadata["ValidTo"], json!(end));
    let blob = importer.encrypt()?;
    wait(&importer, HOUR / 2);
    assert!(importer.opens(&blob)?);
    wait(&importer, HOUR);
    assert_eq!(importer.opens(&blob).unwrap_err().code(), "KMSInvalidStateException");
    let metadata = importer.metadata()?;
    assert_eq!(metadata["KeyState"], "PendingImport");
    assert!(metadata.get("ValidTo").is_none(), "{metadata}");

    importer.import(&importer.usual_parameters()?, &MATERIAL)?;
    wait(&importer, 2 * 24 * 365 * HOUR);
    assert!(importer.opens(&blob)?);
    Ok(())
}

#[test]
fn material_lives_for_a_year_at_most() -> Result<()> {
    let importer = Importer::new()?;
    let year = 365.0 * 24.0 * 60.0 * 60.0;
    assert!(importer.import_until(in_an_hour() + year).is_err());
    importer.import_until(in_an_hour() + year - 2.0 * 60.0 * 60.0)?;
    Ok(())
}

#[test]
fn a_token_is_for_one_key_and_one_day() -> Result<()> {
    let importer = Importer::new()?;
    let parameters = importer.usual_parameters()?;
    assert!((parameters.valid_to - in_an_hour() - 23.0 * HOUR.as_secs_f64()).abs() < 600.0);
    let other = importer.kms.administer(REGION, "CreateKey", &json!({"Origin": "EXTERNAL"}))?;
    let mut request = parameters.request(&MATERIAL);
    request["KeyId"] = other["KeyMetadata"]["Arn"].clone();
    let refused = importer.kms.administer(REGION, "ImportKeyMaterial", &request).unwrap_err();
    assert_eq!(refused.code(), "InvalidImportTokenException");

    // The public key of one answer and the token of another do not go together.
    let mut mixed = importer.usual_parameters()?.request(&MATERIAL);
    mixed["ImportToken"] = parameters.token.clone();
    let refused = importer.run("ImportKeyMaterial", mixed).unwrap_err();
    assert_eq!(refused.code(), "InvalidCiphertextException");
    let mut short = parameters.request(&MATERIAL);
    short["EncryptedKeyMaterial"] = json!(STANDARD.encode([7; 255]));
    let refused = importer.run("ImportKeyMaterial", short).unwrap_err();
    assert_eq!(refused.message(), Some("Invalid encrypted key size."));

    wait(&importer, 23 * HOUR);
    importer.import(&parameters, &MATERIAL)?;
    wait(&importer, 24 * HOUR);
    let refused = importer.import(&parameters, &MATERIAL).unwrap_err();
    assert_eq!(refused.code(), "ExpiredImportTokenException");
    Ok(())
}

#[test]
fn deletion_and_import_do_not_meet() -> Result<()> {
    let importer = Importer::new()?;
    let parameters = importer.usual_parameters()?;
    importer.import(&parameters, &MATERIAL)?;
    importer.run("ScheduleKeyDeletion", json!({}))?;
    let refused = importer.import(&parameters, &MATERIAL).unwrap_err();
    assert_eq!(refused.code(), "KMSInvalidStateException");
    importer.run("CancelKeyDeletion", json!({}))?;
    assert_eq!(importer.state()?, "Disabled");

    importer.run("ScheduleKeyDeletion", json!({}))?;
    importer.run("DeleteImportedKeyMaterial", json!({}))?;
    assert_eq!(importer.state()?, "PendingDeletion");
    importer.run("CancelKeyDeletion", json!({}))?;
    assert_eq!(importer.state()?, "PendingImport");
    importer.import(&parameters, &MATERIAL)?;
    assert_eq!(importer.state()?, "Enabled");
    Ok(())
}

/// Material for a key that was disabled does not enable it.
#[test]
fn a_disabled_key_stays_disabled() -> Result<()> {
    let importer = Importer::new()?;
    let parameters = importer.usual_parameters()?;
    importer.import(&parameters, &MATERIAL)?;
    importer.run("DisableKey", json!({}))?;
    importer.import(&parameters, &MATERIAL)?;
    assert_eq!(importer.state()?, "Disabled");
    Ok(())
}

#[test]
fn a_key_can_begin_with_material() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.import_key("eu-west-1", MATERIAL)?;
    let described = kms.administer("eu-west-1", "DescribeKey", &json!({"KeyId": key}))?;
    assert_eq!(described["KeyMetadata"]["KeyState"], "Enabled");
    assert_eq!(described["KeyMetadata"]["Origin"], "EXTERNAL");
    Ok(())
}
