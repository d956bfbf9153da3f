//! One connection: requests in, answers out, and what goes wrong between them.

use std::{
    error::Error,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
};

use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time,
};

use super::{
    body::{Pace, Paced},
    fault::{Effect, Faults},
    message::{Request, Response, Service},
};

/// Answers requests until the client has no more, or a fault ends it.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    service: Arc<dyn Service>,
    faults: Arc<Faults>,
) {
    let exchange = Arc::new(Exchange { service, faults, last_words: Mutex::new(None) });
    let answering = service_fn(|request| {
        let exchange = Arc::clone(&exchange);
        Box::pin(async move { exchange.answer(request).await })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answering);
    // An error is what a fault makes of it, or the client went away.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    let last_words = lock(&exchange.last_words).take();
    // The client may be gone by now.
    if let Some(bytes) = last_words {
        let _ = stream.write_all(&bytes).await;
    }
    let _ = stream.shutdown().await;
}

struct Exchange {
    service: Arc<dyn Service>,
    faults: Arc<Faults>,
    /// What is sent instead of an answer of the server's own, before the connection is closed.
    last_words: Mutex<Option<Vec<u8>>>,
}

impl Exchange {
    async fn answer(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Paced>, Closed> {
        let request = match read(request, self.service.longest_request()).await {
            Ok(request) => request,
            Err(status) => return Ok(encode(Response::of_status(status), Pace::AtOnce)),
        };
        let effect = self.faults.strike(&self.service.operation(&request));
        let name = effect.as_ref().map(Effect::name);
        let end = |response: Option<&Response>, bytes: Vec<u8>| {
            self.service.record(&request, response, name);
            *lock(&self.last_words) = Some(bytes);
            Err(Closed)
        };
        match effect {
            Some(Effect::Close) => return end(None, Vec::new()),
            Some(Effect::Garbage) => return end(None, GARBAGE.to_vec()),
            Some(Effect::Delay(by)) => time::sleep(by).await,
            _ => {}
        }
        let mut response = match &effect {
            Some(Effect::Status(status, body)) => {
                Response { body: body.clone(), ..Response::of_status(*status) }
            }
            _ => self.service.answer(&request),
        };
        let mut pace = Pace::AtOnce;
        match effect {
            Some(Effect::Cut(after)) => {
                let mut bytes = head(&response, response.body.len() as u64);
                bytes.extend(response.body.iter().take(after));
                return end(Some(&response), bytes);
            }
            Some(Effect::ContentLength(claim)) => {
                let bytes = [head(&response, claim), response.body.clone()].concat();
                return end(Some(&response), bytes);
            }
            Some(Effect::Body(change)) => response.body = change(response.body),
            Some(Effect::Slow { bytes, pause }) => pace = Pace::Slow { bytes, pause },
            _ => {}
        }
        self.service.record(&request, Some(&response), name);
        Ok(encode(response, pace))
    }
}

/// The whole request, or the status that refuses it.
async fn read(request: hyper::Request<Incoming>, longest: usize) -> Result<Request, u16> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, longest).collect().await.map_err(|_| PAYLOAD_TOO_LARGE)?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes())));
    Ok(Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: body.to_bytes().to_vec(),
    })
}

fn encode(response: Response, pace: Pace) -> hyper::Response<Paced> {
    let mut builder = hyper::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    // Only a header or a status that a fake made up wrongly can end here.
    builder.body(Paced::new(response.body, pace)).unwrap_or_else(|_| {
        let mut broken = hyper::Response::new(Paced::new(Vec::new(), Pace::AtOnce));
        *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}

/// Status line and headers, as they go over the wire.
fn head(response: &Response, content_length: u64) -> Vec<u8> {
    let status = response.status;
    let headers = response.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let headers = headers.collect::<String>();
    format!("HTTP/1.1 {status} Fake\r\n{headers}content-length: {content_length}\r\n\r\n")
        .into_bytes()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the server give the connection back without an answer.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed by a fault")
    }
}

impl Error for Closed {}

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
            Response { body: request.body.clone(), ..Response::of_status(200) }
        }

        fn record(&self, _: &Request, _: Option<&Response>, _: Option<&str>) {}
    }

    #[tokio::test]
    async fn any_stream_carries_a_service_and_requests_as_long_as_it_takes() {
        for (body, status, echo) in [("", 200, ""), ("four", 200, "four"), ("fives", 413, "")] {
            let (mut client, stream) = tokio::io::duplex(1024);
            let asking = async {
                let length = body.len();
                let request = format!(
                    "POST / HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nContent-Length: \
                     {length}\r\n\r\n{body}"
                );
                client.write_all(request.as_bytes()).await.unwrap();
                let mut answer = String::new();
                client.read_to_string(&mut answer).await.unwrap();
                answer
            };
            let serving = serve(stream, Arc::new(Echo), Arc::new(Faults::default()));
            let ((), answer) = tokio::join!(serving, asking);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert_eq!(answer.split_once("\r\n\r\n").map(|(_, body)| body), Some(echo));
        }
    }
}
