//! Hosts, errors and connections.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crypto_envelope_testkit::fake::tencent_cos::FakeTencentCos;

use crate::client::{Ask, Result, get, put};

#[test]
fn the_host_says_which_bucket() -> Result<()> {
    let cos = FakeTencentCos::builder()
        .bucket("first-1", "ap-x")
        .custom_domain("127.0.0.1", "first-1")
        .start()?;
    cos.add_bucket("second-1", "ap-y");
    put(&cos, "/key", b"first")?;
    let body_at = |host: &str| -> Result<(u16, String)> {
        let read = Ask { host: host.to_owned(), ..Ask::new(&cos, "GET", "/key") }.send()?;
        let code = read.error().1.to_owned();
        Ok((read.status, if read.status == 200 { read.text().to_owned() } else { code }))
    };
    for host in [
        "first-1.cos.ap-x.myqcloud.com",
        "first-1.cos.ap-x.tencentcos.cn",
        "first-1.cos-internal.ap-x.tencentcos.cn",
        "first-1.cos.accelerate.myqcloud.com",
        "127.0.0.1",
        "127.0.0.1:80",
    ] {
        assert_eq!(body_at(host)?, (200, "first".to_owned()), "{host}");
    }
    assert_eq!(body_at("second-1.cos.ap-y.myqcloud.com")?, (404, "NoSuchKey".to_owned()));
    for host in [
        "second-1.cos.ap-x.myqcloud.com",
        "first-1.cos.ap-y.myqcloud.com",
        "third-1.cos.ap-x.myqcloud.com",
        "cdn.example.com",
    ] {
        assert_eq!(body_at(host)?, (404, "NoSuchBucket".to_owned()), "{host}");
    }
    let host = "service.cos.myqcloud.com".to_owned();
    let buckets = Ask { host, ..Ask::new(&cos, "GET", "/") }.send()?;
    assert_eq!(buckets.elements("Name"), ["first-1", "second-1"]);
    assert_eq!(buckets.elements("Location"), ["ap-x", "ap-y"]);
    Ok(())
}

#[test]
fn errors_say_what_to_ask_support_for() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let refused = get(&cos, "/no%26key")?;
    assert_eq!(refused.header("Content-Type"), Some("application/xml"));
    for (element, header) in [("RequestId", "x-cos-request-id"), ("TraceId", "x-cos-trace-id")] {
        assert!(refused.header(header).is_some_and(|id| !id.is_empty()));
        assert_eq!(refused.elements(element), [refused.header(header).unwrap_or_default()]);
    }
    assert_eq!(refused.elements("Resource"), [format!("{}/no%26key", cos.host())]);
    let refused = Ask::new(&cos, "HEAD", "/no%26key").send()?;
    assert_eq!((refused.status, &*refused.body), (404, &b""[..]));
    assert!(refused.header("x-cos-request-id").is_some());
    Ok(())
}

/// Nothing that the fake does not have is taken for something that it has.
#[test]
fn other_operations_are_not_mistaken() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    for (method, target) in [
        ("PUT", "/key?acl"),
        ("PUT", "/key?tagging="),
        ("GET", "/key?acl"),
        ("GET", "/?versions"),
        ("DELETE", "/key?tagging"),
        ("POST", "/key?append&position=0"),
        ("POST", "/key"),
        ("PUT", "/key?partNumber=1"),
        ("PUT", "/key?uploadId=1"),
        ("PUT", "/"),
        ("DELETE", "/"),
        ("OPTIONS", "/key"),
    ] {
        let refused = Ask::new(&cos, method, target).body(b"body").send()?;
        assert_eq!(refused.error(), (501, "NotImplemented"), "{method} {target}");
    }
    assert!(cos.keys(cos.bucket()).is_empty());
    assert_eq!(cos.take_calls().pop().map(|call| call.operation), Some(String::new()));
    Ok(())
}

#[test]
fn strange_paths_are_answered() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    assert_eq!(put(&cos, "//double", b"a")?.status, 200);
    assert_eq!(put(&cos, "/a/.%2Fb", b"b")?.status, 200);
    assert_eq!(put(&cos, "/%25", b"c")?.status, 200);
    assert_eq!(cos.keys(cos.bucket()), ["%", "/double", "a/./b"]);
    let ask = Ask::new(&cos, "GET", "/key").authorization();
    let header = format!("Authorization: {ask}\r\n");
    for target in ["/%ff", "/key?a=%ff"] {
        let raw = crate::client::send_raw(&cos, "GET", target, &cos.host(), &header, b"")?;
        assert_eq!(crate::client::answer(&raw)?.error(), (400, "InvalidURI"), "{target}");
    }
    Ok(())
}

#[test]
fn calls_are_logged() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    Ask::new(&cos, "PUT", "/a%20b").header("x-cos-meta-c", "d").body(b"four").send()?;
    get(&cos, "/nothing?response-expires=e%2Bf")?;
    let calls = cos.take_calls();
    let [put, get] = calls.as_slice() else { return Err("not two calls".into()) };
    assert_eq!((&*put.method, &*put.operation, &*put.key), ("PUT", "PutObject", "a b"));
    assert_eq!(
        (put.bucket.as_str(), put.secret_id.as_str()),
        (cos.bucket(), cos.access_key().id())
    );
    assert_eq!((put.request_length, put.status, &put.error), (4, Some(200), &None));
    assert_eq!(put.header("X-Cos-Meta-C"), Some("d"));
    assert_eq!(get.parameter("response-expires"), Some("e+f"));
    assert_eq!((get.status, get.error.as_deref()), (Some(404), Some("NoSuchKey")));
    assert!(get.response_length > 0);
    assert!(cos.calls().is_empty());
    let forgetful = FakeTencentCos::builder().forget_calls().start()?;
    self::get(&forgetful, "/key")?;
    assert!(forgetful.calls().is_empty());
    Ok(())
}

/// One connection for several requests, the first of them in chunks.
#[test]
fn connections_are_kept() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let mut stream = TcpStream::connect(("127.0.0.1", cos.port()))?;
    let mut ask = |method: &str, framing: &str, body: &str| -> Result<String> {
        let signed = Ask::new(&cos, method, "/key").authorization();
        let host = cos.host();
        write!(
            stream,
            "{method} /key HTTP/1.1\r\nHost: {host}\r\n{framing}Authorization: {signed}\r\n\r\n{body}"
        )?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8(head)?;
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let mut body = vec![0; length.unwrap_or("0").parse()?];
        if method != "HEAD" {
            stream.read_exact(&mut body)?;
        }
        Ok(head)
    };
    let chunked = "Transfer-Encoding: chunked\r\n";
    assert!(
        ask("PUT", chunked, "3\r\none\r\n1\r\n!\r\n0\r\n\r\n")?.starts_with("HTTP/1.1 200 OK\r\n")
    );
    let head = ask("HEAD", "", "")?;
    assert!(head.contains("Content-Length: 4\r\n"), "{head}");
    let get = ask("GET", "", "")?;
    assert!(get.contains("ETag: \""), "{get}");
    // An empty object can come without any length, in no chunk.
    ask("PUT", chunked, "0\r\n\r\n")?;
    assert!(ask("PUT", "", "")?.starts_with("HTTP/1.1 411 "));
    assert!(cos.object(cos.bucket(), "key").is_some_and(|object| object.content.is_empty()));
    Ok(())
}
