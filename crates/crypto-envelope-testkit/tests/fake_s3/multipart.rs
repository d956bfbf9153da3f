//! Objects in parts.

use crypto_envelope_testkit::fake::s3::FakeS3;

use crate::client::{Answer, Ask, MINE, OTHER, Result, THEN, get, go_to, put, start};

/// An upload with a key, and its id.
fn begin(s3: &FakeS3, key: Option<(&str, &str)>) -> Result<String> {
    let ask = key.into_iter().fold(Ask::new(s3, "POST", "/bkt/key?uploads"), Ask::key);
    let begun = ask.send()?;
    assert_eq!((begun.status, begun.echo()), (200, key.map(|(_, md5)| md5)));
    Ok(begun.elements("UploadId")[0].to_owned())
}

fn part(id: &str, number: u32) -> String {
    format!("/bkt/key?partNumber={number}&uploadId={id}")
}

fn complete(s3: &FakeS3, id: &str, parts: &[(u32, &str)]) -> Result<Answer> {
    let parts = parts.iter().map(|(number, etag)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let parts = parts.collect::<String>();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    Ask::new(s3, "POST", &format!("/bkt/key?uploadId={id}")).body(body.as_bytes()).send()
}

fn etag(answer: &Answer) -> String {
    answer.header("ETag").unwrap_or_default().to_owned()
}

#[test]
fn parts_become_an_object() -> Result<()> {
    let s3 = start()?;
    let id = begin(&s3, Some(MINE))?;
    let mut tags = Vec::new();
    for (number, text) in [(1, b"first ".repeat(20_000)), (3, b"second".repeat(3)), (7, vec![])] {
        let target = part(&id, number);
        let sent = Ask::new(&s3, "PUT", &target).key(MINE).body(&text).send()?;
        assert_eq!((sent.status, sent.echo()), (200, Some(MINE.1)));
        tags.push((number, etag(&sent)));
    }
    let shows = s3.stored_bytes("bkt", "key");
    assert!(!shows.windows(12).any(|at| at == b"first first "));
    assert_eq!(s3.uploads("bkt")[0].parts.len(), 3);
    let parts = tags.iter().map(|(number, tag)| (*number, tag.as_str())).collect::<Vec<_>>();
    assert_eq!(complete(&s3, &id, &parts)?.status, 200);
    assert!(s3.uploads("bkt").is_empty());
    let whole = [b"first ".repeat(20_000), b"second".repeat(3)].concat();
    let read = Ask::new(&s3, "GET", "/bkt/key").key(MINE).send()?;
    assert_eq!(read.body, whole);
    assert!(etag(&read).ends_with("-3\""));
    let range = Ask::new(&s3, "GET", "/bkt/key").key(MINE).header("range", "bytes=119994-120005");
    assert_eq!(range.send()?.body, b"first second");
    let second = Ask::new(&s3, "GET", "/bkt/key?partNumber=2").key(MINE).send()?;
    assert_eq!((second.status, &*second.body), (206, &b"secondsecondsecond"[..]));
    assert_eq!(second.header("x-amz-mp-parts-count"), Some("3"));
    let none = Ask::new(&s3, "GET", "/bkt/key?partNumber=4").key(MINE).send()?;
    assert_eq!(none.error(), (416, "InvalidPartNumber"));
    Ok(())
}

#[test]
fn every_part_has_the_key_of_its_upload() -> Result<()> {
    let s3 = start()?;
    let (keyed, plain) = (begin(&s3, Some(MINE))?, begin(&s3, None)?);
    for (id, key) in [(&keyed, None), (&keyed, Some(OTHER)), (&plain, Some(MINE))] {
        let target = part(id, 1);
        let ask = key.into_iter().fold(Ask::new(&s3, "PUT", &target), Ask::key);
        assert_eq!(ask.clone().body(b"body").send()?.error(), (400, "InvalidRequest"), "{key:?}");
        let copied = ask.header("x-amz-copy-source", "bkt/source").send()?;
        assert_eq!(copied.error(), (400, "InvalidRequest"), "{key:?}");
    }
    assert!(s3.uploads("bkt").iter().all(|upload| upload.parts.is_empty()));
    Ok(())
}

#[test]
fn parts_are_copied_in_ranges() -> Result<()> {
    let s3 = start()?;
    Ask::new(&s3, "PUT", "/bkt/source").key(OTHER).body(b"0123456789").send()?;
    let id = begin(&s3, Some(MINE))?;
    let target = part(&id, 1);
    let copy = |range| {
        let ask = Ask::new(&s3, "PUT", &target).header("x-amz-copy-source", "bkt/source");
        ask.header("x-amz-copy-source-range", range).key(MINE).source_key(OTHER).send()
    };
    for range in ["bytes=5-10", "bytes=10-11", "bytes=5-", "bytes=-5", "5-6", "bytes=6-5"] {
        assert_eq!(copy(range)?.error(), (400, "InvalidArgument"), "{range}");
    }
    let copied = copy("bytes=3-5")?;
    assert_eq!((copied.status, copied.echo()), (200, Some(MINE.1)));
    let tag = copied.elements("ETag")[0].to_owned();
    assert_eq!(complete(&s3, &id, &[(1, &tag)])?.status, 200);
    assert_eq!(Ask::new(&s3, "GET", "/bkt/key").key(MINE).send()?.body, b"345");
    Ok(())
}

#[test]
fn only_what_was_sent_is_put_together() -> Result<()> {
    let s3 = FakeS3::builder().bucket("bkt").start()?;
    go_to(&s3, THEN);
    let id = begin(&s3, None)?;
    let one = etag(&put(&s3, &part(&id, 1), b"one")?);
    let two = etag(&put(&s3, &part(&id, 2), b"two")?);
    for (parts, code) in [
        (&[][..], "MalformedXML"),
        (&[(2, &*two), (1, &*one)], "InvalidPartOrder"),
        (&[(1, &*one), (1, &*one)], "InvalidPartOrder"),
        (&[(1, &*two)], "InvalidPart"),
        (&[(3, &*one)], "InvalidPart"),
        (&[(1, &*one), (2, &*two)], "EntityTooSmall"),
    ] {
        assert_eq!(complete(&s3, &id, parts)?.error(), (400, code), "{parts:?}");
    }
    assert_eq!(complete(&s3, "none", &[(1, &one)])?.error(), (404, "NoSuchUpload"));
    for target in [part(&id, 0), part(&id, 10_001)] {
        assert_eq!(put(&s3, &target, b"")?.error(), (400, "InvalidArgument"));
    }
    assert_eq!(put(&s3, &part("none", 1), b"")?.error(), (404, "NoSuchUpload"));
    assert_eq!(complete(&s3, &id, &[(1, &one)])?.status, 200);
    assert_eq!(get(&s3, "/bkt/key")?.body, b"one");
    Ok(())
}

#[test]
fn conditions_are_about_the_object_that_is_there() -> Result<()> {
    let s3 = start()?;
    let id = begin(&s3, None)?;
    let one = etag(&put(&s3, &part(&id, 1), b"one")?);
    let there = etag(&put(&s3, "/bkt/key", b"there")?);
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{one}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let target = format!("/bkt/key?uploadId={id}");
    let complete = |name, value| {
        let ask = Ask::new(&s3, "POST", &target).body(body.as_bytes());
        ask.header(name, value).send()
    };
    assert_eq!(complete("if-none-match", "*")?.error(), (412, "PreconditionFailed"));
    assert_eq!(complete("if-match", &one)?.error(), (412, "PreconditionFailed"));
    assert_eq!(complete("if-match", &there)?.status, 200);
    Ok(())
}

#[test]
fn uploads_are_listed_and_ended() -> Result<()> {
    let s3 = start()?;
    let ids = [begin(&s3, Some(MINE))?, begin(&s3, None)?];
    let listed = get(&s3, "/bkt?uploads")?;
    assert_eq!(listed.elements("UploadId"), ids);
    let first = get(&s3, "/bkt?uploads&max-uploads=1")?;
    assert_eq!(first.elements("NextUploadIdMarker"), [&ids[0]]);
    let target = format!("/bkt?uploads&key-marker=key&upload-id-marker={}", ids[0]);
    assert_eq!(get(&s3, &target)?.elements("UploadId"), [&ids[1]]);
    for number in [1, 2, 5] {
        put(&s3, &part(&ids[1], number), b"12")?;
    }
    let target = format!("/bkt/key?uploadId={}&max-parts=2", ids[1]);
    let parts = get(&s3, &target)?;
    assert_eq!(parts.elements("PartNumber"), ["1", "2"]);
    assert_eq!(parts.elements("NextPartNumberMarker"), ["2"]);
    let rest = get(&s3, &format!("{target}&part-number-marker=2"))?;
    assert_eq!((rest.elements("PartNumber"), rest.elements("Size")), (vec!["5"], vec!["2"]));
    let target = format!("/bkt/key?uploadId={}", ids[1]);
    assert_eq!(Ask::new(&s3, "DELETE", &target).send()?.status, 204);
    assert_eq!(Ask::new(&s3, "DELETE", &target).send()?.error(), (404, "NoSuchUpload"));
    assert_eq!(s3.uploads("bkt").len(), 1);
    Ok(())
}
