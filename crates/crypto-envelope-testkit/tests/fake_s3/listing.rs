//! What is in a bucket.

use crate::client::{Answer, Ask, MINE, Result, get, put, start};

fn keys(answer: &Answer) -> Vec<&str> {
    answer.elements("Key")
}

#[test]
fn objects_are_listed_in_pages() -> Result<()> {
    let s3 = start()?;
    for key in ["a", "b/1", "b/2", "c", "d%26%20e"] {
        Ask::new(&s3, "PUT", &format!("/bkt/{key}")).key(MINE).body(b"12").send()?;
    }
    let all = get(&s3, "/bkt?list-type=2")?;
    assert_eq!(keys(&all), ["a", "b/1", "b/2", "c", "d&amp; e"]);
    assert_eq!(all.elements("Size"), ["2"; 5]);
    assert_eq!(all.elements("KeyCount"), ["5"]);
    assert_eq!(all.elements("LastModified")[0], "2026-01-01T00:00:00.000Z");
    let encoded = get(&s3, "/bkt?list-type=2&encoding-type=url&prefix=d")?;
    assert_eq!(keys(&encoded), ["d%26%20e"]);
    let first = get(&s3, "/bkt?list-type=2&delimiter=%2F&max-keys=2")?;
    assert_eq!(keys(&first), ["a"]);
    assert_eq!(first.elements("CommonPrefixes"), ["<Prefix>b/</Prefix>"]);
    let token = first.elements("NextContinuationToken")[0].replace('=', "%3D");
    let target = format!("/bkt?list-type=2&delimiter=%2F&continuation-token={token}");
    let second = get(&s3, &target)?;
    assert_eq!(
        (keys(&second), second.elements("IsTruncated")),
        (vec!["c", "d&amp; e"], vec!["false"])
    );
    assert_eq!(keys(&get(&s3, "/bkt?list-type=2&start-after=b%2F2")?), ["c", "d&amp; e"]);
    // The older form.
    let first = get(&s3, "/bkt?max-keys=3")?;
    assert_eq!(first.elements("NextMarker"), ["b/2"]);
    assert_eq!(keys(&get(&s3, "/bkt?marker=b%2F2")?), ["c", "d&amp; e"]);
    for target in [
        "/bkt?list-type=2&max-keys=x",
        "/bkt?list-type=2&encoding-type=x",
        "/bkt?list-type=2&continuation-token=%C3%BC",
        "/bkt?list-type=2&continuation-token=%2F%2F%2F%2F",
    ] {
        assert_eq!(get(&s3, target)?.error(), (400, "InvalidArgument"), "{target}");
    }
    assert_eq!(get(&s3, "/none?list-type=2")?.error(), (404, "NoSuchBucket"));
    Ok(())
}

#[test]
fn several_objects_are_deleted_at_once() -> Result<()> {
    let s3 = start()?;
    for key in ["a", "b%20", "c"] {
        put(&s3, &format!("/bkt/{key}"), b"")?;
    }
    let delete = |body: &str, checked: bool| {
        let checked = if checked { Some(("x-amz-checksum-crc64nvme", "any")) } else { None };
        let ask = Ask::new(&s3, "POST", "/bkt?delete").body(body.as_bytes());
        checked.into_iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send()
    };
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b </Key></Object>\
                <Object><Key>none</Key></Object><Object><Key>c</Key><ETag>x</ETag></Object></Delete>";
    assert_eq!(delete(body, false)?.error(), (400, "InvalidRequest"));
    let done = delete(body, true)?;
    assert_eq!(done.elements("Deleted").len(), 3);
    assert_eq!(done.elements("Code"), ["PreconditionFailed"]);
    assert_eq!(s3.keys("bkt"), ["c"]);
    let quiet = "<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>";
    assert_eq!(delete(quiet, true)?.elements("Deleted").len(), 0);
    assert!(s3.keys("bkt").is_empty());
    for body in ["", "<Delete/>", "<Delete><Object/></Delete>", "<Other/>"] {
        assert_eq!(delete(body, true)?.error(), (400, "MalformedXML"), "{body}");
    }
    Ok(())
}
