//! What goes wrong on demand, and what is not as it should be.

use crypto_envelope_testkit::fake::{
    http::Fault,
    s3::{FakeS3, Lie, lie},
};

use crate::client::{Answer, Ask, MINE, OTHER, Result, get, put, start};

fn with_key(s3: &FakeS3, method: &str, target: &str) -> Result<Answer> {
    Ask::new(s3, method, target).key(MINE).body(TEXT).send()
}

const TEXT: &[u8] = b"a text that is long enough to be found in what is kept";

#[test]
fn keys_can_be_passed_over() -> Result<()> {
    let s3 = start()?;
    s3.lie(Lie::NoEcho);
    let written = with_key(&s3, "PUT", "/bkt/key")?;
    assert_eq!((written.status, written.echo()), (200, None));
    assert_eq!(written.header("x-amz-server-side-encryption"), None);
    assert_eq!(s3.stored_bytes("bkt", "key"), TEXT);
    for read in [with_key(&s3, "GET", "/bkt/key")?, get(&s3, "/bkt/key")?] {
        assert_eq!((read.status, &*read.body, read.echo()), (200, TEXT, None));
    }
    s3.be_honest();
    assert_eq!(with_key(&s3, "GET", "/bkt/key")?.error(), (400, "InvalidRequest"));
    assert_eq!(with_key(&s3, "PUT", "/bkt/key")?.echo(), Some(MINE.1));
    assert_ne!(s3.stored_bytes("bkt", "key"), TEXT);
    Ok(())
}

#[test]
fn nothing_can_be_encrypted_under_a_key_that_is_told() -> Result<()> {
    let s3 = start()?;
    s3.lie(Lie::KeepsPlain);
    assert_eq!(with_key(&s3, "PUT", "/bkt/key")?.echo(), Some(MINE.1));
    assert_eq!(s3.stored_bytes("bkt", "key"), TEXT);
    assert_eq!(with_key(&s3, "GET", "/bkt/key")?.body, TEXT);
    assert_eq!(Ask::new(&s3, "GET", "/bkt/key").key(OTHER).send()?.status, 403);
    Ok(())
}

#[test]
fn another_key_can_be_told() -> Result<()> {
    let s3 = start()?;
    with_key(&s3, "PUT", "/bkt/key")?;
    s3.lie(Lie::OtherEcho);
    for method in ["PUT", "GET", "HEAD"] {
        let answer = with_key(&s3, method, "/bkt/key")?;
        assert_eq!(answer.status, 200);
        assert!(answer.echo().is_some_and(|md5| md5 != MINE.1));
    }
    Ok(())
}

#[test]
fn conditions_can_mean_nothing() -> Result<()> {
    let s3 = start()?;
    s3.lie(Lie::IgnoresConditions);
    put(&s3, "/bkt/key", b"one")?;
    for method in ["PUT", "GET", "DELETE"] {
        let ask = Ask::new(&s3, method, "/bkt/key").header("if-match", "\"other\"").body(b"two");
        assert!(matches!(ask.send()?.status, 200 | 204), "{method}");
    }
    assert!(s3.keys("bkt").is_empty());
    Ok(())
}

#[test]
fn clients_can_be_sent_elsewhere() -> Result<()> {
    let s3 = start()?;
    s3.lie(Lie::Redirects("https://example.com".to_owned()));
    let sent = get(&s3, "/bkt/a%20b?partNumber=1")?;
    assert_eq!(sent.status, 307);
    assert_eq!(sent.header("Location"), Some("https://example.com/bkt/a%20b?partNumber=1"));
    Ok(())
}

#[test]
fn bodies_can_be_short_or_others() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/key", b"0123456789")?;
    s3.inject(lie::short(4));
    assert_eq!(get(&s3, "/bkt/key")?.body, b"0123");
    s3.inject(lie::flipped(0));
    assert_eq!(get(&s3, "/bkt/key")?.body, b"1123456789");
    s3.inject(Fault::cut(3).when(|operation| operation == "GetObject"));
    let cut = get(&s3, "/bkt/key")?;
    assert_eq!((cut.header("Content-Length"), &*cut.body), (Some("10"), &b"012"[..]));
    s3.inject(lie::error(503, "SlowDown", "later"));
    assert_eq!(get(&s3, "/bkt/key")?.error(), (503, "SlowDown"));
    s3.inject(lie::error_in_success("InternalError", "late").when(|name| name == "CopyObject"));
    let copy = Ask::new(&s3, "PUT", "/bkt/copy").header("x-amz-copy-source", "bkt/key").send()?;
    assert_eq!(copy.error(), (200, "InternalError"));
    assert_eq!(s3.calls().pop().and_then(|call| call.error).as_deref(), Some("InternalError"));
    assert_eq!(s3.keys("bkt"), ["copy", "key"]);
    Ok(())
}
