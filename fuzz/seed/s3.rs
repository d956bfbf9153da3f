//! What the targets of S3 start from.

use std::{error::Error, fs, path::Path};

use serde_json::{Value, json};

type Inputs = Result<Vec<Vec<u8>>, Box<dyn Error>>;

/// The good ones and the bad ones, and one with a long name that is reserved.
pub fn key_rings() -> Inputs {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/sse-c-key-ring");
    let mut inputs = Vec::new();
    for name in RINGS {
        inputs.push(fs::read(vectors.join(name).with_extension("json"))?);
    }
    let mut ring: Value = serde_json::from_slice(&inputs[0])?;
    ring["context"] = json!({format!("aws-crypto-{}", "x".repeat(2000)): "y"});
    inputs.push(ring.to_string().into_bytes());
    let cases: Value = serde_json::from_slice(&fs::read(vectors.join("negative.json"))?)?;
    let cases = cases.as_array().ok_or("no cases")?;
    inputs.extend(cases.iter().filter_map(|case| Some(case["text"].as_str()?.as_bytes().to_vec())));
    Ok(inputs)
}

/// Records.
pub fn files() -> Vec<Vec<u8>> {
    let upload = |protection: &str, epoch: Option<u32>| {
        json!({"bucket": "b", "key": "a", "upload_id": "u", "protection": protection, "epoch": epoch,
            "file": {"size": 7, "modified": 8, "device": 1, "inode": 2}, "part_size": 8_388_608})
    };
    let download = |version: Option<&str>| {
        json!({"bucket": "b", "key": "a", "version": version, "etag": "\"x\"", "size": 7,
            "part_size": 8_388_608, "file": {"path": "/some/where", "device": "1", "inode": "2"}})
    };
    let sent = json!({"part": 1, "etag": "\"x\"", "md5": "1B2M2Y8AsgTpgAmY7PhCfg=="});
    let written = json!({"part": 0, "sha256": HASH});
    vec![
        record(0, "an upload to S3", &upload("a key of the server", None), &sent),
        record(0, "an upload to S3", &upload("what the bucket is set to", Some(1)), &sent),
        record(1, "a download from S3", &download(None), &written),
        record(1, "a download from S3", &download(Some("v")), &written),
    ]
}

fn record(kind: u8, name: &str, start: &Value, part: &Value) -> Vec<u8> {
    let first = json!({"record": name, "version": 1, "start": start});
    [&[kind], format!("{first}\n{part}\n").as_bytes()].concat()
}

const RINGS: [&str; 5] =
    ["one-epoch", "no-bucket", "several-epochs", "several-providers", "highest-number"];
/// 32 bytes in base64.
const HASH: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
