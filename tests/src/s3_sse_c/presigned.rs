//! Requests that others send.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crypto_envelope_s3_sse_c::PresignedSseCRequest;

use super::{Bucket, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// A client that knows nothing but the request writes an object, and reads it.
    ///
    /// # Errors
    ///
    /// What the server did not take, or took without the key.
    pub async fn takes_presigned_requests(&self) -> Result<()> {
        let (key, client) = (new_key()?, self.world.client());
        let good_for = Duration::from_mins(1);
        let put = client.s3().put_object().bucket(&self.name).key("by url");
        let put = client.presign_put(put, &key, good_for).await?;
        let answer = send(&put, b"text")?;
        if !answer.starts_with("HTTP/1.1 200") || self.get("by url", &key).await? != b"text" {
            return Err(format!("put: {answer}").into());
        }
        let get = client.presign_get(self.reading("by url"), &key, good_for).await?;
        let answer = send(&get, b"")?;
        if !answer.starts_with("HTTP/1.1 200") || !answer.ends_with("\r\n\r\ntext") {
            return Err(format!("get: {answer}").into());
        }
        let without = send_without_headers(&get)?;
        if without.starts_with("HTTP/1.1 200") {
            return Err("the URL by itself opens the object".into());
        }
        Ok(())
    }
}

fn send(request: &PresignedSseCRequest, body: &[u8]) -> Result<String> {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or_default();
        format!("{name}: {value}\r\n")
    });
    exchange(request, &headers.collect::<String>(), body)
}

fn send_without_headers(request: &PresignedSseCRequest) -> Result<String> {
    exchange(request, "", b"")
}

/// HTTP without TLS, by hand.
fn exchange(request: &PresignedSseCRequest, headers: &str, body: &[u8]) -> Result<String> {
    let rest = request.uri().strip_prefix("http://").ok_or("it is not http")?;
    let (host, path) = rest.split_once('/').ok_or("no path")?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let host = if headers.to_lowercase().contains("host:") {
        String::new()
    } else {
        format!("Host: {host}\r\n")
    };
    let length = if headers.to_lowercase().contains("content-length:") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let method = request.method();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\n{host}{headers}{length}Connection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
