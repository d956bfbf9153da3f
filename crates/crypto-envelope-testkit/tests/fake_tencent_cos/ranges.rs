//! Parts of objects.

use crypto_envelope_testkit::fake::tencent_cos::FakeTencentCos;

use crate::client::{Ask, Result, put};

#[test]
fn ranges_are_parts_of_the_whole() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let whole = b"0123456789";
    put(&cos, "/key", whole)?;
    for (range, content_range, body) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=7-99", "bytes 7-9/10", "789"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=-99", "bytes 0-9/10", "0123456789"),
    ] {
        for method in ["GET", "HEAD"] {
            let read = Ask::new(&cos, method, "/key").header("Range", range).send()?;
            assert_eq!(read.status, 206, "{method} {range}");
            assert_eq!(read.header("Content-Range"), Some(content_range));
            assert_eq!(read.header("Content-Length"), Some(&*body.len().to_string()));
            assert_eq!(read.text(), if method == "GET" { body } else { "" });
            // Both are of the whole object.
            assert_eq!(read.header("ETag"), Some("\"781e5e245d69b566979b86e28d23f2c7\""));
            assert!(read.header("x-cos-hash-crc64ecma").is_some());
        }
    }
    for range in ["bytes=5-3", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2"] {
        let read = Ask::new(&cos, "GET", "/key").header("Range", range).send()?;
        assert_eq!((read.status, &*read.body), (200, &whole[..]), "{range}");
    }
    Ok(())
}

#[test]
fn what_is_not_there_is_no_range() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    put(&cos, "/key", b"0123456789")?;
    put(&cos, "/empty", b"")?;
    for (key, range) in [
        ("/key", "bytes=10-"),
        ("/key", "bytes=10-20"),
        ("/key", "bytes=-0"),
        ("/empty", "bytes=0-"),
        ("/empty", "bytes=-1"),
    ] {
        let refused = Ask::new(&cos, "GET", key).header("Range", range).send()?;
        assert_eq!(refused.error(), (416, "InvalidRange"), "{key} {range}");
        let refused = Ask::new(&cos, "HEAD", key).header("Range", range).send()?;
        assert_eq!((refused.status, &*refused.body), (416, &b""[..]), "{key} {range}");
    }
    Ok(())
}
