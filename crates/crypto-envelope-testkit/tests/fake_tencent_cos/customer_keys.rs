//! Encryption at the server by keys of customers (SSE-C).

use crypto_envelope_testkit::fake::tencent_cos::FakeTencentCos;

use crate::client::{Answer, Ask, Result, put};

/// Keys with their MD5.
const MINE: (&str, &str) =
    ("MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY=", "U5L61r7jcwdNvT7frmUG8g==");
const OTHER: (&str, &str) =
    ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "cLyPS3KoaSFGi/joRB3OUQ==");

fn with_key<'a>(ask: Ask<'a>, prefix: &'static str, (key, md5): (&'a str, &'a str)) -> Ask<'a> {
    let [algorithm, key_name, md5_name] = match prefix {
        "" => [
            "x-cos-server-side-encryption-customer-algorithm",
            "x-cos-server-side-encryption-customer-key",
            "x-cos-server-side-encryption-customer-key-MD5",
        ],
        _ => [
            "x-cos-copy-source-server-side-encryption-customer-algorithm",
            "x-cos-copy-source-server-side-encryption-customer-key",
            "x-cos-copy-source-server-side-encryption-customer-key-MD5",
        ],
    };
    ask.header(algorithm, "AES256").header(key_name, key).header(md5_name, md5)
}

fn start() -> Result<FakeTencentCos> {
    Ok(FakeTencentCos::builder().insecure_customer_keys().smallest_part(0).start()?)
}

fn ask(cos: &FakeTencentCos, method: &str, target: &str, key: (&str, &str)) -> Result<Answer> {
    with_key(Ask::new(cos, method, target), "", key).body(b"body").send()
}

#[test]
fn only_the_key_opens_an_object() -> Result<()> {
    let cos = start()?;
    let written = ask(&cos, "PUT", "/key", MINE)?;
    assert_eq!(written.status, 200);
    for method in ["GET", "HEAD"] {
        let read = ask(&cos, method, "/key", MINE)?;
        assert_eq!(read.status, 200);
        for (name, value) in [
            ("x-cos-server-side-encryption-customer-algorithm", Some("AES256")),
            ("x-cos-server-side-encryption-customer-key-MD5", Some(MINE.1)),
            ("x-cos-server-side-encryption-customer-key", None),
        ] {
            assert_eq!(read.header(name), value);
        }
        assert_eq!(ask(&cos, method, "/key", OTHER)?.status, 403);
        let without = Ask::new(&cos, method, "/key").send()?;
        assert_eq!(without.status, 400);
        assert_eq!(without.header("ETag"), None);
    }
    put(&cos, "/plain", b"body")?;
    assert_eq!(ask(&cos, "GET", "/plain", MINE)?.error(), (400, "InvalidRequest"));
    Ok(())
}

#[test]
fn keys_must_be_keys() -> Result<()> {
    let cos = start()?;
    for (key, md5) in [(MINE.0, OTHER.1), ("AAAA", MINE.1), ("no base64", MINE.1), ("", "")] {
        assert_eq!(
            ask(&cos, "PUT", "/key", (key, md5))?.error(),
            (400, "InvalidArgument"),
            "{key}"
        );
    }
    let alone = Ask::new(&cos, "PUT", "/key");
    let alone = alone.header("x-cos-server-side-encryption-customer-key", MINE.0).send()?;
    assert_eq!(alone.error(), (400, "InvalidArgument"));
    let both = with_key(Ask::new(&cos, "PUT", "/key"), "", MINE);
    let both = both.header("x-cos-server-side-encryption", "AES256").send()?;
    assert_eq!(both.error(), (400, "InvalidArgument"));
    assert!(cos.keys(cos.bucket()).is_empty());
    Ok(())
}

/// COS takes them by HTTPS alone, whatever an object has.
#[test]
fn keys_are_not_sent_in_clear() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    assert_eq!(ask(&cos, "PUT", "/key", MINE)?.error(), (400, "InvalidRequest"));
    put(&cos, "/key", b"body")?;
    assert_eq!(ask(&cos, "GET", "/key", MINE)?.error(), (400, "InvalidRequest"));
    Ok(())
}

#[test]
fn every_part_needs_the_key() -> Result<()> {
    let cos = start()?;
    let initiated = ask(&cos, "POST", "/key?uploads", MINE)?;
    let id = initiated.elements("UploadId")[0];
    let target = format!("/key?partNumber=1&uploadId={id}");
    assert_eq!(put(&cos, &target, b"body")?.error(), (400, "InvalidRequest"));
    assert_eq!(ask(&cos, "PUT", &target, OTHER)?.error(), (403, "AccessDenied"));
    let part = ask(&cos, "PUT", &target, MINE)?;
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>\
         </CompleteMultipartUpload>",
        part.header("ETag").ok_or("no ETag")?
    );
    let target = format!("/key?uploadId={id}");
    let done = Ask::new(&cos, "POST", &target).body(body.as_bytes()).send()?;
    assert_eq!(done.status, 200);
    assert_eq!(ask(&cos, "GET", "/key", MINE)?.body, b"body");
    assert_eq!(ask(&cos, "GET", "/key", OTHER)?.status, 403);
    Ok(())
}

#[test]
fn copies_have_keys_of_both_sides() -> Result<()> {
    let cos = start()?;
    ask(&cos, "PUT", "/key", MINE)?;
    let source = format!("{}/key", cos.host());
    let copy = || {
        let copy = Ask::new(&cos, "PUT", "/key").header("x-cos-copy-source", &source);
        copy.header("x-cos-metadata-directive", "Replaced")
    };
    assert_eq!(copy().send()?.error(), (400, "InvalidRequest"));
    assert_eq!(with_key(copy(), "source", OTHER).send()?.error(), (403, "AccessDenied"));
    let changed = with_key(with_key(copy(), "source", MINE), "", OTHER).send()?;
    assert_eq!(changed.status, 200);
    assert_eq!(ask(&cos, "GET", "/key", MINE)?.status, 403);
    assert_eq!(ask(&cos, "GET", "/key", OTHER)?.body, b"body");
    Ok(())
}

/// Who trusts its CA can send keys without being asked to take care.
#[test]
fn it_speaks_tls() -> Result<()> {
    let cos = FakeTencentCos::builder().tls().start()?;
    assert!(cos.endpoint().starts_with("https://127.0.0.1:"));
    assert!(cos.ca_pem().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE")));
    assert_eq!(FakeTencentCos::start()?.ca_pem(), None);
    Ok(())
}
