//! Bytes that are at the server already.

use crypto_envelope_testkit::fake::s3::FakeS3;

use crate::client::{Answer, Ask, MINE, OTHER, Result, get, put, start};

fn copy<'a>(s3: &'a FakeS3, target: &'a str, source: &'a str) -> Ask<'a> {
    Ask::new(s3, "PUT", target).header("x-amz-copy-source", source)
}

fn read(s3: &FakeS3, target: &str, key: (&str, &str)) -> Result<Answer> {
    Ask::new(s3, "GET", target).key(key).send()
}

#[test]
fn copies_have_keys_of_both_sides() -> Result<()> {
    let s3 = start()?;
    Ask::new(&s3, "PUT", "/bkt/key").key(MINE).body(b"body").send()?;
    let source = "bkt/key";
    assert_eq!(copy(&s3, "/bkt/b", source).send()?.error(), (400, "InvalidRequest"));
    let wrong = copy(&s3, "/bkt/b", source).source_key(OTHER).send()?;
    assert_eq!(wrong.error(), (403, "AccessDenied"));
    let changed = copy(&s3, "/bkt/b", "/bkt/key").source_key(MINE).key(OTHER).send()?;
    assert_eq!((changed.status, changed.echo()), (200, Some(OTHER.1)));
    assert_eq!(read(&s3, "/bkt/b", OTHER)?.body, b"body");
    assert_eq!(read(&s3, "/bkt/b", MINE)?.status, 403);
    let plain = copy(&s3, "/bkt/plain", source).source_key(MINE).send()?;
    assert_eq!((plain.status, plain.echo()), (200, None));
    assert_eq!(get(&s3, "/bkt/plain")?.body, b"body");
    let refused = copy(&s3, "/bkt/c", "bkt/plain").source_key(MINE).send()?;
    assert_eq!(refused.error(), (400, "InvalidRequest"));
    Ok(())
}

#[test]
fn an_object_is_copied_onto_itself_only_if_something_changes() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/key", b"body")?;
    let onto_itself = || copy(&s3, "/bkt/key", "bkt/key");
    assert_eq!(onto_itself().send()?.error(), (400, "InvalidRequest"));
    for (name, value) in [
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-website-redirect-location", "/x"),
        ("x-amz-server-side-encryption", "aws:kms"),
    ] {
        assert_eq!(onto_itself().header(name, value).send()?.status, 200, "{name}");
    }
    assert_eq!(onto_itself().key(MINE).send()?.status, 200);
    assert_eq!(onto_itself().source_key(MINE).key(OTHER).send()?.status, 200);
    assert_eq!(read(&s3, "/bkt/key", OTHER)?.body, b"body");
    Ok(())
}

#[test]
fn directives_say_what_goes_along() -> Result<()> {
    let s3 = start()?;
    let original = Ask::new(&s3, "PUT", "/bkt/key").header("x-amz-meta-a", "old");
    original.header("x-amz-tagging", "t=old").header("Content-Type", "a/b").send()?;
    let plain = copy(&s3, "/bkt/copy", "bkt/key").header("x-amz-meta-a", "new");
    assert_eq!(plain.header("x-amz-tagging", "t=new").send()?.status, 200);
    let replacing = copy(&s3, "/bkt/other", "bkt/key").header("x-amz-meta-a", "new");
    let replacing = replacing.header("x-amz-metadata-directive", "REPLACE");
    let replacing = replacing.header("x-amz-tagging-directive", "REPLACE");
    assert_eq!(replacing.header("x-amz-tagging", "t=new").send()?.status, 200);
    for (key, value, kind) in [("copy", "old", "a/b"), ("other", "new", "binary/octet-stream")] {
        let target = format!("/bkt/{key}");
        let found = get(&s3, &target)?;
        assert_eq!(found.header("x-amz-meta-a"), Some(value));
        assert_eq!(found.header("Content-Type"), Some(kind));
        assert_eq!(get(&s3, &format!("{target}?tagging"))?.elements("Value"), [value]);
    }
    let wrong = copy(&s3, "/bkt/x", "bkt/key").header("x-amz-metadata-directive", "MAYBE");
    assert_eq!(wrong.send()?.error(), (400, "InvalidArgument"));
    Ok(())
}

#[test]
fn conditions_are_about_both_sides() -> Result<()> {
    let s3 = start()?;
    let tag = put(&s3, "/bkt/key", b"body")?.header("ETag").unwrap_or_default().to_owned();
    put(&s3, "/bkt/there", b"")?;
    for (name, value, status) in [
        ("x-amz-copy-source-if-match", tag.as_str(), 200),
        ("x-amz-copy-source-if-match", "\"other\"", 412),
        ("x-amz-copy-source-if-none-match", &tag, 412),
        ("x-amz-copy-source-if-modified-since", "Fri, 02 Jan 2026 00:00:00 GMT", 412),
        ("if-none-match", "*", 412),
        ("if-match", "\"other\"", 412),
        ("if-match", &tag, 200),
    ] {
        let copied = copy(&s3, "/bkt/there", "bkt/key").header(name, value).send()?;
        assert_eq!(copied.status, status, "{name} {value}");
    }
    Ok(())
}

#[test]
fn sources_have_to_be_there() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/a%2Fb%20%C3%BC", b"body")?;
    assert_eq!(copy(&s3, "/bkt/copy", "bkt/a/b%20%C3%BC").send()?.status, 200);
    for (source, expected) in [
        ("bkt", (400, "InvalidArgument")),
        ("/bkt/", (400, "InvalidArgument")),
        ("/", (400, "InvalidArgument")),
        ("bkt/%FF", (400, "InvalidArgument")),
        ("bkt/none", (404, "NoSuchKey")),
        ("none/key", (404, "NoSuchBucket")),
        ("bkt/copy?versionId=1", (404, "NoSuchVersion")),
    ] {
        assert_eq!(copy(&s3, "/bkt/x", source).send()?.error(), expected, "{source}");
    }
    Ok(())
}
