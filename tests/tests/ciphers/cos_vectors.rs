//! The vectors of Tencent COS, and that what differs is found.

use crypto_envelope_tests::{cos_vectors::VECTORS, vectors::Result};

use crate::changed_vectors::run_changed;

#[test]
fn vectors_of_the_official_sdks() -> Result<()> {
    let report = VECTORS.run(&VECTORS.official())?;
    assert!(report.is_good(), "{report:#?}");
    assert!(report.unknown.is_empty(), "{:?}", report.unknown);
    let expected = [
        ("aes-master-iv-INFERRED.json", 5),
        ("aes-single.json", 24),
        ("java-crypto.json", 138),
        ("multipart.json", 10),
        ("negative.json", 13),
        ("presigned.json", 6),
        ("range.json", 24),
        ("rsa-single.json", 30),
        ("signature.json", 55),
        ("transcripts.json", 14),
    ];
    let found = report.files.iter().map(|file| (file.name, file.passed));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    Ok(())
}

/// A change of any value that is compared, or of any that goes into it, in this case of a file.
#[test]
fn other_values_are_mismatches() -> Result<()> {
    for (file, case, pointer) in [
        ("aes-single.json", 3, "/data_key_hex"),
        ("aes-single.json", 3, "/data_iv_hex"),
        ("aes-single.json", 3, "/master_key_base64"),
        ("aes-single.json", 3, "/ciphertext/sha256"),
        ("aes-single.json", 3, "/plaintext/sha256"),
        ("aes-single.json", 3, "/metadata/x-cos-meta-client-side-encryption-key"),
        ("aes-single.json", 3, "/metadata/x-cos-meta-client-side-encryption-iv"),
        ("aes-master-iv-INFERRED.json", 3, "/metadata/x-cos-meta-client-side-encryption-master-iv"),
        ("rsa-single.json", 14, "/metadata/x-cos-meta-client-side-encryption-key"),
        ("rsa-single.json", 14, "/rsa_key"),
        ("rsa-single.json", 14, "/data_key_hex"),
        ("multipart.json", 0, "/parts/0/ciphertext_sha256"),
        ("multipart.json", 0, "/parts/0/plaintext_sha256"),
        ("multipart.json", 0, "/object_ciphertext_sha256"),
        ("multipart.json", 0, "/metadata_on_initiate/x-cos-meta-client-side-encryption-iv"),
        ("range.json", 3, "/plaintext/sha256"),
        ("negative.json", 1, "/official_sdk/plaintext/sha256"),
        ("java-crypto.json", 1, "/plaintext/seed"),
        ("java-crypto.json", 1, "/storage"),
        ("java-crypto.json", 1, "/content_mode"),
        ("java-crypto.json", 1, "/metadata/x-cos-meta-client-side-encryption-key"),
        ("java-crypto.json", 1, "/metadata/x-cos-meta-client-side-encryption-wrap-alg"),
        ("java-crypto.json", 1, "/ciphertext_base64"),
        ("signature.json", 3, "/format_string"),
        ("signature.json", 3, "/string_to_sign"),
        ("signature.json", 3, "/sign_key"),
        ("signature.json", 3, "/signature"),
        ("signature.json", 3, "/authorization"),
        ("signature.json", 3, "/key"),
        ("signature.json", 3, "/method"),
        ("presigned.json", 2, "/url"),
        ("presigned.json", 2, "/key"),
        ("presigned.json", 2, "/region"),
        ("presigned.json", 4, "/params/versionId"),
        ("presigned.json", 4, "/headers/Content-Type"),
        ("transcripts.json", 0, "/requests/0/target"),
        ("transcripts.json", 0, "/requests/0/headers/0/1"),
        ("transcripts.json", 0, "/requests/0/headers/4/1"),
        ("transcripts.json", 1, "/requests/0/headers/1/1"),
        ("transcripts.json", 3, "/requests/0/headers/0/1"),
        ("transcripts.json", 9, "/requests/0/body_utf8"),
    ] {
        let report = run_changed(VECTORS, file, |cases| {
            *cases = vec![cases.remove(case)];
            let value = cases[0].pointer_mut(pointer).expect("it is there");
            *value = other(value.as_str().expect("a text")).into();
        })?;
        let mismatches = report.mismatches;
        assert_eq!(mismatches.len(), 1, "{file} {pointer}: {mismatches:?}");
    }
    Ok(())
}

#[test]
fn what_has_to_be_refused_is_a_mismatch_if_it_opens() -> Result<()> {
    let report = run_changed(VECTORS, "negative.json", |cases| {
        let (good, bad) = cases.split_at_mut(1);
        for case in bad {
            case["metadata"] = good[0]["metadata"].clone();
        }
    })?;
    // Those that the SDK reads in silence, and the damage that is not in the metadata, stay as they are.
    assert_eq!(report.mismatches.len(), 9, "{:#?}", report.mismatches);
    assert!(report.mismatches.iter().all(|mismatch| mismatch.ends_with("it opened")));
    Ok(())
}

/// With the first character another one, of the same kind.
fn other(text: &str) -> String {
    let first = match text.chars().next().expect("it is not empty") {
        '0'..='8' => '9',
        '9' => '0',
        'a' => 'b',
        'A' => 'B',
        'b'..='z' => 'a',
        _ => 'A',
    };
    text.chars().enumerate().map(|(place, found)| if place == 0 { first } else { found }).collect()
}
