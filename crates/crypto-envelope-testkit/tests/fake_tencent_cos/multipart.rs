//! Objects in parts.

use crypto_envelope_testkit::fake::tencent_cos::FakeTencentCos;

use crate::client::{Answer, Ask, Result, get, put};

fn initiate(cos: &FakeTencentCos, key: &str) -> Result<String> {
    let target = format!("/{key}?uploads=");
    let initiated = Ask::new(cos, "POST", &target).header("x-cos-meta-a", "b").send()?;
    assert_eq!(initiated.status, 200);
    Ok(initiated.elements("UploadId").first().ok_or("no UploadId")?.to_string())
}

fn upload(cos: &FakeTencentCos, id: &str, number: u32, body: &[u8]) -> Result<String> {
    let part = put(cos, &format!("/key?partNumber={number}&uploadId={id}"), body)?;
    assert_eq!(part.status, 200, "{part:?}");
    assert!(part.header("x-cos-hash-crc64ecma").is_some());
    Ok(part.header("ETag").ok_or("no ETag")?.to_owned())
}

fn complete(cos: &FakeTencentCos, id: &str, parts: &[(u32, &str)]) -> Result<Answer> {
    let parts = parts.iter().map(|(number, etag)| {
        let etag = etag.replace('"', "&quot;");
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let parts = parts.collect::<String>();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    Ask::new(cos, "POST", &format!("/key?uploadId={id}")).body(body.as_bytes()).send()
}

fn with_small_parts() -> Result<FakeTencentCos> {
    Ok(FakeTencentCos::builder().smallest_part(0).start()?)
}

#[test]
fn parts_become_an_object() -> Result<()> {
    let cos = with_small_parts()?;
    let id = initiate(&cos, "key")?;
    // In any order, and the last one with a number counts.
    let second = upload(&cos, &id, 2, b"56789")?;
    upload(&cos, &id, 1, b"wrong")?;
    let first = upload(&cos, &id, 1, b"1234")?;
    upload(&cos, &id, 3, b"not in the end")?;
    assert_eq!(get(&cos, "/key")?.error(), (404, "NoSuchKey"));
    let pending = cos.uploads(cos.bucket());
    assert_eq!((pending.len(), &*pending[0].key, &*pending[0].upload_id), (1, "key", &*id));
    assert_eq!(pending[0].headers, [("x-cos-meta-a".to_owned(), "b".to_owned())]);
    let parts = pending[0].parts.iter().map(|part| (part.number, &*part.content));
    assert_eq!(parts.collect::<Vec<_>>()[..2], [(1, &b"1234"[..]), (2, b"56789")]);

    let done = complete(&cos, &id, &[(1, &first), (2, &second)])?;
    let etag = "&quot;d8399932ce6023ac3365f50fbbcde132-2&quot;";
    assert_eq!((done.status, done.elements("ETag")), (200, vec![etag]));
    assert_eq!(done.header("x-cos-hash-crc64ecma"), Some("11051210869376104954"));
    let read = get(&cos, "/key")?;
    assert_eq!((&*read.body, read.header("x-cos-meta-a")), (&b"123456789"[..], Some("b")));
    assert_eq!(read.header("ETag"), Some(&*etag.replace("&quot;", "\"")));
    assert_eq!(read.header("x-cos-hash-crc64ecma"), Some("11051210869376104954"));

    assert!(cos.uploads(cos.bucket()).is_empty());
    assert_eq!(complete(&cos, &id, &[(1, &first)])?.error(), (404, "NoSuchUpload"));
    Ok(())
}

#[test]
fn wrong_parts_are_refused_and_nothing_is_lost() -> Result<()> {
    let cos = with_small_parts()?;
    let id = initiate(&cos, "key")?;
    let first = upload(&cos, &id, 1, b"one")?;
    let second = upload(&cos, &id, 2, b"two")?;
    for (parts, expected) in [
        (&[(2, &*second), (1, &*first)][..], "InvalidPartOrder"),
        (&[(1, &*first), (1, &*first)], "InvalidPartOrder"),
        (&[(1, &*second)], "InvalidPart"),
        (&[(1, &*first), (3, &*second)], "InvalidPart"),
        (&[], "MalformedXML"),
    ] {
        assert_eq!(complete(&cos, &id, parts)?.error(), (400, expected), "{parts:?}");
    }
    let target = format!("/key?uploadId={id}");
    for body in ["", "<Other/>", "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>", "{}"]
    {
        let refused = Ask::new(&cos, "POST", &target).body(body.as_bytes()).send()?;
        assert_eq!(refused.error(), (400, "MalformedXML"), "{body}");
    }
    for number in ["0", "10001", "-1", "x", ""] {
        let target = format!("/key?partNumber={number}&uploadId={id}");
        assert_eq!(put(&cos, &target, b"part")?.error(), (400, "InvalidArgument"), "{number}");
    }
    assert_eq!(put(&cos, "/key?partNumber=1&uploadId=other", b"")?.error(), (404, "NoSuchUpload"));
    let other_key = format!("/other?partNumber=1&uploadId={id}");
    assert_eq!(put(&cos, &other_key, b"")?.error(), (404, "NoSuchUpload"));
    let bad = Ask::new(&cos, "PUT", "/key?partNumber=1&uploadId=other");
    let bad = bad.header("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==").body(b"x").send()?;
    assert_eq!(bad.error(), (400, "BadDigest"));
    assert_eq!(complete(&cos, &id, &[(1, &first), (2, &second)])?.status, 200);
    Ok(())
}

#[test]
fn parts_have_a_size() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let id = initiate(&cos, "key")?;
    let short = upload(&cos, &id, 1, &vec![0; (1 << 20) - 1])?;
    let last = upload(&cos, &id, 2, b"last")?;
    let parts = [(1, &*short), (2, &*last)];
    assert_eq!(complete(&cos, &id, &parts)?.error(), (400, "EntityTooSmall"));
    let long = upload(&cos, &id, 1, &vec![0; 1 << 20])?;
    assert_eq!(complete(&cos, &id, &[(1, &long), (2, &last)])?.status, 200);
    assert_eq!(
        cos.object(cos.bucket(), "key").map(|object| object.content.len()),
        Some((1 << 20) + 4)
    );
    Ok(())
}

#[test]
fn an_upload_can_be_given_up() -> Result<()> {
    let cos = with_small_parts()?;
    let id = initiate(&cos, "key")?;
    let part = upload(&cos, &id, 1, b"one")?;
    let target = format!("/key?uploadId={id}");
    assert_eq!(Ask::new(&cos, "DELETE", &target).send()?.status, 204);
    assert_eq!(Ask::new(&cos, "DELETE", &target).send()?.error(), (404, "NoSuchUpload"));
    assert_eq!(complete(&cos, &id, &[(1, &part)])?.error(), (404, "NoSuchUpload"));
    assert_eq!(get(&cos, &target)?.error(), (404, "NoSuchUpload"));
    Ok(())
}

#[test]
fn what_must_stay_is_not_overwritten() -> Result<()> {
    let cos = with_small_parts()?;
    put(&cos, "/key", b"old")?;
    let id = initiate(&cos, "key")?;
    let etag = upload(&cos, &id, 1, b"new")?;
    let target = format!("/key?uploadId={id}");
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let ask = Ask::new(&cos, "POST", &target).body(body.as_bytes());
    let forbidden = ask.clone().header("x-cos-forbid-overwrite", "true").send()?;
    assert_eq!(forbidden.error(), (409, "FileAlreadyExists"));
    assert_eq!(get(&cos, "/key")?.body, b"old");
    assert_eq!(ask.send()?.status, 200);
    assert_eq!(get(&cos, "/key")?.body, b"new");
    Ok(())
}

#[test]
fn parts_are_listed_by_pages() -> Result<()> {
    let cos = with_small_parts()?;
    let id = initiate(&cos, "key")?;
    for number in [1, 2, 5] {
        upload(&cos, &id, number, &vec![0; number as usize])?;
    }
    let page = get(&cos, &format!("/key?uploadId={id}&max-parts=2"))?;
    assert_eq!(page.elements("PartNumber"), ["1", "2"]);
    assert_eq!(page.elements("Size"), ["1", "2"]);
    assert_eq!(page.elements("IsTruncated"), ["true"]);
    assert_eq!(page.elements("NextPartNumberMarker"), ["2"]);
    let page = get(&cos, &format!("/key?uploadId={id}&part-number-marker=2&encoding-type=url"))?;
    assert_eq!(page.elements("PartNumber"), ["5"]);
    assert_eq!(page.elements("IsTruncated"), ["false"]);
    let refused = get(&cos, &format!("/key?uploadId={id}&max-parts=x"))?;
    assert_eq!(refused.error(), (400, "InvalidArgument"));
    Ok(())
}

/// Nothing of it is copied to look at a piece.
#[test]
fn objects_can_be_large() -> Result<()> {
    let cos = FakeTencentCos::builder().forget_calls().start()?;
    let id = initiate(&cos, "key")?;
    let part = vec![7; 8 << 20];
    let mut etags = Vec::new();
    for number in 1..=8 {
        etags.push((number, upload(&cos, &id, number, &part)?));
    }
    let etags = etags.iter().map(|(number, etag)| (*number, &**etag)).collect::<Vec<_>>();
    assert_eq!(complete(&cos, &id, &etags)?.status, 200);
    let range = format!("bytes={}-{}", (16 << 20) - 2, (16 << 20) + 1);
    let read = Ask::new(&cos, "GET", "/key").header("Range", &range).send()?;
    assert_eq!((read.status, &*read.body), (206, &[7; 4][..]));
    let whole = get(&cos, "/key")?.body;
    assert!(whole.len() == 64 << 20 && whole.iter().all(|byte| *byte == 7));
    Ok(())
}
