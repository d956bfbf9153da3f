//! What goes wrong on demand.

use std::time::{Duration, Instant};

use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{FakeTencentCos, StoredObject, lie},
};

use crate::client::{Ask, Result, get, put};

fn start() -> Result<FakeTencentCos> {
    let cos = FakeTencentCos::start()?;
    cos.put_object(cos.bucket(), "key", StoredObject::new("0123456789"));
    Ok(cos)
}

fn last_fault(cos: &FakeTencentCos) -> Option<String> {
    cos.take_calls().pop()?.fault
}

#[test]
fn answers_get_lost_when_all_is_done() -> Result<()> {
    let cos = start()?;
    cos.inject(Fault::lose_answer().when(|operation| operation == "PutObject"));
    assert_eq!(get(&cos, "/key")?.status, 200);
    assert_eq!(Ask::new(&cos, "PUT", "/new").body(b"body").send_raw()?, b"");
    assert_eq!(last_fault(&cos).as_deref(), Some("lose-answer"));
    assert_eq!(get(&cos, "/new")?.body, b"body");
    Ok(())
}

#[test]
fn requests_are_cut_off_before_anything_is_done() -> Result<()> {
    let cos = start()?;
    let body = vec![1; 4 << 20];
    for after in [0, 1, 1 << 20] {
        cos.inject(Fault::interrupt(after).when(|operation| operation == "PutObject"));
        assert_eq!(get(&cos, "/key")?.status, 200);
        assert_eq!(Ask::new(&cos, "PUT", "/new").body(&body).send_raw()?, b"");
        let call = cos.take_calls().pop().ok_or("no call")?;
        assert_eq!((call.status, call.fault.as_deref()), (None, Some("interrupt")));
        assert!((after..body.len()).contains(&call.request_length), "{}", call.request_length);
        assert_eq!(get(&cos, "/new")?.status, 404);
    }
    assert_eq!(put(&cos, "/new", &body)?.status, 200);
    Ok(())
}

#[test]
fn successes_can_be_errors() -> Result<()> {
    let cos = start()?;
    cos.inject(lie::error_in_success("InternalError", "late").when(|name| name == "CopyObject"));
    let source = format!("{}/key", cos.host());
    let copy = || Ask::new(&cos, "PUT", "/copy").header("x-cos-copy-source", &source).send();
    assert_eq!(copy()?.error(), (200, "InternalError"));
    assert_eq!(cos.calls().pop().and_then(|call| call.error).as_deref(), Some("InternalError"));
    assert!(cos.object(cos.bucket(), "copy").is_some());
    cos.inject(lie::error(200, "InternalError", "late"));
    assert_eq!(copy()?.error(), (200, "InternalError"));
    cos.inject(lie::error(503, "SlowDown", "later").times(2));
    assert_eq!([copy()?.error(), copy()?.error()], [(503, "SlowDown"); 2]);
    assert_eq!(copy()?.elements("ETag").len(), 1);
    Ok(())
}

#[test]
fn headers_lie() -> Result<()> {
    let cos = start()?;
    cos.inject(lie::crc64("17"));
    assert_eq!(put(&cos, "/new", b"body")?.header("x-cos-hash-crc64ecma"), Some("17"));
    cos.inject(lie::without_crc64());
    assert_eq!(put(&cos, "/new", b"body")?.header("x-cos-hash-crc64ecma"), None);
    cos.inject(Fault::header("ETag", "\"other\""));
    let read = get(&cos, "/new")?;
    assert_eq!((read.header("ETag"), &*read.body), (Some("\"other\""), &b"body"[..]));
    assert_eq!(read.head.matches("ETag").count(), 1);
    cos.inject(Fault::header("Location", "http://127.0.0.1/"));
    assert_eq!(get(&cos, "/new")?.header("Location"), Some("http://127.0.0.1/"));
    Ok(())
}

#[test]
fn bodies_are_damaged() -> Result<()> {
    let cos = start()?;
    cos.inject(lie::flipped(3));
    assert_eq!(get(&cos, "/key")?.body, b"0122456789");
    cos.inject(lie::short(4));
    let short = get(&cos, "/key")?;
    assert_eq!((&*short.body, short.header("Content-Length")), (&b"0123"[..], Some("4")));
    cos.inject(Fault::cut(4));
    let cut = get(&cos, "/key")?;
    assert_eq!((&*cut.body, cut.header("Content-Length")), (&b"0123"[..], Some("10")));
    cos.inject(Fault::slow(5, Duration::from_millis(30)));
    let start = Instant::now();
    assert_eq!(get(&cos, "/key")?.body, b"0123456789");
    assert!(start.elapsed() >= Duration::from_millis(60));
    // Of what has no body on the way, none is sent.
    cos.inject(Fault::cut(4));
    assert_eq!(Ask::new(&cos, "HEAD", "/key").send()?.body, b"");
    Ok(())
}

#[test]
fn the_service_can_be_away() -> Result<()> {
    let cos = start()?;
    cos.inject(Fault::close());
    assert_eq!(Ask::new(&cos, "DELETE", "/key").send_raw()?, b"");
    cos.inject(Fault::garbage());
    assert!(!Ask::new(&cos, "DELETE", "/key").send_raw()?.starts_with(b"HTTP/"));
    assert!(cos.object(cos.bucket(), "key").is_some());
    cos.inject(Fault::close().always());
    cos.clear_faults();
    assert_eq!(get(&cos, "/key")?.status, 200);
    Ok(())
}
