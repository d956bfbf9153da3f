//! What is in a bucket.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, StoredObject};
use md5::{Digest as _, Md5};

use crate::client::{Ask, Result, encoded, get};

fn start() -> Result<FakeTencentCos> {
    let cos = FakeTencentCos::start()?;
    for key in ["a", "b/1", "b/2", "b/c/3", "b&<d>", "é"] {
        cos.put_object(cos.bucket(), key, StoredObject::new(key));
    }
    Ok(cos)
}

#[test]
fn keys_are_listed_in_order() -> Result<()> {
    let cos = start()?;
    for (query, keys, prefixes) in [
        ("", &["a", "b&amp;&lt;d&gt;", "b/1", "b/2", "b/c/3", "é"][..], &[][..]),
        ("?prefix=b%2F", &["b/1", "b/2", "b/c/3"], &[]),
        ("?prefix=b%2F&delimiter=%2F", &["b/1", "b/2"], &["b/c/"]),
        ("?delimiter=%2F", &["a", "b&amp;&lt;d&gt;", "é"], &["b/"]),
        ("?marker=b%2F1", &["b/2", "b/c/3", "é"], &[]),
        ("?marker=b%2F&delimiter=%2F", &["é"], &[]),
        ("?prefix=x", &[], &[]),
        ("?encoding-type=url&prefix=%C3%A9", &["%C3%A9"], &[]),
    ] {
        let page = get(&cos, &format!("/{query}"))?;
        assert_eq!(page.elements("Key"), keys, "{query}");
        let found = page.elements("CommonPrefixes");
        let found = found.iter().map(|text| text.replace("<Prefix>", "").replace("</Prefix>", ""));
        assert_eq!(found.collect::<Vec<_>>(), prefixes, "{query}");
        assert_eq!(page.elements("IsTruncated"), ["false"]);
    }
    let page = get(&cos, "/?prefix=a")?;
    assert_eq!(page.elements("Size"), ["1"]);
    assert_eq!(page.elements("ETag"), ["&quot;0cc175b9c0f1b6a831c399e269772661&quot;"]);
    Ok(())
}

/// However long the pages are, all is found once.
#[test]
fn pages_follow_each_other() -> Result<()> {
    let cos = start()?;
    for delimiter in ["", "%2F"] {
        let whole = get(&cos, &format!("/?delimiter={delimiter}"))?;
        let expected = whole.elements("Key").len() + whole.elements("CommonPrefixes").len();
        for length in 1..=7 {
            let (mut found, mut marker) = (0, String::new());
            loop {
                let target = format!(
                    "/?delimiter={delimiter}&max-keys={length}&marker={marker}&encoding-type=url"
                );
                let page = get(&cos, &target)?;
                found += page.elements("Key").len() + page.elements("CommonPrefixes").len();
                match page.elements("NextMarker").first() {
                    Some(next) => marker = (*next).to_owned(),
                    None => break,
                }
                assert_eq!(page.elements("IsTruncated"), ["true"]);
            }
            assert_eq!(found, expected, "{delimiter} {length}");
        }
    }
    for query in ["max-keys=x", "encoding-type=base64"] {
        assert_eq!(get(&cos, &format!("/?{query}"))?.error(), (400, "InvalidArgument"), "{query}");
    }
    Ok(())
}

#[test]
fn uploads_are_listed_by_pages() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let mut ids = Vec::new();
    for key in ["a/1", "a/1", "b"] {
        let initiated = Ask::new(&cos, "POST", &format!("/{key}?uploads")).send()?;
        ids.push(initiated.elements("UploadId")[0].to_owned());
    }
    let all = get(&cos, "/?uploads=&encoding-type=url")?;
    assert_eq!(all.elements("Key"), ["a%2F1", "a%2F1", "b"]);
    assert_eq!(all.elements("UploadId"), ids);
    let first = get(&cos, "/?uploads&max-uploads=1")?;
    assert_eq!(first.elements("IsTruncated"), ["true"]);
    let (key, id) = (first.elements("NextKeyMarker")[0], first.elements("NextUploadIdMarker")[0]);
    assert_eq!((key, id), ("a/1", &*ids[0]));
    let target = format!("/?uploads&key-marker={}&upload-id-marker={id}", encoded(key));
    assert_eq!(get(&cos, &target)?.elements("UploadId"), ids[1..]);
    let grouped = get(&cos, "/?uploads&delimiter=%2F")?;
    assert_eq!(
        (grouped.elements("UploadId"), grouped.elements("CommonPrefixes").len()),
        (vec![&*ids[2]], 1)
    );
    assert_eq!(get(&cos, "/?uploads&prefix=a%2F")?.elements("UploadId"), ids[..2]);
    Ok(())
}

#[test]
fn several_objects_are_deleted_at_once() -> Result<()> {
    let cos = start()?;
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b&amp;&lt;d&gt;</Key></Object>\
                <Object><Key>nothing</Key></Object></Delete>";
    let hash = STANDARD.encode(Md5::digest(body));
    let ask = |body: &'static str| Ask::new(&cos, "POST", "/?delete=").body(body.as_bytes());
    assert_eq!(ask(body).send()?.error(), (400, "BadDigest"));
    let done = ask(body).header("Content-MD5", &hash).send()?;
    assert_eq!(done.elements("Key"), ["a", "b&amp;&lt;d&gt;", "nothing"]);
    assert_eq!(cos.keys(cos.bucket()), ["b/1", "b/2", "b/c/3", "é"]);
    let hash = STANDARD.encode(Md5::digest("<Delete>"));
    let refused = ask("<Delete>").header("Content-MD5", &hash).send()?;
    assert_eq!(refused.error(), (400, "MalformedXML"));
    Ok(())
}

#[test]
fn buckets_are_there_or_not() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    assert_eq!(Ask::new(&cos, "HEAD", "/").send()?.status, 200);
    let host = "other-1.cos.ap-beijing.myqcloud.com".to_owned();
    assert_eq!(Ask { host, ..Ask::new(&cos, "HEAD", "/") }.send()?.status, 404);
    Ok(())
}
