//! What the targets of Alibaba Cloud KMS start from.

use std::{error::Error, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_alibaba_kms::wire;
use serde_json::{Value, json};

type Inputs = Result<Vec<Vec<u8>>, Box<dyn Error>>;

/// Messages and errors of the vectors, and answers that have all that one can have.
pub fn answers() -> Inputs {
    let mut inputs = Vec::new();
    for case in cases("alibaba/instance_protobuf.json")? {
        let name = text(&case["message"]);
        let which = place(wire::MESSAGES, name)?;
        let message = wire::encode_message(name, &case["values"])?;
        inputs.push([&[0, which], message.expose()].concat());
    }
    for name in wire::ANSWERS {
        let own = ANSWERS.iter().find(|(names, _)| names.contains(name));
        let answer = own.map_or(ANSWER, |(_, answer)| answer);
        inputs.push([&[1, place(wire::ANSWERS, name)?], answer.as_bytes()].concat());
    }
    for case in cases("alibaba/instance_errors.json")? {
        let values =
            json!({"ErrorCode": case["sdk"]["code"], "ErrorMessage": case["sdk"]["message"]});
        let error = wire::encode_message("Error", &values).unwrap_or_else(|_| Vec::new().into());
        inputs.push([&[2, 150], error.expose()].concat());
    }
    for case in cases("alibaba/public_errors.json")? {
        inputs.push([&[3, 150], case["body"].to_string().as_bytes()].concat());
    }
    inputs.push(
        [&[3, 200], &b"<a href=\"http://kms/?Action=Encrypt&Plaintext=c2VjcmV0\">"[..]].concat(),
    );
    Ok(inputs)
}

/// Files of each kind, wrapped keys and ciphertexts.
pub fn files() -> Inputs {
    let mut inputs = vec![
        [&[0], PROFILES.as_bytes()].concat(),
        [&[1], SECTIONS.as_bytes()].concat(),
        b"\x04\x01\x01\x00\x05key-1\x00\x01v\x00".to_vec(),
        b"\x04\x01\x02\x00\x05key-1\x00\x00\x0c\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07"
            .to_vec(),
        b"\x04\x01\x04\x00\x05key-1\x00\x01v\x00".to_vec(),
    ];
    for case in cases("alibaba/clientkey.json")? {
        let path = vectors().join("alibaba").join(text(&case["file"]));
        let file = fs::read_to_string(path)?;
        inputs.push([&[2], file.as_bytes()].concat());
        let file: Value = serde_json::from_str(&file)?;
        inputs.push([&[3], &contents(&BASE64.decode(text(&file["PrivateKeyData"]))?)[..]].concat());
    }
    for case in cases("pkcs12/openssl.json")? {
        let file = BASE64.decode(text(&case["base64"]))?;
        if case["form"] == "pkcs12" {
            inputs.push([&[3], &contents(&file)[..]].concat());
        }
    }
    for case in cases("alibaba/transfer.json")? {
        if let Some(blob) = case["response"]["CiphertextBlob"].as_str() {
            inputs.push([&[5], blob.as_bytes()].concat());
        }
    }
    Ok(inputs)
}

/// What the MAC of a PKCS#12 file covers: its length stands before it. With one iteration, as more take
/// long.
fn contents(file: &[u8]) -> Vec<u8> {
    let (head, contents) = file.split_at(HEAD);
    let length = head.last_chunk().map_or(0, |length| u16::from_be_bytes(*length));
    let mut contents = contents[..usize::from(length)].to_vec();
    for at in 0..contents.len() - 4 {
        if [[2, 2, 8, 0], [2, 2, 11, 184]].contains(&[0, 1, 2, 3].map(|next| contents[at + next])) {
            contents[at + 2..at + 4].copy_from_slice(&[0, 1]);
        }
    }
    contents
}

fn cases(file: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let all: Value = serde_json::from_slice(&fs::read(vectors().join(file))?)?;
    Ok(all["cases"].as_array().ok_or("no cases")?.clone())
}

fn vectors() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn place(names: &[&str], name: &str) -> Result<u8, Box<dyn Error>> {
    let place = names.iter().position(|known| *known == name).ok_or("an unknown name")?;
    Ok(u8::try_from(place)?)
}

/// In bytes: of PKCS#12 as it is here.
const HEAD: usize = 30;
/// The names of answers, and JSON that each of them is read from.
const ANSWERS: [(&[&str], &str); 4] = [
    (
        &["Created", "Described"],
        r#"{"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled", "Tags": [1]}, "RequestId": "r"}"#,
    ),
    (&["VersionOf"], r#"{"KeyVersion": {"KeyId": "k", "KeyVersionId": "v"}}"#),
    (&["DescribedInstance"], r#"{"KmsInstance": {"InstanceId": "kst-1", "Status": "Connected"}}"#),
    (&["Tags"], r#"{"Tags": {"Tag": [{"TagKey": "t", "TagValue": "u"}, {"TagKey": "w"}]}}"#),
];
/// Of all others.
const ANSWER: &str = r#"{"KeyId": "k", "KeyVersionId": "v", "RequestId": "r", "CiphertextBlob": "AQI=",
    "Plaintext": "AQI=", "PublicKey": "PEM", "Value": "AQI=", "SecretName": "s", "SecretData": "\u00e9",
    "VersionStages": {"VersionStage": ["ACSCurrent", "mine"]}, "ExtendedConfig": null,
    "PageNumber": 1, "PageSize": 10, "TotalCount": 4294967295, "Keys": {"Key": [{"KeyId": "k"}]},
    "Aliases": {"Alias": [{"KeyId": "k", "AliasName": "alias/a"}]},
    "KeyVersions": {"KeyVersion": [{"KeyId": "k", "KeyVersionId": "v"}]}}"#;
const PROFILES: &str = r#"{"current": "w", "profiles": [{"name": "d", "mode": "AK"},
    {"name": "w", "mode": "StsToken", "access_key_id": "i", "access_key_secret": "s",
    "sts_token": "t", "region_id": "cn-hangzhou"}]}"#;
const SECTIONS: &str = "; it\n[ other ]\ntype=ecs\n[default] # it\ntype = sts\naccess_key_id: i\n\
    access_key_secret=s\nsecurity_token=t\nregion_id=cn-hangzhou\n";
