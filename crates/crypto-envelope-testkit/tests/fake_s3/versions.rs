//! Versions of objects.

use crypto_envelope_testkit::fake::s3::FakeS3;

use crate::client::{Answer, Ask, MINE, OTHER, Result, get, put, start};

fn set(s3: &FakeS3, status: &str) -> Result<Answer> {
    let body = format!(
        "<VersioningConfiguration xmlns='x'><Status>{status}</Status></VersioningConfiguration>"
    );
    Ask::new(s3, "PUT", "/bkt?versioning").body(body.as_bytes()).send()
}

fn id(answer: &Answer) -> String {
    answer.header("x-amz-version-id").unwrap_or_default().to_owned()
}

#[test]
fn each_version_has_its_key() -> Result<()> {
    let s3 = start()?;
    assert_eq!(get(&s3, "/bkt?versioning")?.elements("Status"), [""; 0]);
    assert_eq!(set(&s3, "Enabled")?.status, 200);
    assert_eq!(get(&s3, "/bkt?versioning")?.elements("Status"), ["Enabled"]);
    let first = id(&Ask::new(&s3, "PUT", "/bkt/key").key(MINE).body(b"one").send()?);
    let second = id(&Ask::new(&s3, "PUT", "/bkt/key").key(OTHER).body(b"two").send()?);
    for (version, key, expected) in [
        (&first, MINE, Some(&b"one"[..])),
        (&first, OTHER, None),
        (&second, MINE, None),
        (&second, OTHER, Some(b"two")),
    ] {
        let target = format!("/bkt/key?versionId={version}");
        let read = Ask::new(&s3, "GET", &target).key(key).send()?;
        match expected {
            Some(text) => assert_eq!((&*read.body, &id(&read)), (text, version)),
            None => assert_eq!(read.error(), (403, "AccessDenied")),
        }
    }
    assert_eq!(s3.versions("bkt", "key").len(), 2);
    let source = format!("bkt/key?versionId={first}");
    let copy = Ask::new(&s3, "PUT", "/bkt/copy").header("x-amz-copy-source", &source);
    let copied = copy.source_key(MINE).send()?;
    assert_eq!(copied.header("x-amz-copy-source-version-id"), Some(&*first));
    assert_eq!(get(&s3, "/bkt/copy")?.body, b"one");
    Ok(())
}

#[test]
fn what_is_deleted_comes_back_without_its_marker() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/key", b"before")?;
    set(&s3, "Enabled")?;
    let one = id(&put(&s3, "/bkt/key", b"one")?);
    let deleted = Ask::new(&s3, "DELETE", "/bkt/key").send()?;
    let marker = id(&deleted);
    assert_eq!((deleted.status, deleted.header("x-amz-delete-marker")), (204, Some("true")));
    let gone = get(&s3, "/bkt/key")?;
    assert_eq!(gone.error(), (404, "NoSuchKey"));
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    let target = format!("/bkt/key?versionId={marker}");
    assert_eq!(get(&s3, &target)?.error(), (405, "MethodNotAllowed"));
    let head = Ask::new(&s3, "HEAD", &target).send()?;
    assert_eq!((head.status, head.header("x-amz-delete-marker")), (405, Some("true")));
    assert_eq!(s3.keys("bkt"), [""; 0]);
    assert_eq!(Ask::new(&s3, "DELETE", &target).send()?.status, 204);
    assert_eq!(get(&s3, "/bkt/key")?.body, b"one");
    let target = format!("/bkt/key?versionId={one}");
    assert_eq!(Ask::new(&s3, "DELETE", &target).send()?.status, 204);
    assert_eq!(get(&s3, &target)?.error(), (404, "NoSuchVersion"));
    assert_eq!(get(&s3, "/bkt/key?versionId=null")?.body, b"before");
    Ok(())
}

#[test]
fn without_versions_from_now_on_one_is_replaced() -> Result<()> {
    let s3 = start()?;
    set(&s3, "Enabled")?;
    let kept = id(&put(&s3, "/bkt/key", b"kept")?);
    set(&s3, "Suspended")?;
    for body in [b"one", b"two"] {
        assert_eq!(id(&put(&s3, "/bkt/key", body)?), "null");
    }
    let listed = get(&s3, "/bkt?versions")?;
    assert_eq!(listed.elements("VersionId"), ["null", &kept]);
    assert_eq!(id(&Ask::new(&s3, "DELETE", "/bkt/key").send()?), "null");
    let listed = get(&s3, "/bkt?versions")?;
    assert_eq!(listed.elements("DeleteMarker").len(), 1);
    assert_eq!(listed.elements("VersionId"), ["null", &kept]);
    assert_eq!(set(&s3, "Maybe")?.error(), (400, "MalformedXML"));
    Ok(())
}

#[test]
fn versions_are_listed_newest_first_and_in_pages() -> Result<()> {
    let s3 = start()?;
    set(&s3, "Enabled")?;
    let mut ids = Vec::new();
    for key in ["a", "a", "b", "b", "b", "c%2Fd"] {
        ids.push(id(&put(&s3, &format!("/bkt/{key}"), b"")?));
    }
    let expected = [&ids[1], &ids[0], &ids[4], &ids[3], &ids[2], &ids[5]];
    let all = get(&s3, "/bkt?versions")?;
    assert_eq!(all.elements("VersionId"), expected);
    assert_eq!(all.elements("IsLatest"), ["true", "false", "true", "false", "false", "true"]);
    let (mut found, mut target) = (Vec::new(), "/bkt?versions&max-keys=1".to_owned());
    loop {
        let page = get(&s3, &target)?;
        found.extend(page.elements("VersionId").into_iter().map(str::to_owned));
        let (Some(key), Some(id)) = (
            page.elements("NextKeyMarker").first().copied(),
            page.elements("NextVersionIdMarker").first().copied(),
        ) else {
            break;
        };
        target = format!("/bkt?versions&max-keys=1&key-marker={key}&version-id-marker={id}");
    }
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    let prefixes = get(&s3, "/bkt?versions&delimiter=%2F")?;
    assert_eq!(prefixes.elements("CommonPrefixes"), ["<Prefix>c/</Prefix>"]);
    Ok(())
}
