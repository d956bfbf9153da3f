//! What the vendor's SDK for Python signed is let in, and nothing else.

use std::{
    fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use crypto_envelope_testkit::fake::tencent_cos::{AccessKey, FakeTencentCos};
use serde_json::Value;

use crate::client::{Result, send_raw};

const BUCKET: &str = "examplebucket-1250000000";

/// A request of the vectors, to be changed.
#[derive(Clone, Debug)]
struct Case {
    method: String,
    host: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body_length: usize,
    authorization: Option<String>,
}

impl Case {
    fn of(case: &Value) -> Result<Self> {
        let text = |name: &str| case[name].as_str().ok_or_else(|| format!("no {name} in {case}"));
        let rest = text("url")?.strip_prefix("https://").ok_or("not https")?;
        let (host, target) = rest.split_once('/').ok_or("no path")?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = case.get("request_headers").or_else(|| case.get("headers"));
        let headers = headers.and_then(Value::as_object).into_iter().flatten();
        let headers = headers.filter(|(name, _)| *name != "Content-Length");
        let headers =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").into()));
        Ok(Self {
            method: text("method")?.to_owned(),
            host: host.to_owned(),
            path: format!("/{path}"),
            query: query.to_owned(),
            headers: headers.collect(),
            body_length: case["body_len"].as_u64().unwrap_or_default().try_into()?,
            authorization: case["authorization"].as_str().map(str::to_owned),
        })
    }

    /// The code of the error, or the status.
    fn outcome(&self, cos: &FakeTencentCos) -> Result<String> {
        let signed = self.authorization.iter();
        let signed = signed.map(|authorization| ("Authorization", authorization.as_str()));
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers = headers.chain(signed).map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers = headers.collect::<String>();
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let target = self.path.clone() + &query;
        send_raw(cos, &self.method, &target, &self.host, &headers, &vec![0; self.body_length])?;
        let call = cos.take_calls().pop().ok_or("no call")?;
        Ok(call.error.unwrap_or_else(|| call.status.unwrap_or_default().to_string()))
    }

    fn field(&self, name: &str) -> String {
        let fields = self.authorization.as_deref().unwrap_or(&self.query);
        let mut pairs = fields.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find_map(|(given, value)| (given == name).then_some(value));
        value.unwrap_or_default().replace("%3B", ";")
    }

    fn change_field(&mut self, name: &str, change: impl Fn(&str) -> String) {
        let fields = self.authorization.as_mut().unwrap_or(&mut self.query);
        let pairs = fields.split('&').map(|pair| match pair.split_once('=') {
            Some((given, value)) if given == name => format!("{name}={}", change(value)),
            _ => pair.to_owned(),
        });
        *fields = pairs.collect::<Vec<_>>().join("&");
    }

    /// The same request, with one thing changed that was signed.
    fn changed(&self) -> Vec<(String, Self)> {
        let mut all = Vec::new();
        let mut add = |what: String, change: &dyn Fn(&mut Self)| {
            let mut changed = self.clone();
            change(&mut changed);
            all.push((what, changed));
        };
        let other = if self.method == "DELETE" { "PUT" } else { "DELETE" };
        add("method".into(), &|case| other.clone_into(&mut case.method));
        add("path".into(), &|case| case.path.push('x'));
        add("signature".into(), &|case| {
            case.change_field("q-signature", |signature| {
                let (front, last) = signature.split_at(signature.len() - 1);
                format!("{front}{}", if last == "0" { "1" } else { "0" })
            });
        });
        add("time".into(), &|case| {
            for name in ["q-sign-time", "q-key-time"] {
                case.change_field(name, |time| format!("{time}0"));
            }
        });
        let list = self.field("q-header-list");
        for name in list.split(';').filter(|name| !name.is_empty()) {
            add(format!("header {name}"), &|case| match name {
                "host" => case.host = format!("{BUCKET}.cos-internal.ap-beijing.myqcloud.com"),
                "content-length" => case.body_length += 1,
                _ => {
                    let header = case.headers.iter_mut();
                    let mut named = header.filter(|(given, _)| given.eq_ignore_ascii_case(name));
                    named.next().expect("it is signed").1.push('x');
                }
            });
            add(format!("header {name} in the list"), &|case| {
                case.change_field("q-header-list", |list| list.replacen(name, "x", 1));
            });
        }
        if !self.field("q-url-param-list").is_empty() {
            let last = self.query.rsplit('&').next().unwrap_or_default();
            assert!(!last.starts_with("q-"), "parameters stand behind the signature");
            add("parameter".into(), &|case| case.query.push('x'));
        }
        all
    }
}

fn start(file: &Value, case: &Value) -> Result<FakeTencentCos> {
    let text = |name: &str| file[name].as_str().ok_or(name.to_owned());
    let mut key = AccessKey::new(text("secret_id")?, text("secret_key")?);
    let then = UNIX_EPOCH + Duration::from_secs(case["time"].as_u64().ok_or("no time")?);
    if let Some(token) = case["request_headers"]["x-cos-security-token"].as_str() {
        key = key.with_security_token(token, then);
    }
    let cos = FakeTencentCos::builder()
        .bucket(BUCKET, "ap-beijing")
        .access_key(key)
        .custom_domain("cdn.example.com", BUCKET)
        .custom_domain("localhost", BUCKET)
        .start()?;
    cos.set_clock(Some(then));
    Ok(cos)
}

fn check(name: &str, cases: usize, changes_at_least: usize) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/tencent-cos");
    let file: Value = serde_json::from_slice(&fs::read(path.join(name))?)?;
    let all = file["cases"].as_array().ok_or("no cases")?;
    assert_eq!(all.len(), cases);
    let mut changes = 0;
    for value in all {
        let (id, case) = (&value["id"], Case::of(value)?);
        let cos = start(&file, value)?;
        let outcome = case.outcome(&cos)?;
        let refusals =
            ["SignatureDoesNotMatch", "AccessDenied", "InvalidAccessKeyId", "InvalidArgument"];
        // Only this one has metadata with a name that COS does not take.
        let is_let_in =
            !refusals.contains(&&*outcome) || id == "header-03" && outcome == "InvalidArgument";
        assert!(is_let_in, "{id}: {outcome}");
        for (what, changed) in case.changed() {
            let expected = if what == "header x-cos-security-token" {
                "InvalidAccessKeyId"
            } else {
                "SignatureDoesNotMatch"
            };
            assert_eq!(changed.outcome(&cos)?, expected, "{id}: {what}");
            changes += 1;
        }
    }
    assert!(changes >= changes_at_least, "{changes}");
    Ok(())
}

#[test]
fn signed_requests() -> Result<()> {
    check("signature.json", 55, 400)
}

#[test]
fn presigned_urls() -> Result<()> {
    check("presigned.json", 6, 36)
}
