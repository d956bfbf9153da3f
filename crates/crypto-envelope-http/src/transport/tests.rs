//! What a transport does with requests, answers, and what is none.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use crypto_envelope::{SecretBytes, blocking};
use crypto_envelope_testkit::{
    canned::{CannedServer, answer, read_head, read_request},
    fake::alibaba_instance::FakeAlibabaInstance,
};

use super::*;
use crate::{
    Method, NoAnswerKind,
    test_calls::{call, get, post, send, settings},
};

fn fast() -> HttpSettings {
    settings().attempt_timeout(Duration::from_secs(20))
}

fn status(status: u16) -> Vec<u8> {
    answer(status, "", "")
}

/// What goes over the wire for a request, and what came of it.
fn wire(make: fn() -> Request) -> Result<String> {
    let server = CannedServer::start(vec![status(200)])?;
    let outcome = send(server.endpoint(), &fast(), make)?;
    assert!(outcome.is_ok_and(|answer| answer.is_success()));
    Ok(server.next_request()?)
}

#[test]
fn what_may_pass_is_tried_again_with_a_new_request() -> Result<()> {
    let may_pass = |outcome: &Outcome| !matches!(outcome, Ok(answer) if answer.status() < 500);
    for (answers, expected) in [(&[200][..], 200), (&[503, 500, 404], 404), (&[500, 501, 502], 502)]
    {
        let server = CannedServer::start(answers.iter().map(|code| status(*code)).collect())?;
        let mut attempts = 0;
        let make = move || {
            attempts += 1;
            post().with_header("x-attempt", attempts.to_string())
        };
        let outcome = call(server.endpoint(), &fast(), make, may_pass)?;
        assert!(outcome.is_ok_and(|answer| answer.status() == expected), "{answers:?}");
        for attempt in 1..=answers.len() {
            let request = server.next_request()?;
            assert!(request.contains(&format!("x-attempt: {attempt}\r\n")), "{request}");
        }
    }
    Ok(())
}

#[test]
fn a_request_that_cannot_be_made_is_not_sent() -> Result<()> {
    let transport = Transport::new("http://127.0.0.1:1", &fast())?;
    let run = |make: fn() -> Result<Request>| {
        let transport = transport.clone();
        blocking::wait(service::run(async move { transport.call(make, |_| true).await }))?
    };
    for make in [
        || Err(Error::invalid_input("no key")),
        || Ok(Request::new(Method::Get, "/a/../b".to_owned())),
        || Ok(post().with_header("content-length", "5".to_owned())),
    ] {
        assert!(matches!(run(make), Err(Error::InvalidInput { .. })));
    }
    Ok(())
}

#[test]
fn a_call_needs_the_runtime_of_all_calls() -> Result<()> {
    let transport = Transport::new("http://127.0.0.1:1", &fast())?;
    let outcome = blocking::wait(transport.call(|| Ok(post()), |_| false));
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })));
    Ok(())
}

#[test]
fn targets_are_sent_byte_for_byte() -> Result<()> {
    let requests: [fn() -> Request; 4] = [
        || Request::new(Method::Get, "/a/.%2Fb//c%2B".to_owned()),
        || Request::new(Method::Get, "/%E4%B8%AD?b=%20+%2F&a".to_owned()),
        || Request::new(Method::Get, "//double/%2e%2fx!'()*~".to_owned()),
        || Request::new(Method::Get, "/k?uploads=".to_owned()),
    ];
    for (make, expected) in requests.into_iter().zip([
        "GET /a/.%2Fb//c%2B HTTP/1.1\r\n",
        "GET /%E4%B8%AD?b=%20+%2F&a HTTP/1.1\r\n",
        "GET //double/%2e%2fx!'()*~ HTTP/1.1\r\n",
        "GET /k?uploads= HTTP/1.1\r\n",
    ]) {
        let request = wire(make)?;
        assert!(request.starts_with(expected), "{request}");
    }
    Ok(())
}

#[test]
fn a_request_may_be_for_another_host_than_the_one_that_is_called() -> Result<()> {
    const HOST: &str = "examplebucket-1250000000.cos.ap-beijing.myqcloud.com";
    let request = wire(|| get().with_header("host", HOST.to_owned()))?;
    let hosts: Vec<_> = request.lines().filter(|line| line.starts_with("host:")).collect();
    assert_eq!(hosts, [format!("host: {HOST}")]);
    assert!(wire(get)?.contains("host: 127.0.0.1:"));
    Ok(())
}

#[test]
fn lengths_of_bodies_are_always_stated() -> Result<()> {
    /// A request, the length that it states, and its body.
    type Expected = (fn() -> Request, Option<&'static str>, &'static str);
    fn empty(method: Method) -> Request {
        Request::new(method, "/".to_owned())
    }
    let pieces = || {
        let pieces =
            ["one ", "", "two ", "three"].map(|piece| Bytes::from_static(piece.as_bytes()));
        empty(Method::Put).with_body(pieces.to_vec())
    };
    let requests: [Expected; 8] = [
        (pieces, Some("13"), "one two three"),
        (|| empty(Method::Post).with_body(Bytes::from_static(b"x")), Some("1"), "x"),
        (|| empty(Method::Put), Some("0"), ""),
        (|| empty(Method::Post).with_body(vec![Bytes::new()]), Some("0"), ""),
        (|| empty(Method::Delete), Some("0"), ""),
        (|| empty(Method::Get), None, ""),
        (|| empty(Method::Get).with_header("Content-Length", "0".to_owned()), Some("0"), ""),
        (|| post().with_header("content-length", "4".to_owned()), Some("4"), "body"),
    ];
    for (make, length, body) in requests {
        let request = wire(make)?;
        let (head, sent) = request.split_once("\r\n\r\n").expect("a whole request");
        let stated: Vec<_> =
            head.lines().filter_map(|line| line.strip_prefix("content-length: ")).collect();
        assert_eq!((stated, sent), (length.into_iter().collect(), body), "{head}");
        assert!(!head.contains("chunked"), "{head}");
    }
    Ok(())
}

#[test]
fn many_requests_go_at_the_same_time_and_share_connections_later() -> Result<()> {
    const MANY: usize = 64;
    let (connections, barrier) = (Arc::new(AtomicUsize::new(0)), Barrier::new(MANY));
    let counted = Arc::clone(&connections);
    let server = CannedServer::serving(move |stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        while let Some(request) = read_request(stream)? {
            // An answer comes when all of them are there.
            if request.starts_with(b"POST") {
                barrier.wait();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(String::new())
    })?;
    let transport = Transport::new(server.endpoint(), &fast())?;
    let run = |make: fn() -> Request| {
        let transport = transport.clone();
        service::run(async move { transport.call(|| Ok(make()), |_| false).await })
    };
    let callers: Vec<_> = (0..MANY)
        .map(|_| {
            thread::spawn({
                let run = run(post);
                move || blocking::wait(run)
            })
        })
        .collect();
    for caller in callers {
        let outcome = caller.join().expect("no panic")??;
        assert!(outcome.is_ok());
    }
    for _ in 0..MANY {
        assert!(blocking::wait(run(get))??.is_ok());
    }
    assert_eq!(connections.load(Ordering::Relaxed), MANY);
    Ok(())
}

#[test]
fn endpoints_are_hosts_or_urls() -> Result<()> {
    for (endpoint, url) in [
        ("kst-1.cryptoservice.kms.aliyuncs.com", "https://kst-1.cryptoservice.kms.aliyuncs.com"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("https://kms.cn-hangzhou.aliyuncs.com/", "https://kms.cn-hangzhou.aliyuncs.com"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
    ] {
        assert_eq!(url_of(endpoint)?, url);
    }
    for other in ["", "https://", "ftp://host", "host/path", "user@host", "host name", "a?b", "é"]
    {
        assert!(url_of(other).is_err(), "{other}");
    }
    Ok(())
}

#[test]
fn plain_http_is_for_this_machine() {
    let settings = settings();
    let refused = Transport::new("http://kms.example", &settings);
    assert!(matches!(refused, Err(Error::InvalidInput { .. })));
    assert!(Transport::new("http://localhost:1", &settings).is_ok());
    assert!(Transport::new("http://kms.example", &settings.danger_allow_plain_http()).is_ok());
}

#[test]
fn answers_are_read_whole_whatever_they_are() -> Result<()> {
    let bad = b"HTTP/1.1 502 Bad Gateway\r\nDate: now\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 2\r\n\r\nno";
    let server = CannedServer::start(vec![bad.to_vec()])?;
    let answer = send(server.endpoint(), &fast(), post)?.expect("an answer");
    assert_eq!((answer.status(), answer.body().expose()), (502, &b"no"[..]));
    assert_eq!((answer.header("date"), answer.header("Date")), (Some("now"), Some("now")));
    let twice = answer.head().headers().filter(|(name, _)| *name == "x-two");
    assert_eq!(twice.map(|(_, value)| value).collect::<Vec<_>>(), [b"1", b"2"]);
    Ok(())
}

#[test]
fn a_redirection_is_an_answer() -> Result<()> {
    let redirection = answer(307, "Location: http://127.0.0.1:1/\r\n", "");
    let server = CannedServer::start(vec![redirection])?;
    let outcome = send(server.endpoint(), &fast(), post)?;
    assert!(outcome.is_ok_and(|answer| answer.status() == 307));
    Ok(())
}

#[test]
fn what_is_cut_is_no_answer_and_may_have_been_done() -> Result<()> {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive.\r\n";
    for answer in ["", "HTTP/1.1 200", cut, chunked, "no HTTP\r\n\r\n"] {
        let server = CannedServer::start(vec![answer.into()])?;
        let error = send(server.endpoint(), &fast(), post)?.expect_err("it is cut");
        assert_eq!(error.kind(), NoAnswerKind::Unreachable, "{answer}");
        assert!(error.may_have_arrived() && error.may_pass(), "{answer}");
    }
    Ok(())
}

#[test]
fn answers_have_a_bound_that_can_be_set() -> Result<()> {
    for (longest, length) in [(None, 4 << 20), (Some(0), 0), (Some(7), 7)] {
        let settings = longest.map_or(fast(), |longest| fast().longest_answer(longest));
        let answers = [0, 1].map(|more| answer(200, "", &"x".repeat(length + more)));
        let server = CannedServer::start(answers.to_vec())?;
        let whole = send(server.endpoint(), &settings, get)?.expect("it is not too long");
        assert_eq!(whole.body().expose().len(), length);
        let error = send(server.endpoint(), &settings, get)?.expect_err("it is too long");
        assert_eq!((error.kind(), error.may_pass()), (NoAnswerKind::TooLong, false));
    }
    Ok(())
}

#[test]
fn the_password_of_a_proxy_is_not_shown() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let settings = settings().proxy(&format!("http://me:hidden@{free}"))?;
    let shown = format!("{settings:?} {:?}", Transport::new("https://kms.example", &settings)?);
    let error = send("https://kms.example", &settings, post)?.expect_err("nobody is there");
    let shown = format!("{shown} {error:?}");
    // As text, and as it is in a header.
    assert!(!shown.contains("hidden") && !shown.contains("bWU6aGlkZGVu"), "{shown}");
    assert!(!error.may_have_arrived());
    Ok(())
}

#[test]
fn nobody_there_is_said_without_the_url_and_did_nothing() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let error = send(&format!("http://{free}"), &fast(), post)?.expect_err("nobody is there");
    assert_eq!((error.kind(), error.may_have_arrived()), (NoAnswerKind::Unreachable, false));
    assert!(error.message().contains("refused") && !error.message().contains("http"), "{error:?}");
    Ok(())
}

#[test]
fn who_is_not_trusted_gets_no_request() -> Result<()> {
    let start = || FakeAlibabaInstance::builder().tls().start();
    let (service, other) = (start()?, start()?);
    let trusting = |service: &FakeAlibabaInstance| {
        fast().ca_pem(service.ca_pem().expect("it speaks TLS").as_bytes())
    };
    assert!(send(&service.endpoint(), &trusting(&service)?, post)?.is_ok());
    assert!(send(&service.endpoint(), &fast().danger_accept_any_certificate(), post)?.is_ok());
    for settings in [fast(), trusting(&other)?] {
        let error = send(&service.endpoint(), &settings, post)?.expect_err("it was trusted");
        assert_eq!(error.kind(), NoAnswerKind::Untrusted, "{error}");
        assert!(!error.may_pass() && !error.may_have_arrived(), "{error}");
    }
    Ok(())
}

#[test]
fn a_service_may_ask_for_a_pause() -> Result<()> {
    // The longest pause here is a tenth of a second.
    let server = CannedServer::start(vec![answer(503, "Retry-After: 9999\r\n", ""), status(200)])?;
    let begin = Instant::now();
    let outcome = call(server.endpoint(), &fast(), post, |outcome| {
        !outcome.as_ref().is_ok_and(Answer::is_success)
    })?;
    assert!(outcome.is_ok_and(|answer| answer.is_success()));
    assert!(begin.elapsed() >= Duration::from_millis(100));
    Ok(())
}

#[test]
fn who_is_silent_is_waited_for_as_long_as_was_said() -> Result<()> {
    let short = Duration::from_millis(200);
    for settings in [settings().attempt_timeout(short), settings().idle_timeout(short)] {
        for sent in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
        {
            let server = CannedServer::serving(move |stream| {
                read_request(stream)?;
                stream.write_all(sent.as_bytes())?;
                stream.read_to_string(&mut String::new())?;
                Ok("the client hung up".to_owned())
            })?;
            let error = send(server.endpoint(), &settings, post)?.expect_err("it is silent");
            assert_eq!(error.kind(), NoAnswerKind::TimedOut, "{sent}");
            assert!(error.may_pass() && error.may_have_arrived(), "{sent}");
            assert_eq!(server.next_request()?, "the client hung up");
        }
    }
    Ok(())
}

#[test]
fn what_moves_has_time_to_move_on() -> Result<()> {
    const STEPS: usize = 8;
    const STEP: usize = 4 << 20;
    fn long() -> Request {
        Request::new(Method::Put, "/".to_owned()).with_body(Bytes::from(vec![0; STEPS * STEP]))
    }
    let short = Duration::from_millis(2500);
    for (settings, is_enough) in
        [(settings().idle_timeout(short), true), (settings().attempt_timeout(short), false)]
    {
        let server = CannedServer::serving(|stream| {
            read_head(stream)?;
            let mut step = vec![0; STEP];
            for _ in 0..STEPS {
                stream.read_exact(&mut step)?;
                thread::sleep(Duration::from_millis(400));
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")?;
            for _ in 0..8 {
                stream.write_all(b"x")?;
                thread::sleep(Duration::from_millis(100));
            }
            Ok(String::new())
        })?;
        assert_eq!(send(server.endpoint(), &settings, long)?.is_ok(), is_enough);
    }
    Ok(())
}

#[test]
fn bodies_that_are_secret_arrive_whole() -> Result<()> {
    let request = wire(|| post().with_body(SecretBytes::from(&b"a secret"[..])))?;
    assert!(request.ends_with("\r\n\r\na secret"), "{request}");
    Ok(())
}
