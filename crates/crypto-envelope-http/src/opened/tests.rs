//! What becomes of bodies that come piece by piece.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use crypto_envelope::{Result, blocking};
use crypto_envelope_testkit::canned::{CannedServer, answer, read_request};

use super::*;
use crate::{
    Method, NoAnswerKind, Request, Transport,
    test_calls::{get, open, settings},
};

/// The next chunk, on a thread without a runtime.
fn next(answer: &mut OpenedAnswer) -> Result<Chunk> {
    blocking::wait(async { Ok(answer.chunk().await) })
}

/// All that is to come, and how it ends.
fn rest(answer: &mut OpenedAnswer) -> Result<(Vec<u8>, std::result::Result<(), NoAnswer>)> {
    let mut rest = Vec::new();
    loop {
        match next(answer)? {
            Ok(Some(chunk)) => rest.extend_from_slice(&chunk),
            Ok(None) => return Ok((rest, Ok(()))),
            Err(failure) => return Ok((rest, Err(failure))),
        }
    }
}

fn patient() -> crate::HttpSettings {
    settings().attempt_timeout(Duration::from_secs(20))
}

fn begin(stream: &mut TcpStream, head: &str) -> std::io::Result<()> {
    read_request(stream)?;
    stream.write_all(format!("HTTP/1.1 206 Partial\r\n{head}\r\n").as_bytes())
}

#[test]
fn a_head_is_there_before_the_body_and_chunks_before_the_end() -> Result<()> {
    let (sender, told) = mpsc::channel();
    let told = Mutex::new(told);
    let server = CannedServer::serving(move |stream| {
        begin(stream, "Content-Length: 6\r\nx-cos-meta-name: value\r\n")?;
        let told = told.lock().expect("no panic");
        for chunk in ["one", "two"] {
            told.recv().expect("the test goes on");
            stream.write_all(chunk.as_bytes())?;
        }
        Ok(String::new())
    })?;
    let mut answer = open(server.endpoint(), &patient(), get)?;
    assert_eq!((answer.status(), answer.is_success()), (206, true));
    assert_eq!(answer.head().content_length(), Some(6));
    assert_eq!(answer.header("x-cos-meta-name"), Some("value"));
    for chunk in [&b"one"[..], b"two"] {
        sender.send(()).expect("the server goes on");
        assert_eq!(next(&mut answer)?.as_ref().ok().and_then(Option::as_deref), Some(chunk));
    }
    for _ in 0..2 {
        assert_eq!(next(&mut answer)?, Ok(None));
    }
    Ok(())
}

#[test]
fn a_body_that_ends_early_is_an_error_again_and_again() -> Result<()> {
    for head in ["Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"] {
        let server = CannedServer::serving(move |stream| {
            begin(stream, head)?;
            let body = if head.contains("chunked") { "5\r\nfive.\r\n" } else { "five." };
            stream.write_all(body.as_bytes())?;
            Ok(String::new())
        })?;
        let mut answer = open(server.endpoint(), &patient(), get)?;
        let (body, end) = rest(&mut answer)?;
        assert_eq!(body, b"five.", "{head}");
        assert!(end.is_err_and(|end| end.kind() == NoAnswerKind::Unreachable), "{head}");
        assert!(next(&mut answer)?.is_err(), "{head}");
    }
    Ok(())
}

#[test]
fn each_chunk_has_its_own_time() -> Result<()> {
    let steady = |stream: &mut TcpStream| {
        begin(stream, "Content-Length: 8\r\n")?;
        for _ in 0..8 {
            stream.write_all(b"x")?;
            thread::sleep(Duration::from_millis(300));
        }
        Ok(String::new())
    };
    let silent = |stream: &mut TcpStream| {
        begin(stream, "Content-Length: 8\r\n")?;
        stream.write_all(b"half")?;
        stream.read_to_string(&mut String::new())?;
        Ok("the client hung up".to_owned())
    };
    let settings = [
        settings().attempt_timeout(Duration::from_secs(2)),
        settings().idle_timeout(Duration::from_secs(2)),
    ];
    for settings in settings {
        let server = CannedServer::serving(steady)?;
        let (body, end) = rest(&mut open(server.endpoint(), &settings, get)?)?;
        assert_eq!((&body[..], end), (&b"xxxxxxxx"[..], Ok(())));
        let server = CannedServer::serving(silent)?;
        let (body, end) = rest(&mut open(server.endpoint(), &settings, get)?)?;
        assert_eq!(body, b"half");
        assert!(end.is_err_and(|end| end.kind() == NoAnswerKind::TimedOut));
        assert_eq!(server.next_request()?, "the client hung up");
    }
    Ok(())
}

#[test]
fn who_does_not_read_is_not_flooded_and_loses_nothing() -> Result<()> {
    const LENGTH: usize = 256 << 20;
    let written = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&written);
    let server = CannedServer::serving(move |stream| {
        begin(stream, &format!("Content-Length: {LENGTH}\r\n"))?;
        let some = vec![7; 64 << 10];
        for _ in 0..LENGTH / some.len() {
            stream.write_all(&some)?;
            counted.fetch_add(some.len(), Ordering::Relaxed);
        }
        Ok("all was sent".to_owned())
    })?;
    let idle = settings().idle_timeout(Duration::from_millis(300));
    let mut answer = open(server.endpoint(), &idle, get)?;
    let first = next(&mut answer)?.expect("a chunk").expect("not the end");
    // Longer than the server may be silent: it is not the one who is slow.
    thread::sleep(Duration::from_millis(900));
    let ahead = written.load(Ordering::Relaxed);
    assert!(ahead < 64 << 20, "{ahead} bytes");
    let mut length = first.len();
    while let Some(chunk) = next(&mut answer)?.expect("it goes on") {
        assert!(chunk.iter().all(|byte| *byte == 7));
        length += chunk.len();
    }
    assert_eq!(length, LENGTH);
    assert_eq!(server.next_request()?, "all was sent");
    Ok(())
}

#[test]
fn what_is_dropped_is_read_no_further() -> Result<()> {
    let server = CannedServer::serving(|stream| {
        begin(stream, "Content-Length: 1000000\r\n")?;
        stream.write_all(b"some")?;
        let _ = stream.read_to_string(&mut String::new());
        Ok("the client hung up".to_owned())
    })?;
    let mut answer = open(server.endpoint(), &patient(), get)?;
    assert!(next(&mut answer)?.is_ok());
    drop(answer);
    assert_eq!(server.next_request()?, "the client hung up");
    Ok(())
}

#[test]
fn a_process_that_was_forked_meanwhile_is_told() -> Result<()> {
    let server = CannedServer::start(vec![answer(200, "", "body")])?;
    let mut answer = open(server.endpoint(), &patient(), get)?;
    answer.chunks.process = 0;
    for _ in 0..2 {
        assert!(next(&mut answer)?.is_err_and(|error| error.message().contains("forked")));
    }
    Ok(())
}

#[test]
fn a_connection_is_used_again_when_all_was_read() -> Result<()> {
    let server = CannedServer::serving(|stream| {
        let mut requests = 0;
        while read_request(stream)?.is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")?;
            requests += 1;
        }
        Ok(format!("{requests} requests"))
    })?;
    let transport = Transport::new(server.endpoint(), &patient())?;
    for _ in 0..3 {
        let transport = transport.clone();
        let opened = blocking::wait(crypto_envelope::service::run(async move {
            transport.open(|| Ok(get()), |_| false).await
        }))??;
        let whole = blocking::wait(async { Ok(opened.expect("an answer").whole(4).await) })?
            .expect("all of it");
        assert_eq!(whole.body().expose(), b"body");
    }
    drop(transport);
    assert_eq!(server.next_request()?, "3 requests");
    Ok(())
}

#[test]
fn the_answer_to_head_has_a_length_and_no_body() -> Result<()> {
    let head = || Request::new(Method::Head, "/".to_owned());
    let server = CannedServer::serving(|stream| {
        begin(stream, "Content-Length: 12345\r\n")?;
        stream.read_to_string(&mut String::new())?;
        Ok(String::new())
    })?;
    let mut answer = open(server.endpoint(), &patient(), head)?;
    assert_eq!(answer.head().content_length(), Some(12345));
    assert_eq!(next(&mut answer)?, Ok(None));
    let whole = crate::test_calls::send(server.endpoint(), &patient(), head)?.expect("an answer");
    assert_eq!(whole.head().content_length(), Some(12345));
    assert!(whole.body().expose().is_empty());
    Ok(())
}

#[test]
fn what_is_opened_is_tried_again_and_read_whole_within_bounds() -> Result<()> {
    let refusals =
        || vec![answer(503, "", "busy"), answer(500, "", "busy"), answer(404, "", "gone")];
    for (longest, expected) in [(4, Some(&b"gone"[..])), (3, None)] {
        let server = CannedServer::start(refusals())?;
        let transport = Transport::new(server.endpoint(), &patient())?;
        let opened = blocking::wait(crypto_envelope::service::run(async move {
            let may_pass = |outcome: &crate::Outcome<OpenedAnswer>| {
                outcome.as_ref().map_or(true, |answer| answer.status() >= 500)
            };
            transport.open(|| Ok(get()), may_pass).await
        }))??;
        let opened = opened.expect("an answer");
        assert_eq!(opened.status(), 404);
        let whole = blocking::wait(async { Ok(opened.whole(longest).await) })?;
        assert_eq!(whole.as_ref().ok().map(|whole| whole.body().expose()), expected);
        assert!(expected.is_some() || whole.is_err_and(|e| e.kind() == NoAnswerKind::TooLong));
    }
    Ok(())
}
