//! How servers behave where SSE-C is concerned: what was asked of them, and in short what they did.
//!
//! The tests hold what each server did against what it did before. Where one is not as AWS describes S3,
//! our client has to live with it: so a change is to be noticed.

mod conditions;
mod copies;
mod multipart;
mod objects;
mod versions;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_testkit::{data, fake::s3::FakeS3};
use serde_json::{Value, json};

pub use self::{
    conditions::CONDITIONS, copies::COPIES, multipart::MULTIPART, objects::OBJECTS,
    versions::VERSIONS,
};
use crate::{
    s3_servers::{
        CephGateway, Ministack, Moto, S3Answer, S3Client, S3Endpoint, SeaweedFs, StoredBytes,
    },
    vectors::Result,
};

/// Something that a server is asked, and the name of it.
pub type Case = (&'static str, fn(&mut Observer<'_>) -> Result<String>);

/// A server to be observed.
pub trait Observed: fmt::Debug {
    /// Where it is.
    fn endpoint(&self) -> S3Endpoint;

    /// What it stores of an object, if it lets one look.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn at_rest(&self, bucket: &str, object: &str) -> Result<Option<Vec<StoredBytes>>>;

    /// Whether that is what it stores of all objects, and even what it stored once.
    fn shows_all(&self) -> bool {
        false
    }
}

impl Observed for CephGateway {
    fn endpoint(&self) -> S3Endpoint {
        self.https()
    }

    fn at_rest(&self, bucket: &str, object: &str) -> Result<Option<Vec<StoredBytes>>> {
        self.at_rest(bucket, object).map(Some)
    }
}

impl Observed for SeaweedFs {
    fn endpoint(&self) -> S3Endpoint {
        self.https()
    }

    fn at_rest(&self, _: &str, _: &str) -> Result<Option<Vec<StoredBytes>>> {
        self.at_rest().map(Some)
    }

    fn shows_all(&self) -> bool {
        true
    }
}

impl Observed for Ministack {
    fn endpoint(&self) -> S3Endpoint {
        self.http_insecure()
    }

    fn at_rest(&self, _: &str, _: &str) -> Result<Option<Vec<StoredBytes>>> {
        Ok(None)
    }
}

impl Observed for Moto {
    fn endpoint(&self) -> S3Endpoint {
        self.http_insecure()
    }

    fn at_rest(&self, _: &str, _: &str) -> Result<Option<Vec<StoredBytes>>> {
        Ok(None)
    }
}

impl Observed for FakeS3 {
    fn endpoint(&self) -> S3Endpoint {
        S3Endpoint::of(self)
    }

    fn at_rest(&self, bucket: &str, object: &str) -> Result<Option<Vec<StoredBytes>>> {
        let bytes = self.stored_bytes(bucket, object);
        Ok(Some(vec![StoredBytes { name: object.to_owned(), bytes, attributes: Vec::new() }]))
    }
}

/// Does to a server all that the cases say, in a new bucket, and gives what is not as expected: the rows that would be,
/// and nothing if there are none.
///
/// # Errors
///
/// If it cannot be done.
pub fn surprises(
    server: &dyn Observed,
    bucket: &str,
    cases: &[Case],
    expected: &[(&str, &str)],
) -> Result<String> {
    let mut observer = Observer::new(server, bucket)?;
    let mut found = Vec::new();
    for (name, case) in cases {
        observer.begin(name);
        found.push((*name, case(&mut observer).map_err(|error| format!("{name}: {error}"))?));
    }
    let is_expected = |(name, found): &(&str, String)| expected.contains(&(*name, found.as_str()));
    found.retain(|row| !is_expected(row));
    let mut rows = found.iter().map(|row| format!("    {row:?},\n")).collect::<String>();
    let is_case = |name: &str| cases.iter().any(|(case, _)| *case == name);
    let stale = expected.iter().filter(|(name, _)| !is_case(name));
    rows.extend(stale.map(|(name, _)| format!("    no case is called {name:?}\n")));
    Ok(rows)
}

/// Who asks.
#[derive(Debug)]
pub struct Observer<'a> {
    server: &'a dyn Observed,
    client: S3Client,
    bucket: String,
    case: &'static str,
    /// How often the text of the case stood there before something was done.
    seen: usize,
}

/// A key of a customer, and its MD5, both in base64.
#[derive(Clone, Copy, Debug)]
struct Key {
    key: &'static str,
    md5: &'static str,
}

const OURS: Key =
    Key { key: "ERERERERERERERERERERERERERERERERERERERERERE=", md5: "YSbdkQDUu1vJkAgt83fvFg==" };
const ANOTHER: Key =
    Key { key: "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=", md5: "xv6yX+D2J8md48okxcNG+A==" };

/// Which keys a request has.
#[derive(Clone, Copy, Debug, Default)]
struct Keys {
    key: Option<Key>,
    source: Option<Key>,
}

const NO_KEYS: Keys = Keys { key: None, source: None };

impl<'a> Observer<'a> {
    fn new(server: &'a dyn Observed, bucket: &str) -> Result<Self> {
        let mut client = S3Client::start(&server.endpoint())?;
        client.ask(&json!({"call": "create_bucket", "arguments": {"Bucket": bucket}}))?;
        Ok(Self { server, client, bucket: bucket.to_owned(), case: "", seen: 0 })
    }

    fn begin(&mut self, case: &'static str) {
        self.case = case;
        self.seen = 0;
    }

    /// A call about the object of this name, which belongs to the case.
    fn call(&mut self, call: &str, object: &str, keys: Keys, more: Value) -> Result<S3Answer> {
        let name = self.name(object);
        self.bucket_call(call, keys, with(json!({"Key": name}), more))
    }

    /// A call about the bucket.
    fn bucket_call(&mut self, call: &str, keys: Keys, more: Value) -> Result<S3Answer> {
        let mut request = json!({
            "call": call,
            "arguments": with(json!({"Bucket": self.bucket}), more),
            "key": keys.key.map(|key| key.key),
            "source_key": keys.source.map(|key| key.key),
        });
        // This one stands beside the arguments.
        if let Some(headers) =
            request["arguments"].as_object_mut().and_then(|all| all.remove("Headers"))
        {
            request["headers"] = headers;
        }
        self.client.ask(&request)
    }

    fn put(&mut self, object: &str, key: Option<Key>, more: Value) -> Result<S3Answer> {
        let more = with(json!({"Body": {"base64": BASE64.encode(self.text())}}), more);
        self.call("put_object", object, Keys { key, source: None }, more)
    }

    fn get(&mut self, object: &str, key: Option<Key>) -> Result<S3Answer> {
        self.call("get_object", object, Keys { key, source: None }, json!({}))
    }

    fn head(&mut self, object: &str, key: Option<Key>) -> Result<S3Answer> {
        self.call("head_object", object, Keys { key, source: None }, json!({}))
    }

    /// From one object to another.
    fn copy(&mut self, from: &str, to: &str, keys: Keys, more: Value) -> Result<S3Answer> {
        let source = json!({"CopySource": {"Bucket": self.bucket, "Key": self.name(from)}});
        self.call("copy_object", to, keys, with(source, more))
    }

    /// With which of the keys the object comes back.
    fn opens_with(&mut self, object: &str) -> Result<String> {
        let mut openings = Vec::new();
        for (name, key) in [("none", None), ("ours", Some(OURS)), ("another", Some(ANOTHER))] {
            let answer = self.get(object, key)?;
            let comes_back = answer.status == 200 && answer.body()? == self.text();
            openings.extend(comes_back.then_some(name));
        }
        Ok(if openings.is_empty() { "nothing".to_owned() } else { openings.join("/") })
    }

    /// Whether the text of the case stands in what the server stores of the object.
    fn at_rest(&self, object: &str) -> Result<&'static str> {
        Ok(match self.times_at_rest(object)? {
            None => "unseen",
            Some(times) if times > self.seen => "plain",
            Some(_) => "hidden",
        })
    }

    /// What stands there from here on is not what stood there before.
    fn look_away(&mut self) -> Result<()> {
        if self.server.shows_all() {
            self.seen = self.times_at_rest("")?.unwrap_or_default();
        }
        Ok(())
    }

    fn times_at_rest(&self, object: &str) -> Result<Option<usize>> {
        let text = &self.text()[..32];
        let stored = self.server.at_rest(&self.bucket, &self.name(object))?;
        Ok(stored.map(|stored| stored.iter().map(|stored| stored.times(text)).sum()))
    }

    fn name(&self, object: &str) -> String {
        format!("{}-{object}", self.case)
    }

    /// The same for all objects of a case, and another one for each case.
    fn text(&self) -> Vec<u8> {
        let seed = self
            .case
            .bytes()
            .fold(1, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        data::plaintext(3000, seed)
    }
}

/// The status, the code of a refusal, and what stands in the answer of a key.
fn said(answer: &S3Answer, key: Key) -> String {
    let mut said = answer.status.to_string();
    if let Some(code) = &answer.code {
        // It has no other from a HEAD.
        if *code != said {
            said = format!("{said} {code}");
        }
    }
    let md5 = answer.header("x-amz-server-side-encryption-customer-key-md5");
    let algorithm = answer.header("x-amz-server-side-encryption-customer-algorithm");
    match (algorithm, md5) {
        (None, None) => said,
        (Some("AES256"), Some(md5)) if md5 == key.md5 => said + " echo",
        (Some("AES256"), Some(md5)) if md5 == format!("{0}, {0}", key.md5) => said + " echo twice",
        (_, Some(md5)) if [OURS.md5, ANOTHER.md5].contains(&md5) => said + " echo of another",
        other => format!("{said} {other:?}"),
    }
}

/// All members of both objects.
fn with(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

const fn key(key: Key) -> Keys {
    Keys { key: Some(key), source: None }
}

const fn source(key: Key) -> Keys {
    Keys { key: None, source: Some(key) }
}

const fn from_to(from: Key, to: Key) -> Keys {
    Keys { key: Some(to), source: Some(from) }
}
