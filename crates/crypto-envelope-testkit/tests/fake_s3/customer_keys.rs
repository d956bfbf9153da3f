//! Encryption at the server by keys of customers (SSE-C).

use crypto_envelope_testkit::{fake::s3::FakeS3, redaction};

use crate::client::{Answer, Ask, MINE, OTHER, Result, get, put, start};

fn with_key(s3: &FakeS3, method: &str, target: &str, key: (&str, &str)) -> Result<Answer> {
    Ask::new(s3, method, target).key(key).body(TEXT).send()
}

const TEXT: &[u8] = b"a text that is long enough to be found in what is kept";

#[test]
fn only_the_key_opens_an_object() -> Result<()> {
    let s3 = start()?;
    let written = with_key(&s3, "PUT", "/bkt/key", MINE)?;
    assert_eq!((written.status, written.echo()), (200, Some(MINE.1)));
    for method in ["GET", "HEAD"] {
        let read = with_key(&s3, method, "/bkt/key", MINE)?;
        assert_eq!((read.status, read.echo()), (200, Some(MINE.1)));
        assert_eq!(read.header("x-amz-server-side-encryption-customer-key"), None);
        assert_eq!(read.header("x-amz-server-side-encryption"), None);
        let others = with_key(&s3, method, "/bkt/key", OTHER)?;
        assert_eq!((others.status, others.echo()), (403, None));
        let without = Ask::new(&s3, method, "/bkt/key").send()?;
        assert_eq!((without.status, without.header("ETag")), (400, None));
    }
    assert_eq!(with_key(&s3, "GET", "/bkt/key", MINE)?.body, TEXT);
    assert_eq!(with_key(&s3, "GET", "/bkt/key", OTHER)?.error(), (403, "AccessDenied"));
    assert_eq!(get(&s3, "/bkt/key")?.error(), (400, "InvalidRequest"));
    put(&s3, "/bkt/plain", TEXT)?;
    assert_eq!(with_key(&s3, "GET", "/bkt/plain", MINE)?.error(), (400, "InvalidRequest"));
    assert_eq!(with_key(&s3, "HEAD", "/bkt/plain", MINE)?.status, 400);
    Ok(())
}

#[test]
fn what_is_kept_is_encrypted() -> Result<()> {
    let s3 = start()?;
    let shows = |key: &str| s3.stored_bytes("bkt", key).windows(TEXT.len()).any(|at| at == TEXT);
    let first = with_key(&s3, "PUT", "/bkt/key", MINE)?;
    put(&s3, "/bkt/plain", TEXT)?;
    assert_eq!((shows("key"), shows("plain")), (false, true));
    let stored = s3.object("bkt", "key").ok_or("not there")?;
    assert!(stored.customer_key);
    assert_eq!(stored.length, TEXT.len());
    // Nothing that is said of it is the same for the same text.
    let kept = stored.kept;
    let second = with_key(&s3, "PUT", "/bkt/key", MINE)?;
    assert_ne!(first.header("ETag"), second.header("ETag"));
    assert_ne!(s3.stored_bytes("bkt", "key"), kept);
    Ok(())
}

#[test]
fn no_key_is_kept_or_logged() -> Result<()> {
    let s3 = start()?;
    with_key(&s3, "PUT", "/bkt/key", MINE)?;
    let copy = Ask::new(&s3, "PUT", "/bkt/copy").header("x-amz-copy-source", "bkt/key");
    assert_eq!(copy.key(OTHER).source_key(MINE).send()?.status, 200);
    let key = b"0123456789ABCDEF0123456789ABCDEF";
    redaction::hunt(&format!("{s3:?}"), &[key])?;
    redaction::hunt(&format!("{:?}", s3.calls()), &[key])?;
    for name in ["key", "copy"] {
        assert!(!s3.stored_bytes("bkt", name).windows(32).any(|at| at == key));
    }
    Ok(())
}

#[test]
fn keys_must_be_keys() -> Result<()> {
    let s3 = start()?;
    for (key, md5) in [
        (MINE.0, OTHER.1),
        (MINE.0, "538bfad6bee373074dbd3edfae6506f2"),
        ("AAAA", MINE.1),
        (MINE.0.trim_end_matches('='), MINE.1),
        ("no base64", MINE.1),
        ("", ""),
    ] {
        for method in ["PUT", "GET"] {
            with_key(&s3, "PUT", "/bkt/key", OTHER)?;
            let refused = with_key(&s3, method, "/bkt/key", (key, md5))?;
            assert_eq!(refused.error(), (400, "InvalidArgument"), "{method} {key} {md5}");
        }
    }
    Ok(())
}

#[test]
fn all_of_three_headers_are_needed() -> Result<()> {
    let s3 = start()?;
    with_key(&s3, "PUT", "/bkt/there", MINE)?;
    let all = [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption-customer-key", MINE.0),
        ("x-amz-server-side-encryption-customer-key-MD5", MINE.1),
    ];
    for missing in 0..3 {
        let mut headers = all.to_vec();
        headers.remove(missing);
        let refused =
            Ask { headers: headers.clone(), ..Ask::new(&s3, "PUT", "/bkt/key") }.send()?;
        assert_eq!(refused.error(), (400, "InvalidArgument"), "{missing}");
        let refused = Ask { headers, ..Ask::new(&s3, "GET", "/bkt/there") }.send()?;
        let expected = if missing == 2 { (403, "AccessDenied") } else { (400, "InvalidArgument") };
        assert_eq!(refused.error(), expected, "{missing}");
    }
    for algorithm in ["AES128", "aes256", "aws:kms", ""] {
        let mut headers = all.to_vec();
        headers[0].1 = algorithm;
        let refused = Ask { headers, ..Ask::new(&s3, "PUT", "/bkt/key") }.send()?;
        assert_eq!(refused.error(), (400, "InvalidEncryptionAlgorithmError"), "{algorithm}");
    }
    assert_eq!(s3.keys("bkt"), ["there"]);
    Ok(())
}

#[test]
fn only_one_has_the_key() -> Result<()> {
    let s3 = start()?;
    for algorithm in ["AES256", "aws:kms"] {
        let both = Ask::new(&s3, "PUT", "/bkt/key").key(MINE);
        let both = both.header("x-amz-server-side-encryption", algorithm).send()?;
        assert_eq!(both.error(), (400, "InvalidArgument"));
        let service = Ask::new(&s3, "PUT", "/bkt/service");
        let service = service.header("x-amz-server-side-encryption", algorithm).send()?;
        assert_eq!(service.header("x-amz-server-side-encryption"), Some(algorithm));
    }
    let other = Ask::new(&s3, "PUT", "/bkt/key");
    let other = other.header("x-amz-server-side-encryption", "AES128").send()?;
    assert_eq!(other.error(), (400, "InvalidArgument"));
    assert_eq!(s3.keys("bkt"), ["service"]);
    Ok(())
}

#[test]
fn attributes_need_the_key_too() -> Result<()> {
    let s3 = start()?;
    with_key(&s3, "PUT", "/bkt/key", MINE)?;
    let ask = || {
        let ask = Ask::new(&s3, "GET", "/bkt/key?attributes");
        ask.header("x-amz-object-attributes", "ObjectSize,ETag")
    };
    assert_eq!(ask().send()?.error(), (400, "InvalidRequest"));
    assert_eq!(ask().key(OTHER).send()?.error(), (403, "AccessDenied"));
    let told = ask().key(MINE).send()?;
    assert_eq!(told.elements("ObjectSize"), [TEXT.len().to_string()]);
    assert_eq!(told.elements("StorageClass"), [""; 0]);
    Ok(())
}

/// Who trusts its CA can send keys as to S3.
#[test]
fn it_speaks_tls() -> Result<()> {
    let s3 = FakeS3::builder().tls().start()?;
    assert!(s3.endpoint().starts_with("https://127.0.0.1:"));
    assert!(s3.ca_pem().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE")));
    assert_eq!(FakeS3::start()?.ca_pem(), None);
    Ok(())
}
