//! Bytes that are at the server already.

use crypto_envelope_testkit::fake::tencent_cos::FakeTencentCos;

use crate::client::{Answer, Ask, Result, get};

const ETAG: &str = "\"25f9e794323b453885f5181f1b624d0b\"";

fn start() -> Result<FakeTencentCos> {
    let cos = FakeTencentCos::builder().smallest_part(0).start()?;
    let put = Ask::new(&cos, "PUT", "/a%20b")
        .header("x-cos-meta-old", "1")
        .header("Content-Type", "text/plain")
        .header("x-cos-storage-class", "STANDARD_IA")
        .header("x-cos-server-side-encryption", "AES256")
        .body(b"123456789")
        .send()?;
    assert_eq!(put.status, 200);
    Ok(cos)
}

fn copy(cos: &FakeTencentCos, target: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let source = format!("{}/a%20b", cos.host());
    let ask = Ask::new(cos, "PUT", target).header("x-cos-copy-source", &source);
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send()
}

#[test]
fn a_copy_keeps_metadata_and_nothing_else() -> Result<()> {
    let cos = start()?;
    for headers in [&[][..], &[("x-cos-metadata-directive", "Copy"), ("x-cos-meta-new", "2")]] {
        let copied = copy(&cos, "/copy", headers)?;
        assert_eq!(copied.status, 200);
        assert_eq!(copied.elements("ETag"), [ETAG.replace('"', "&quot;")]);
        assert_eq!(copied.elements("LastModified").len(), 1);
        let read = get(&cos, "/copy")?;
        assert_eq!(read.body, b"123456789");
        assert_eq!(read.header("x-cos-meta-old"), Some("1"));
        assert_eq!(read.header("x-cos-meta-new"), None);
        assert_eq!(read.header("Content-Type"), Some("text/plain"));
        assert_eq!(read.header("x-cos-storage-class"), None);
        assert_eq!(read.header("x-cos-server-side-encryption"), None);
    }
    Ok(())
}

#[test]
fn metadata_is_replaced_as_a_whole() -> Result<()> {
    let cos = start()?;
    let replaced = [("x-cos-metadata-directive", "Replaced"), ("x-cos-meta-new", "2")];
    assert_eq!(copy(&cos, "/a%20b", &replaced)?.status, 200);
    let read = get(&cos, "/a%20b")?;
    assert_eq!((&*read.body, read.header("ETag")), (&b"123456789"[..], Some(ETAG)));
    assert_eq!(read.header("x-cos-meta-new"), Some("2"));
    assert_eq!(read.header("x-cos-meta-old"), None);
    assert_eq!(read.header("Content-Type"), Some("application/octet-stream"));
    Ok(())
}

#[test]
fn copies_have_conditions() -> Result<()> {
    let cos = start()?;
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (name, value, expected) in [
        ("x-cos-copy-source-If-Match", ETAG, 200),
        ("x-cos-copy-source-If-Match", "\"other\"", 412),
        ("x-cos-copy-source-If-None-Match", ETAG, 412),
        ("x-cos-copy-source-If-None-Match", "\"other\"", 200),
        ("x-cos-copy-source-If-Unmodified-Since", past, 412),
        ("x-cos-copy-source-If-Modified-Since", past, 200),
        ("x-cos-forbid-overwrite", "true", 409),
    ] {
        assert_eq!(copy(&cos, "/copy", &[(name, value)])?.status, expected, "{name}: {value}");
    }
    Ok(())
}

#[test]
fn wrong_copies_are_refused() -> Result<()> {
    let cos = start()?;
    let itself = copy(&cos, "/a%20b", &[])?;
    assert_eq!(itself.error(), (400, "InvalidRequest"));
    let directive = copy(&cos, "/copy", &[("x-cos-metadata-directive", "REPLACE")])?;
    assert_eq!(directive.error(), (400, "InvalidArgument"));
    let host = cos.host();
    for (source, expected) in [
        (format!("{host}/nothing"), (404, "NoSuchKey")),
        ("other-1.cos.ap-x.myqcloud.com/key".to_owned(), (404, "NoSuchBucket")),
        (format!("{host}/a%20b?versionId=1"), (404, "NoSuchVersion")),
        (format!("{host}/"), (400, "InvalidArgument")),
        (host, (400, "InvalidArgument")),
        ("example.com/key".to_owned(), (400, "InvalidArgument")),
        ("/key".to_owned(), (400, "InvalidArgument")),
    ] {
        let refused = Ask::new(&cos, "PUT", "/copy").header("x-cos-copy-source", &source).send()?;
        assert_eq!(refused.error(), expected, "{source}");
    }
    assert_eq!(cos.object(cos.bucket(), "copy"), None);
    Ok(())
}

#[test]
fn parts_are_copied_too() -> Result<()> {
    let cos = start()?;
    let initiated = Ask::new(&cos, "POST", "/whole?uploads").send()?;
    let id = initiated.elements("UploadId")[0];
    let part = |number: u32, range: Option<&'static str>| {
        let target = format!("/whole?partNumber={number}&uploadId={id}");
        let range = range.map(|range| ("x-cos-copy-source-range", range));
        copy(&cos, &target, range.as_slice())
    };
    assert_eq!(part(1, Some("bytes=2-4"))?.elements("LastModified").len(), 1);
    part(2, None)?;
    assert_eq!(part(3, Some("bytes=9-"))?.error(), (416, "InvalidRange"));
    assert_eq!(part(3, Some("2-4"))?.error(), (400, "InvalidArgument"));
    let parts = cos.uploads(cos.bucket()).remove(0).parts;
    let parts = parts.iter().map(|part| (part.number, &*part.content));
    assert_eq!(parts.collect::<Vec<_>>(), [(1, &b"345"[..]), (2, b"123456789")]);
    let operations = cos.calls().pop().map(|call| call.operation);
    assert_eq!(operations.as_deref(), Some("UploadPartCopy"));
    Ok(())
}
