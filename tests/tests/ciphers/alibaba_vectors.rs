//! The vectors of Alibaba Cloud KMS, and that what differs is found.

use std::fs;

use crypto_envelope_tests::{alibaba_vectors::VECTORS, vectors::Result};

use crate::changed_vectors::{copy, run_changed};

#[test]
fn vectors_of_the_vendor() -> Result<()> {
    let report = VECTORS.run(&VECTORS.official())?;
    assert!(report.is_good(), "{report:#?}");
    assert!(report.unknown.is_empty(), "{:?}", report.unknown);
    // Passed, and not yet.
    let expected = [
        ("aad.json", 5, 0),
        ("clientkey.json", 6, 0),
        ("encryption_sdk.json", 0, 16),
        ("instance_errors.json", 12, 0),
        ("instance_protobuf.json", 78, 0),
        ("instance_signing.json", 10, 0),
        ("oss_client_side.json", 0, 10),
        ("public_acs3.json", 8, 0),
        ("public_acs4.json", 8, 0),
        ("public_errors.json", 7, 0),
        ("public_rpc.json", 8, 0),
        ("transfer.json", 107, 0),
    ];
    let found = report.files.iter().map(|file| (file.name, file.passed, file.not_yet));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    Ok(())
}

/// A change of any value that is compared, or of any that goes into it, in the first case.
#[test]
fn other_values_are_mismatches() -> Result<()> {
    for (file, pointer) in [
        ("aad.json", "/raw_sha256_hex"),
        ("aad.json", "/python_kms_sdk_aad_ascii"),
        ("aad.json", "/low_version_python_aad_ascii"),
        ("aad.json", "/encryption_context/Example"),
        ("clientkey.json", "/key_id"),
        ("clientkey.json", "/password"),
        ("clientkey.json", "/private_key_pkcs8_base64"),
        ("clientkey.json", "/authorization"),
        ("clientkey.json", "/string_to_sign"),
        ("instance_errors.json", "/http_status"),
        ("instance_errors.json", "/requests_sent_by_python_sdk"),
        ("instance_errors.json", "/sdk/code"),
        ("instance_errors.json", "/sdk/message"),
        ("instance_errors.json", "/transfer_client/code"),
        ("instance_errors.json", "/sdk/data/requestId"),
        ("instance_protobuf.json", "/hex"),
        ("instance_protobuf.json", "/message"),
        ("instance_protobuf.json", "/values/KeyId"),
        ("instance_signing.json", "/string_to_sign"),
        ("instance_signing.json", "/authorization"),
        ("instance_signing.json", "/body_hex"),
        ("instance_signing.json", "/request_headers/accept"),
        ("instance_signing.json", "/request_headers/x-kms-apiname"),
        ("public_acs3.json", "/canonical_request"),
        ("public_acs3.json", "/authorization"),
        ("public_acs3.json", "/access_key_secret"),
        ("public_acs3.json", "/url"),
        ("public_acs3.json", "/headers/x-acs-date"),
        ("public_acs4.json", "/canonical_request"),
        ("public_acs4.json", "/authorization"),
        ("public_acs4.json", "/region_id"),
        ("public_acs4.json", "/parameters/KeyId"),
        ("public_errors.json", "/body/Code"),
        ("public_errors.json", "/sdk/message"),
        ("public_errors.json", "/sdk/status_code"),
        ("public_rpc.json", "/signature"),
        ("public_rpc.json", "/access_key_secret"),
        ("public_rpc.json", "/nonce"),
        ("transfer.json", "/instance_requests/0/body_hex"),
        ("transfer.json", "/instance_requests/0/api"),
        ("transfer.json", "/instance_responses/0/body_hex"),
        ("transfer.json", "/response/CiphertextBlob"),
        ("transfer.json", "/response/KeyVersionId"),
        ("transfer.json", "/request/Plaintext"),
    ] {
        let report = run_changed(VECTORS, file, |cases| {
            cases.truncate(1);
            let value = cases[0].pointer_mut(pointer).expect("it is there");
            *value = match value.as_u64() {
                Some(number) => (number + 100).into(),
                None => other(value.as_str().expect("a text")).into(),
            };
        })?;
        let mismatches = report.mismatches;
        assert_eq!(mismatches.len(), 1, "{file} {pointer}: {mismatches:?}");
        assert!(mismatches[0].starts_with("case 0"), "{}", mismatches[0]);
    }
    Ok(())
}

#[test]
fn what_has_to_be_refused_is_a_mismatch_if_it_opens() -> Result<()> {
    let report = run_changed(VECTORS, "clientkey.json", |cases| {
        assert!(cases[1]["error"].is_string());
        cases[1]["password"] = cases[0]["password"].clone();
        cases[3]["file"] = "nowhere.json".into();
    })?;
    let mismatches = report.mismatches;
    assert_eq!(mismatches.len(), 2, "{mismatches:?}");
    assert!(mismatches[0].ends_with("it opened"), "{mismatches:?}");
    assert!(mismatches[1].contains("nowhere.json"), "{mismatches:?}");
    Ok(())
}

#[test]
fn files_that_cannot_be_read_are_told() -> Result<()> {
    let directory = copy(VECTORS)?;
    let path = |name| directory.path().join(name);
    fs::remove_file(path("aad.json"))?;
    fs::write(path("public_rpc.json"), "{")?;
    fs::write(path("transfer.json"), r#"{"cases": []}"#)?;
    fs::write(path("another.json"), "{}")?;
    let report = VECTORS.run(directory.path())?;
    let unreadable = report.files.iter().filter(|file| file.unreadable.is_some());
    let unreadable: Vec<_> = unreadable.map(|file| file.name).collect();
    assert_eq!(unreadable, ["aad.json", "public_rpc.json", "transfer.json"]);
    assert_eq!(report.unknown, ["another.json"]);
    assert!(!report.is_good());
    assert!(report.files.iter().all(|file| file.mismatches.is_empty()));
    assert!(VECTORS.run(&path("nowhere")).is_err());
    Ok(())
}

/// With the first character another one, of the same kind.
fn other(text: &str) -> String {
    let first = match text.chars().next().expect("it is not empty") {
        '0' => '1',
        '{' => '[',
        '0'..='9' => '0',
        'a' => 'b',
        _ => 'a',
    };
    text.chars().enumerate().map(|(place, found)| if place == 0 { first } else { found }).collect()
}
