//! Errors, and requests that are not what they should be.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::client::{Ask, MINE, Result, get, put, start};

#[test]
fn errors_say_what_to_ask_support_for() -> Result<()> {
    let s3 = start()?;
    let refused = get(&s3, "/bkt/no%26key")?;
    assert_eq!(refused.header("Content-Type"), Some("application/xml"));
    assert_eq!(refused.elements("RequestId"), [refused.header("x-amz-request-id").unwrap_or("")]);
    assert_eq!(refused.elements("Resource"), ["/bkt/no%26key"]);
    assert_eq!(refused.elements("Key"), ["no&amp;key"]);
    let refused = Ask::new(&s3, "HEAD", "/bkt/no%26key").send()?;
    assert_eq!((refused.status, refused.body.len()), (404, 0));
    assert_eq!(refused.header("Content-Length"), Some("0"));
    assert!(refused.header("x-amz-request-id").is_some());
    Ok(())
}

/// Nothing that the fake does not have is taken for something that it has.
#[test]
fn other_operations_are_not_mistaken() -> Result<()> {
    let s3 = start()?;
    for (method, target) in [
        ("PUT", "/bkt/key?acl"),
        ("GET", "/bkt/key?acl="),
        ("PUT", "/bkt/key?legal-hold"),
        ("PUT", "/bkt?lifecycle"),
        ("PUT", "/bkt?tagging"),
        ("POST", "/bkt/key"),
        ("POST", "/bkt"),
        ("PUT", "/bkt/key?partNumber=1"),
        ("PUT", "/bkt/key?uploadId=1"),
        ("PUT", "/"),
        ("PUT", "//key"),
        ("DELETE", "/"),
        ("OPTIONS", "/bkt/key"),
    ] {
        let refused = Ask::new(&s3, method, target).body(b"body").send()?;
        assert_eq!(refused.error(), (501, "NotImplemented"), "{method} {target}");
    }
    assert!(s3.keys("bkt").is_empty());
    assert_eq!(s3.take_calls().pop().map(|call| call.operation), Some(String::new()));
    Ok(())
}

#[test]
fn strange_paths_are_answered() -> Result<()> {
    let s3 = start()?;
    for target in ["/bkt//double", "/bkt/a/../b/.", "/bkt/%25", "/bkt/a%2Fb", "/bkt/%20"] {
        assert_eq!(put(&s3, target, b"")?.status, 200, "{target}");
    }
    assert_eq!(s3.keys("bkt"), [" ", "%", "/double", "a/../b/.", "a/b"]);
    for target in ["/bkt/%FF", "/%FF/key", "/bkt/key?a=%FF"] {
        assert_eq!(get(&s3, target)?.error(), (400, "InvalidURI"), "{target}");
    }
    Ok(())
}

/// Whatever a header is, an answer comes.
#[test]
fn no_header_is_too_strange() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/key", b"body")?;
    for method in ["GET", "PUT", "POST"] {
        for target in TARGETS {
            for header in HEADERS {
                for value in VALUES {
                    let ask = Ask::new(&s3, method, target).header(header, value).body(b"<A/>");
                    let status = ask.send()?.status;
                    assert!((200..=501).contains(&status) && status != 500, "{ask:?}");
                }
            }
        }
    }
    Ok(())
}

/// The same for parameters.
#[test]
fn no_parameter_is_too_strange() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/key", b"body")?;
    for name in PARAMETERS {
        for value in ["", "0", "-1", "x", "4294967296", "18446744073709551616", "%C3%BC", "a%00"] {
            for target in ["/bkt/key?", "/bkt?list-type=2&", "/bkt?versions&", "/bkt?uploads&"] {
                let status = get(&s3, &format!("{target}{name}={value}"))?.status;
                assert!((200..=501).contains(&status) && status != 500, "{target} {name}={value}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_body_has_a_length() -> Result<()> {
    let s3 = start()?;
    let mut stream = TcpStream::connect(s3.endpoint().replace("http://", ""))?;
    write!(stream, "PUT /bkt/key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let call = s3.calls().pop().ok_or("no call")?;
    assert_eq!((&*call.operation, call.error.as_deref()), ("PutObject", Some("AccessDenied")));
    Ok(())
}

#[test]
fn the_log_says_what_was_asked() -> Result<()> {
    let s3 = start()?;
    Ask::new(&s3, "PUT", "/bkt/a%20b").key(MINE).body(b"body").send()?;
    let call = s3.take_calls().pop().ok_or("no call")?;
    assert_eq!((&*call.operation, &*call.bucket, &*call.key), ("PutObject", "bkt", "a b"));
    assert_eq!((call.status, call.request_length), (Some(200), 4));
    assert_eq!(call.access_key, s3.access_key().id());
    assert_eq!(call.header("x-amz-server-side-encryption-customer-key-md5"), Some(MINE.1));
    assert_eq!(call.header("x-amz-server-side-encryption-customer-key"), None);
    assert_eq!(call.header("authorization"), None);
    assert!(s3.calls().is_empty());
    Ok(())
}

const TARGETS: [&str; 10] = [
    "/bkt/key",
    "/bkt/key?tagging",
    "/bkt/key?attributes",
    "/bkt/key?uploads",
    "/bkt/key?uploadId=x&partNumber=1",
    "/bkt?delete",
    "/bkt?versions",
    "/bkt?policy",
    "/bkt?encryption",
    "/bkt?versioning",
];
const HEADERS: [&str; 18] = [
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-content-sha256",
    "x-amz-decoded-content-length",
    "x-amz-metadata-directive",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "content-md5",
    "x-amz-checksum-crc32",
    "x-amz-object-attributes",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
];
const VALUES: [&str; 14] = [
    "",
    "0",
    "-1",
    "bytes=-",
    "bytes=9-1",
    "bytes=0-99999999999999999999",
    "=",
    "&&",
    "%",
    "*",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "bkt/key",
    "bkt/key?versionId=",
    "18446744073709551615",
];
const PARAMETERS: [&str; 11] = [
    "partNumber",
    "versionId",
    "max-keys",
    "key-marker",
    "version-id-marker",
    "max-parts",
    "part-number-marker",
    "continuation-token",
    "encoding-type",
    "max-uploads",
    "uploadId",
];
