//! Whole objects.

use crypto_envelope_testkit::fake::s3::StoredObject;

use crate::client::{Ask, MINE, Result, get, put, start};

#[test]
fn an_object_comes_back_with_its_headers() -> Result<()> {
    let s3 = start()?;
    let written = Ask::new(&s3, "PUT", "/bkt/a/%C3%BC%20b%2Bc")
        .header("Content-Type", "text/plain")
        .header("content-encoding", "aws-chunked,gzip")
        .header("cache-control", "no-store")
        .header("x-amz-meta-Project", "blue")
        .header("x-amz-storage-class", "STANDARD_IA")
        .header("x-amz-tagging", "colour=blue&size=a%20b")
        .body(b"body")
        .send()?;
    assert_eq!(written.status, 200);
    assert_eq!(written.header("ETag"), Some("\"841a2d689ad86bd1611447453c22c6fc\""));
    let read = get(&s3, "/bkt/a/%C3%BC%20b%2Bc")?;
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("Content-Encoding", "gzip"),
        ("Cache-Control", "no-store"),
        ("x-amz-meta-project", "blue"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-tagging-count", "2"),
        ("x-amz-server-side-encryption", "AES256"),
        ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("Content-Length", "4"),
    ] {
        assert_eq!(read.header(name), Some(value), "{name}");
    }
    let head = Ask::new(&s3, "HEAD", "/bkt/a/%C3%BC%20b%2Bc").send()?;
    assert_eq!((head.header("Content-Length"), head.body.len()), (Some("4"), 0));
    let stored = s3.object("bkt", "a/ü b+c").ok_or("not there")?;
    assert_eq!(stored.header("x-amz-meta-project"), Some("blue"));
    assert_eq!(stored.tags.len(), 2);
    let other = get(&s3, "/bkt/a/%C3%BC%20b%2Bc?response-content-type=x%2Fy")?;
    assert_eq!(other.header("Content-Type"), Some("x/y"));
    Ok(())
}

#[test]
fn ranges_are_those_of_the_text() -> Result<()> {
    let s3 = start()?;
    let text = (0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>();
    Ask::new(&s3, "PUT", "/bkt/key").key(MINE).body(&text).send()?;
    put(&s3, "/bkt/plain", &text)?;
    let end = text.len();
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=65530-65541", 65530..65542),
        ("bytes=65536-131071", 65536..131_072),
        ("bytes=1-", 1..end),
        ("bytes=-7", end - 7..end),
        ("bytes=799999-900000", 799_999..end),
    ] {
        for (target, key) in [("/bkt/key", Some(MINE)), ("/bkt/plain", None)] {
            let ask = Ask::new(&s3, "GET", target).header("range", range);
            let read = key.into_iter().fold(ask, Ask::key).send()?;
            assert_eq!((read.status, &*read.body), (206, &text[expected.clone()]), "{range}");
            let place = format!("bytes {}-{}/{end}", expected.start, expected.end - 1);
            assert_eq!(read.header("Content-Range"), Some(&*place));
        }
    }
    let whole = Ask::new(&s3, "GET", "/bkt/plain").header("range", "lines=1-2").send()?;
    assert_eq!((whole.status, whole.body.len()), (200, end));
    let refused = Ask::new(&s3, "GET", "/bkt/plain").header("range", "bytes=800000-").send()?;
    assert_eq!(refused.error(), (416, "InvalidRange"));
    Ok(())
}

#[test]
fn conditions_hold_or_refuse() -> Result<()> {
    let s3 = start()?;
    let tag = put(&s3, "/bkt/key", b"body")?.header("ETag").unwrap_or_default().to_owned();
    let bare = tag.trim_matches('"').to_owned();
    let other = "\"00000000000000000000000000000000\"";
    let late = "Fri, 02 Jan 2026 00:00:00 GMT";
    for (method, name, value, status) in [
        ("GET", "if-match", tag.as_str(), 200),
        ("GET", "if-match", &bare, 200),
        ("GET", "if-match", other, 412),
        ("GET", "if-none-match", &tag, 304),
        ("GET", "if-none-match", other, 200),
        ("GET", "if-modified-since", late, 304),
        ("GET", "if-unmodified-since", "Thu, 01 Jan 2015 00:00:00 GMT", 412),
        ("HEAD", "if-match", other, 412),
        ("PUT", "if-match", other, 412),
        ("PUT", "if-match", &tag, 200),
        ("PUT", "if-none-match", "*", 412),
        ("PUT", "if-none-match", &tag, 501),
        ("DELETE", "if-match", other, 412),
        ("DELETE", "if-match", &tag, 204),
        ("DELETE", "if-match", &tag, 412),
        ("PUT", "if-match", &tag, 404),
        ("PUT", "if-none-match", "*", 200),
    ] {
        let ask = Ask::new(&s3, method, "/bkt/key").header(name, value).body(b"body");
        assert_eq!(ask.send()?.status, status, "{method} {name} {value}");
    }
    Ok(())
}

#[test]
fn bodies_are_those_that_were_meant() -> Result<()> {
    let s3 = start()?;
    let chunked = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
    let trailer = || {
        let ask = Ask::new(&s3, "PUT", "/bkt/chunks").header("x-amz-decoded-content-length", "11");
        ask.header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    };
    let written = trailer().key(MINE).body(chunked).send()?;
    assert_eq!(written.header("x-amz-checksum-crc32"), Some("DUoRhQ=="));
    let read = Ask::new(&s3, "GET", "/bkt/chunks").key(MINE);
    let read = read.header("x-amz-checksum-mode", "ENABLED").send()?;
    assert_eq!(read.body, b"hello world");
    assert_eq!(read.header("x-amz-checksum-crc32"), Some("DUoRhQ=="));
    assert_eq!(trailer().body(b"hello world").send()?.error(), (400, "IncompleteBody"));
    for (name, value, code) in [
        ("content-md5", "AAAA", "InvalidDigest"),
        ("content-md5", MINE.1, "BadDigest"),
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
        ("x-amz-checksum-sha256", "AAAA", "BadDigest"),
    ] {
        let refused = Ask::new(&s3, "PUT", "/bkt/key").header(name, value).body(b"body").send()?;
        assert_eq!(refused.error(), (400, code), "{name}");
    }
    assert_eq!(s3.keys("bkt"), ["chunks"]);
    Ok(())
}

#[test]
fn tags_need_no_key() -> Result<()> {
    let s3 = start()?;
    let put = Ask::new(&s3, "PUT", "/bkt/key").key(MINE).header("x-amz-tagging", "a=1");
    assert_eq!(put.send()?.status, 200);
    assert_eq!(get(&s3, "/bkt/key?tagging")?.elements("Value"), ["1"]);
    let body = b"<Tagging xmlns='x'><TagSet><Tag><Key>b</Key><Value>&lt;2</Value></Tag></TagSet>\
                 </Tagging>";
    assert_eq!(Ask::new(&s3, "PUT", "/bkt/key?tagging").body(body).send()?.status, 200);
    let tags = get(&s3, "/bkt/key?tagging")?;
    assert_eq!((tags.elements("Key"), tags.elements("Value")), (vec!["b"], vec!["&lt;2"]));
    let refused = Ask::new(&s3, "PUT", "/bkt/key?tagging").body(b"<Tagging>").send()?;
    assert_eq!(refused.error(), (400, "MalformedXML"));
    assert_eq!(Ask::new(&s3, "DELETE", "/bkt/key?tagging").send()?.status, 204);
    assert_eq!(get(&s3, "/bkt/key?tagging")?.elements("Key"), [""; 0]);
    assert_eq!(get(&s3, "/bkt/none?tagging")?.error(), (404, "NoSuchKey"));
    Ok(())
}

#[test]
fn there_are_limits() -> Result<()> {
    let s3 = start()?;
    let (long, longer) = ("k".repeat(1024), "k".repeat(1025));
    assert_eq!(put(&s3, &format!("/bkt/{long}"), b"")?.status, 200);
    assert_eq!(put(&s3, &format!("/bkt/{longer}"), b"")?.error(), (400, "KeyTooLongError"));
    let large = "x".repeat(2049);
    let refused = Ask::new(&s3, "PUT", "/bkt/key").header("x-amz-meta-a", &large).send()?;
    assert_eq!(refused.error(), (400, "MetadataTooLarge"));
    let refused = Ask::new(&s3, "PUT", "/bkt/key").header("x-amz-storage-class", "COLD").send()?;
    assert_eq!(refused.error(), (400, "InvalidStorageClass"));
    Ok(())
}

#[test]
fn tests_put_objects_there() -> Result<()> {
    let s3 = start()?;
    let object = StoredObject::new("text").with_header("x-amz-meta-a", "b");
    s3.put_object("new", "key", object);
    let read = get(&s3, "/new/key")?;
    assert_eq!((read.text(), read.header("x-amz-meta-a")), ("text", Some("b")));
    assert_eq!(s3.object("new", "none"), None);
    assert_eq!(s3.object("none", "key"), None);
    Ok(())
}
