//! What the targets of Tencent COS start from.

use std::{error::Error, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_tencent_cos::wire;
use serde_json::{Value, json};

type Inputs = Result<Vec<Vec<u8>>, Box<dyn Error>>;

/// Answers that have all that one can have, and errors.
pub fn answers() -> Inputs {
    let mut inputs = Vec::new();
    for (which, name) in (0..).zip(wire::ANSWERS) {
        let of_call = BODIES.iter().find(|(known, _)| known == name);
        let body = of_call.map_or("", |(_, body)| body);
        let status = if *name == "GetObjectRange" { 53 } else { 50 };
        let head = if status == 53 { [HEAD, RANGE].concat() } else { HEAD.to_owned() };
        inputs.push([&[which, status], head.as_bytes(), b"\n", body.as_bytes()].concat());
        inputs.push([&[which, 150], HEAD.as_bytes(), b"\n", REFUSAL.as_bytes()].concat());
    }
    Ok(inputs)
}

/// Metadata and instruction files of the vectors, with a body where it is short.
pub fn objects() -> Inputs {
    let mut inputs = Vec::new();
    for file in ["aes-single", "aes-master-iv-INFERRED", "rsa-single", "negative", "java-crypto"] {
        for case in cases(file)? {
            let body = body_of(&case);
            if body.len() > LONGEST {
                continue;
            }
            let metadata = case["metadata"].as_object().into_iter().flatten();
            let lines = metadata.map(|(name, value)| {
                let name = name.strip_prefix("x-cos-meta-").unwrap_or(name);
                format!("{name}:{}\n", text(value))
            });
            let lines = lines.collect::<String>();
            inputs.push([&[0, 7], lines.as_bytes(), b"\n", &body].concat());
            if let Some(instruction) = case["instruction_body"].as_str() {
                inputs.push([&[1, 7], instruction.as_bytes(), b"\n\n", &body].concat());
            }
        }
    }
    Ok(inputs)
}

/// Keys and records.
pub fn files() -> Inputs {
    let mut inputs = vec![b"\x03QKAOTd0UGE8zvzQQ58pxDICh+nXuIQN2gkSKYOUM0Eg=\n".to_vec()];
    for folder in ["tencent-cos/keys", "rsa"] {
        let mut files = fs::read_dir(vectors().join(folder))?
            .map(|file| Ok(file?.path()))
            .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        files.sort_unstable();
        for file in files {
            let key = fs::read(file)?;
            inputs.extend(content(&key).map(|der| [&[0], &der[..]].concat()));
            inputs.push([&[0], &key[..]].concat());
        }
    }
    for wrapped in [json!({"header": "AgU="}), json!({"metadata": [["name", "value"]]})] {
        let start = json!({"bucket": "examplebucket-1250000000", "key": "a", "upload": "u",
            "format": "message", "length": 7, "modified": "8", "part_length": 1_048_576,
            "wrapped": wrapped});
        let parts = [json!({"part": 1, "sha256": HASH}), json!({"part": 1, "etag": "\"x\""})];
        inputs.push(record(1, "an upload", &start, &parts));
    }
    let start = json!({"bucket": "examplebucket-1250000000", "key": "a", "etag": "\"x\"", "length": 7,
        "part_length": 1_048_576, "place": {"path": "/some/where", "device": "1", "inode": "2"}});
    let parts = [
        json!({"part": 0, "sha256": HASH, "crc64": null}),
        json!({"part": 1, "sha256": HASH, "crc64": "7"}),
    ];
    inputs.push(record(2, "a download", &start, &parts));
    Ok(inputs)
}

fn record(kind: u8, name: &str, start: &Value, parts: &[Value]) -> Vec<u8> {
    let first = json!({"record": name, "version": 1, "start": start});
    let lines = [&first].into_iter().chain(parts).map(|line| format!("{line}\n"));
    [&[kind], lines.collect::<String>().as_bytes()].concat()
}

/// What is in a block of PEM that is not encrypted in the old way.
fn content(pem: &[u8]) -> Option<Vec<u8>> {
    let lines = str::from_utf8(pem).ok()?.lines();
    let lines = lines.filter(|line| !line.starts_with("-----"));
    BASE64.decode(lines.collect::<String>()).ok()
}

fn body_of(case: &Value) -> Vec<u8> {
    let found = case["ciphertext_base64"].as_str().or(case["ciphertext"]["base64"].as_str());
    let found = found.and_then(|text| BASE64.decode(text).ok());
    found.unwrap_or_else(|| b"some more than sixteen bytes".to_vec())
}

fn cases(file: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let path = vectors().join("tencent-cos").join(format!("{file}.json"));
    let all: Value = serde_json::from_slice(&fs::read(path)?)?;
    Ok(all["cases"].as_array().ok_or("no cases")?.clone())
}

fn vectors() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// In bytes, of a body.
const LONGEST: usize = 200;
/// 32 bytes in base64.
const HASH: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const HEAD: &str = "ETag:\"5cda921deb125a66f71c0bad9892111c\"\ncontent-length:5\n\
    Last-Modified:Sat, 21 Nov 2026 07:13:29 GMT\nx-cos-hash-crc64ecma:7\nx-cos-request-id:r\n\
    x-cos-trace-id:t\nx-cos-version-id:v\nContent-Type:a/b\nx-cos-meta-a:b\nx-cos-storage-class:STANDARD\n";
const RANGE: &str = "content-range:bytes 16-20/40\n";
const REFUSAL: &str = "<?xml version='1.0' encoding='utf-8'?>\n<Error><Code>SignatureDoesNotMatch</Code>\
    <Message>no &amp; no</Message><StringToSign>sha1</StringToSign><FormatString>get</FormatString>\
    <Resource>/a</Resource><RequestId>r</RequestId><TraceId>t</TraceId></Error>";
/// By the name of the call.
const BODIES: [(&str, &str); 7] = [
    (
        "CopyObject",
        "<CopyObjectResult><ETag>\"x\"</ETag><LastModified>2026-11-21T07:13:29Z</LastModified>\
         <CRC64>7</CRC64><VersionId>v</VersionId></CopyObjectResult>",
    ),
    (
        "UploadPartCopy",
        "<CopyPartResult><ETag>\"x\"</ETag><LastModified>2026-11-21T07:13:29Z</LastModified>\
         <CRC64>7</CRC64></CopyPartResult>",
    ),
    (
        "ListObjects",
        "<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><Prefix/><Marker/>\
         <MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated><NextMarker>a%20b</NextMarker>\
         <Contents><Key>a%20b</Key><LastModified>2026-11-21T07:13:29.000Z</LastModified>\
         <ETag>\"x\"</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass></Contents>\
         <CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes></ListBucketResult>",
    ),
    (
        "InitiateMultipartUpload",
        "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>exampleobject</Key>\
         <UploadId>u</UploadId></InitiateMultipartUploadResult>",
    ),
    (
        "ListParts",
        "<ListPartsResult><Bucket>b</Bucket><Encoding-type>url</Encoding-type><Key>exampleobject</Key>\
         <UploadId>upload</UploadId><PartNumberMarker>0</PartNumberMarker>\
         <NextPartNumberMarker>1</NextPartNumberMarker><MaxParts>1000</MaxParts>\
         <IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>\
         <LastModified>2026-11-21T07:13:29.000Z</LastModified><ETag>\"x\"</ETag><Size>5</Size></Part>\
         </ListPartsResult>",
    ),
    (
        "ListMultipartUploads",
        "<ListMultipartUploadsResult><Bucket>b</Bucket><Encoding-Type>url</Encoding-Type><KeyMarker/>\
         <UploadIdMarker/><NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>\
         <MaxUploads>1000</MaxUploads><IsTruncated>true</IsTruncated><Upload><Key>a%20b</Key>\
         <UploadId>u</UploadId><Initiated>2026-11-21T07:13:29.000Z</Initiated></Upload>\
         </ListMultipartUploadsResult>",
    ),
    (
        "CompleteMultipartUpload",
        "<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket>\
         <Key>exampleobject</Key><ETag>\"x-1\"</ETag></CompleteMultipartUploadResult>",
    ),
];
