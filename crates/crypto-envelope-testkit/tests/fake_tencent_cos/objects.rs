//! Whole objects: written, read, found and deleted.

use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, StoredObject};

use crate::client::{Ask, Result, get, put};

/// "123456789" has the check value of CRC-64/XZ.
const TEXT: &[u8] = b"123456789";
const ETAG: &str = "\"25f9e794323b453885f5181f1b624d0b\"";
const CRC64: &str = "11051210869376104954";

#[test]
fn an_object_comes_back_as_it_was_written() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let written = Ask::new(&cos, "PUT", "/dir/a%20b%2Bc%E4%B8%AD")
        .header("X-Cos-Meta-Some-Name", "value 1")
        .header("Content-Type", "text/plain")
        .header("x-other", "lost")
        .body(TEXT)
        .send()?;
    assert_eq!(written.status, 200);
    let key = "dir/a b+c中";
    for method in ["GET", "HEAD"] {
        let read = Ask::new(&cos, method, "/dir/a%20b+c%E4%B8%AD").send()?;
        assert_eq!(read.body, if method == "GET" { TEXT } else { b"" });
        for (name, value) in [
            ("Content-Length", "9"),
            ("Content-Type", "text/plain"),
            ("ETag", ETAG),
            ("x-cos-hash-crc64ecma", CRC64),
            ("x-cos-meta-some-name", "value 1"),
        ] {
            assert_eq!(read.header(name), Some(value), "{method} {name}");
        }
        assert!(read.header("Last-Modified").is_some_and(|date| date.ends_with(" GMT")));
        assert!(!read.head.contains("lost"));
    }
    assert_eq!(
        (written.header("ETag"), written.header("x-cos-hash-crc64ecma")),
        (Some(ETAG), Some(CRC64))
    );
    let stored = cos.object(cos.bucket(), key).ok_or("not stored")?;
    assert_eq!(
        (&*stored.content, &*stored.etag, stored.crc64.to_string()),
        (TEXT, ETAG, CRC64.into())
    );
    assert_eq!(stored.header("x-cos-meta-some-name"), Some("value 1"));
    assert_eq!(stored.header("x-other"), None);
    assert_eq!(cos.keys(cos.bucket()), [key]);

    for _ in 0..2 {
        assert_eq!(Ask::new(&cos, "DELETE", "/dir/a%20b%2Bc%E4%B8%AD").send()?.status, 204);
    }
    assert_eq!(get(&cos, "/dir/a%20b%2Bc%E4%B8%AD")?.error(), (404, "NoSuchKey"));
    assert_eq!(cos.object(cos.bucket(), key), None);
    Ok(())
}

#[test]
fn tests_put_objects_there_without_a_client() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let object = StoredObject::new(TEXT)
        .with_header("X-Cos-Meta-A", "b")
        .with_header("Cache-Control", "no-cache");
    cos.put_object(cos.bucket(), "key", object);
    let read = get(&cos, "/key")?;
    assert_eq!((&*read.body, read.header("ETag")), (TEXT, Some(ETAG)));
    assert_eq!(read.header("x-cos-meta-a"), Some("b"));
    assert_eq!(read.header("Cache-Control"), Some("no-cache"));
    assert_eq!(read.header("Content-Type"), Some("application/octet-stream"));
    Ok(())
}

#[test]
fn parameters_replace_headers_of_the_answer() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    put(&cos, "/key", TEXT)?;
    let target = "/key?response-content-type=text%2Fx&response-cache-control=none&response-x=y";
    let read = get(&cos, target)?;
    assert_eq!(read.header("Content-Type"), Some("text/x"));
    assert_eq!(read.header("Cache-Control"), Some("none"));
    assert_eq!(get(&cos, "/key")?.header("Content-Type"), Some("application/octet-stream"));
    Ok(())
}

#[test]
fn conditions_are_kept() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    let future = "Tue, 30 Aug 2095 12:36:00 GMT";
    put(&cos, "/key", TEXT)?;
    for (name, value, expected) in [
        ("If-Match", ETAG, 200),
        ("If-Match", "*", 200),
        ("If-Match", "\"other\"", 412),
        ("If-None-Match", "\"other\"", 200),
        ("If-None-Match", ETAG, 304),
        ("If-None-Match", "\"other\", \"25f9e794323b453885f5181f1b624d0b\"", 304),
        ("If-Modified-Since", past, 200),
        ("If-Modified-Since", future, 304),
        ("If-Unmodified-Since", future, 200),
        ("If-Unmodified-Since", past, 412),
        ("If-Unmodified-Since", "some day", 200),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = Ask::new(&cos, method, "/key").header(name, value).send()?;
            assert_eq!(answer.status, expected, "{method} {name}: {value}");
            assert_eq!(answer.header("Content-Length").is_none(), expected == 304);
        }
    }
    let refused = Ask::new(&cos, "GET", "/key").header("If-Match", "\"x\"").send()?;
    assert_eq!(refused.error(), (412, "PreconditionFailed"));
    Ok(())
}

#[test]
fn what_must_stay_is_not_overwritten() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let put_if_free = |body: &'static [u8]| {
        Ask::new(&cos, "PUT", "/key").header("x-cos-forbid-overwrite", "true").body(body).send()
    };
    assert_eq!(put_if_free(b"first")?.status, 200);
    assert_eq!(put_if_free(b"second")?.error(), (409, "FileAlreadyExists"));
    assert_eq!(get(&cos, "/key")?.body, b"first");
    assert_eq!(put(&cos, "/key", b"third")?.status, 200);
    assert_eq!(get(&cos, "/key")?.body, b"third");
    Ok(())
}

#[test]
fn what_is_wrong_with_a_request_to_write_is_said() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let long = "x".repeat(2048);
    for (name, value, expected) in [
        ("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==", (200, "")),
        ("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", (400, "BadDigest")),
        ("Content-MD5", "AAAA", (400, "InvalidDigest")),
        ("Content-MD5", "no base64", (400, "InvalidDigest")),
        ("x-cos-meta-a_b", "c", (400, "InvalidArgument")),
        ("x-cos-meta-a", &long, (400, "MetadataTooLarge")),
        ("x-cos-server-side-encryption", "AES256", (200, "")),
        ("x-cos-server-side-encryption", "cos/kms", (200, "")),
        ("x-cos-server-side-encryption", "DES", (400, "InvalidArgument")),
    ] {
        let cos = &cos;
        let written = Ask::new(cos, "PUT", "/key").header(name, value).body(TEXT).send()?;
        assert_eq!(written.error(), expected, "{name}: {value}");
    }
    let read = get(&cos, "/key")?;
    assert_eq!(read.header("x-cos-server-side-encryption"), Some("cos/kms"));
    let key = format!("/{}", "k".repeat(850));
    assert_eq!(put(&cos, &key, TEXT)?.status, 200);
    assert_eq!(put(&cos, &(key + "k"), TEXT)?.error(), (400, "KeyTooLong"));
    Ok(())
}

#[test]
fn there_are_no_versions() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    put(&cos, "/key", TEXT)?;
    assert_eq!(get(&cos, "/key?versionId=null")?.status, 200);
    assert_eq!(get(&cos, "/key?versionId=MTg0")?.error(), (404, "NoSuchVersion"));
    Ok(())
}
