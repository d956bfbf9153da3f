//! An OpenAPI gateway for the tests, whose answers they make themselves.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
};

use crypto_envelope::Result;
use serde_json::{Value, json};

use crate::{AlibabaKmsOpenApi, AlibabaKmsSettings, openapi::AccessKey};

pub(crate) type Parameters = HashMap<String, String>;

/// An action and its parameters.
pub(crate) type Called = (String, Parameters);

pub(crate) struct TestGateway {
    pub(crate) kms: AlibabaKmsOpenApi,
    /// Which calls it got.
    pub(crate) calls: Receiver<Called>,
}

impl TestGateway {
    /// Without an answer it refuses.
    pub(crate) fn start(
        answer: impl Fn(&str, &Parameters) -> Option<Value> + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (tell, calls) = mpsc::channel();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(io::Result::ok) {
                let (tell, answer) = (tell.clone(), answer.clone());
                thread::spawn(move || serve(stream, &*answer, |call| tell.send(call).is_ok()));
            }
        });
        let access_key = AccessKey::new("LTAI", b"secret".to_vec())?;
        let kms = AlibabaKmsOpenApi::new(&endpoint, &access_key, &AlibabaKmsSettings::new())?;
        Ok(Self { kms, calls })
    }

    /// The actions since the last look.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.calls.try_iter().map(|(action, _)| action).collect()
    }
}

fn serve(
    stream: TcpStream,
    answer: impl Fn(&str, &Parameters) -> Option<Value>,
    tell: impl Fn(Called) -> bool,
) -> io::Result<()> {
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut action, mut length) = (String::new(), 0);
        while line.trim() != "" {
            line.clear();
            input.read_line(&mut line)?;
            let (name, value) = line.split_once(':').unwrap_or_default();
            match name {
                "x-acs-action" => value.trim().clone_into(&mut action),
                "content-length" => length = value.trim().parse().unwrap_or_default(),
                _ => {}
            }
        }
        input.by_ref().take(length).read_to_end(&mut Vec::new())?;
        let url = reqwest::Url::parse(&format!("http://kms{target}")).expect("a target");
        let parameters: Parameters = url.query_pairs().into_owned().collect();
        let refused = json!({"Code": "InvalidParameter", "Message": "No.", "RequestId": "r"});
        let (status, answer) = match answer(&action, &parameters) {
            Some(answer) => (200, answer.to_string()),
            None => (400, refused.to_string()),
        };
        tell((action, parameters));
        let length = answer.len();
        let answer =
            format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n\r\n{answer}");
        output.write_all(answer.as_bytes())?;
        line.clear();
    }
    Ok(())
}
