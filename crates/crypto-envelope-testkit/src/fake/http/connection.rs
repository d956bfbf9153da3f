//! One connection: requests in, answers out, and what goes wrong between them.
//!
//! Requests are read by hyper. Answers are written here, since some clients look for names of headers in
//! a certain case, and faults make answers that no library would send.

use std::{
    error::Error,
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use http_body_util::{BodyExt, Empty};
use hyper::{
    Version,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time,
};

use super::{
    answer::{self, Pace},
    body::Body,
    fault::{Effect, Faults},
    message::{Request, Response, Service},
    rewound::Rewound,
};
use crate::fake::date::Date;

/// Answers requests until the client has no more, or a fault ends it.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    service: Arc<dyn Service>,
    faults: Arc<Faults>,
) {
    let exchange = Exchange { service, faults };
    let mut stream = Rewound::new(stream);
    loop {
        let (taken, rest) = exchange.take(stream).await;
        stream = rest;
        let Some(taken) = taken else { break };
        // An error is that the client went away.
        let after = exchange.answer(&mut stream, taken).await;
        if !matches!(after, Ok(After::Next)) {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Next,
    Close,
}

/// What came of a request, and what the client wants to happen then.
struct Taken {
    request: Request,
    outcome: Outcome,
    after: After,
}

enum Outcome {
    Whole,
    Refused(u16),
    /// By a fault, of this name.
    Interrupted(&'static str),
}

struct Exchange {
    service: Arc<dyn Service>,
    faults: Arc<Faults>,
}

impl Exchange {
    /// Reads one request, if there is another, and gives the stream back behind it.
    async fn take<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: Rewound<S>,
    ) -> (Option<Taken>, Rewound<S>) {
        let taken = Mutex::new(None);
        let taking = service_fn(|request| {
            let taken = &taken;
            Box::pin(async move {
                let whole = self.read(request).await;
                *taken.lock().unwrap_or_else(PoisonError::into_inner) = whole;
                // Makes hyper give the connection back.
                Err::<hyper::Response<Empty<Bytes>>, _>(GiveBack)
            })
        });
        let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), taking);
        let _ = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
        let parts = connection.into_parts();
        let mut stream = parts.io.into_inner();
        stream.rewind(parts.read_buf);
        (taken.into_inner().unwrap_or_else(PoisonError::into_inner), stream)
    }

    /// Nothing if the client went away before the end.
    async fn read(&self, request: hyper::Request<Incoming>) -> Option<Taken> {
        let (head, mut body) = request.into_parts();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let mut request = Request {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: Bytes::new(),
        };
        let wants_close = request.header("connection").is_some_and(|value| {
            value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))
        });
        let after = match head.version {
            Version::HTTP_11 if !wants_close => After::Next,
            _ => After::Close,
        };
        let interruption = self.faults.interrupt(&self.service.operation(&request));
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.ok()?.into_data() else { continue };
            bytes.extend_from_slice(&data);
            if bytes.len() > self.service.longest_request() {
                let outcome = Outcome::Refused(PAYLOAD_TOO_LARGE);
                return Some(Taken { request, outcome, after: After::Close });
            }
            if interruption.is_some_and(|(bytes_before, _)| bytes.len() >= bytes_before) {
                break;
            }
        }
        request.body = bytes.into();
        let outcome = interruption.map_or(Outcome::Whole, |(_, fault)| Outcome::Interrupted(fault));
        Some(Taken { request, outcome, after })
    }

    async fn answer(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        taken: Taken,
    ) -> io::Result<After> {
        let Taken { request, outcome, after } = taken;
        match outcome {
            Outcome::Whole => {}
            Outcome::Refused(status) => {
                let response = complete(Response::of_status(status), After::Close);
                let head = answer::head(&response, 0);
                answer::send(stream, head, &Body::default(), Pace::AtOnce).await?;
                return Ok(After::Close);
            }
            Outcome::Interrupted(fault) => {
                self.service.record(&request, None, Some(fault));
                return Ok(After::Close);
            }
        }
        let effect = self.faults.strike(&self.service.operation(&request));
        let fault = effect.as_ref().map(Effect::name);
        match &effect {
            Some(Effect::Close) => {
                self.service.record(&request, None, fault);
                return Ok(After::Close);
            }
            Some(Effect::Garbage) => {
                self.service.record(&request, None, fault);
                stream.write_all(GARBAGE).await?;
                return Ok(After::Close);
            }
            Some(Effect::Delay(by)) => time::sleep(*by).await,
            _ => {}
        }
        let response = match &effect {
            Some(Effect::Status(status, body)) => Response::new(*status, [], body.clone()),
            _ => self.service.answer(&request),
        };
        if let Some(Effect::LoseAnswer) = effect {
            self.service.record(&request, None, fault);
            return Ok(After::Close);
        }
        let sent = Sent::new(response, effect, after);
        self.service.record(&request, Some(&sent.response), fault);
        let head = answer::head(&sent.response, sent.content_length);
        let body = sent.response.body.slice(0..sent.most);
        let body = if request.method == "HEAD" { Body::default() } else { body };
        answer::send(stream, head, &body, sent.pace).await?;
        Ok(sent.after)
    }
}

/// An answer with what a fault made of it.
struct Sent {
    response: Response,
    content_length: u64,
    /// How much of the body goes out.
    most: usize,
    pace: Pace,
    after: After,
}

impl Sent {
    fn new(mut response: Response, effect: Option<Effect>, after: After) -> Self {
        let mut pace = Pace::AtOnce;
        let (mut claim, mut most) = (None, usize::MAX);
        match effect {
            Some(Effect::Cut(after)) => most = after,
            Some(Effect::ContentLength(length)) => claim = Some(length),
            Some(Effect::Body(change)) => {
                response.body = change(response.body.as_one().into_owned()).into();
            }
            Some(Effect::Slow { bytes, pause }) => pace = Pace::Slow { bytes, pause },
            Some(Effect::Header(name, value)) => {
                response.remove_header(name);
                response.headers.extend(value.map(|value| (name.into(), value)));
            }
            _ => {}
        }
        // Behind what is not as long as it says, nothing can follow.
        let after = if claim.is_some() || most < usize::MAX { After::Close } else { after };
        let content_length = claim.unwrap_or(response.body.len() as u64);
        Self { response: complete(response, after), content_length, most, pace, after }
    }
}

/// With the headers that every answer has.
fn complete(mut response: Response, after: After) -> Response {
    if !response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("date")) {
        response.headers.push(("Date".into(), Date::of(SystemTime::now()).http()));
    }
    if after == After::Close {
        response.headers.push(("Connection".into(), "close".to_owned()));
    }
    response
}

/// The connection is wanted back.
#[derive(Debug)]
struct GiveBack;

impl fmt::Display for GiveBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answered by hand")
    }
}

impl Error for GiveBack {}

const PAYLOAD_TOO_LARGE: u16 = 413;
const GARBAGE: &[u8] = b"\x16\x03\x01 this is no HTTP\r\n\r\n\x00\xff\xfe";

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    /// Gives back what it gets, up to four bytes.
    struct Echo;

    impl Service for Echo {
        fn longest_request(&self) -> usize {
            4
        }

        fn operation(&self, _: &Request) -> String {
            String::new()
        }

        fn answer(&self, request: &Request) -> Response {
            Response::new(200, [("X-Case", "ÄÖ".to_owned())], request.body.clone())
        }

        fn record(&self, _: &Request, _: Option<&Response>, _: Option<&str>) {}
    }

    async fn told(requests: &str) -> String {
        let (mut client, stream) = tokio::io::duplex(1024);
        let asking = async {
            client.write_all(requests.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let serving = serve(stream, Arc::new(Echo), Arc::new(Faults::default()));
        tokio::join!(serving, asking).1
    }

    #[tokio::test]
    async fn any_stream_carries_a_service_and_requests_as_long_as_it_takes() {
        for (body, status, echo) in [("", 200, ""), ("four", 200, "four"), ("fives", 413, "")] {
            let length = body.len();
            let answer = told(&format!(
                "POST / HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nContent-Length: \
                 {length}\r\n\r\n{body}"
            ))
            .await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert_eq!(answer.split_once("\r\n\r\n").map(|(_, body)| body), Some(echo));
        }
    }

    #[tokio::test]
    async fn requests_follow_each_other_even_if_they_come_at_once() {
        let first = "POST / HTTP/1.1\r\nHost: fake\r\nContent-Length: 3\r\n\r\none";
        let chunked = "POST / HTTP/1.1\r\nHost: fake\r\nTransfer-Encoding: chunked\r\n\r\n\
                       1\r\nt\r\n2\r\nwo\r\n0\r\n\r\n";
        let head = "HEAD / HTTP/1.1\r\nHost: fake\r\nContent-Length: 4\r\n\r\nhead";
        let last = "POST / HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n";
        let never = "POST / HTTP/1.1\r\nHost: fake\r\n\r\n";
        let answers = told(&[first, chunked, head, last, never].concat()).await;
        let bodies = answers.split("HTTP/1.1 200 OK\r\n").skip(1);
        let bodies = bodies.filter_map(|answer| answer.split_once("\r\n\r\n"));
        let bodies = bodies.collect::<Vec<_>>();
        assert_eq!(
            bodies.iter().map(|(_, body)| *body).collect::<Vec<_>>(),
            ["one", "two", "", ""]
        );
        assert!(bodies.iter().all(|(head, _)| head.contains("X-Case: ÄÖ\r\n")), "{answers}");
        assert!(bodies[2].0.contains("Content-Length: 4"), "{answers}");
        assert!(bodies[3].0.contains("Connection: close"), "{answers}");
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused() {
        assert!(told("no HTTP\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
        let (mut client, stream) = tokio::io::duplex(1024);
        let half = b"POST / HTTP/1.1\r\nHost: fake\r\nContent-Length: 3\r\n\r\non";
        client.write_all(half).await.unwrap();
        drop(client);
        serve(stream, Arc::new(Echo), Arc::new(Faults::default())).await;
    }
}
