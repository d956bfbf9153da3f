//! From HTTP to actions and back.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Call, nonces::Nonces, operation, parameters::Parameters, signature::Claim};
use crate::fake::{
    alibaba_kms::{Refusal, shared::Shared, store::Store},
    crypto,
    date::Date,
    http::{Request, Response, Service},
    log::Log,
    throttle::Throttle,
};

#[derive(Debug)]
pub(super) struct OpenApiService {
    pub(super) kms: Shared,
    nonces: Nonces,
    pub(super) throttle: Throttle,
    pub(super) log: Log<Call>,
}

impl OpenApiService {
    pub(super) fn new(kms: Shared, log: Log<Call>) -> Self {
        Self { kms, nonces: Nonces::default(), throttle: Throttle::default(), log }
    }

    fn run(&self, store: &mut Store, request: &Request) -> Result<Value, Refusal> {
        if !["GET", "POST"].contains(&request.method.as_str()) || request.path != "/" {
            return Err(Refusal::no_action());
        }
        let parameters = Parameters::of(request)?;
        let claim = Claim::of(request, &parameters)?;
        if claim.version != VERSION {
            let message = "Specified parameter Version is not valid.";
            return Err(Refusal::new(400, "InvalidVersion", message));
        }
        claim.verify(store, &self.nonces)?;
        if !self.throttle.admit(Instant::now()) {
            return Err(Refusal::throttled());
        }
        operation::run(store, claim.action, &parameters)
    }
}

impl Service for OpenApiService {
    fn longest_request(&self) -> usize {
        1 << 20
    }

    fn operation(&self, request: &Request) -> String {
        let parameters = Parameters::of(request).unwrap_or_default();
        action_of(request, &parameters).to_owned()
    }

    fn answer(&self, request: &Request) -> Response {
        let (status, body) = match self.kms.ask(|store| self.run(store, request)) {
            Ok(mut answer) => {
                answer["RequestId"] = json!(crypto::uuid());
                (200, answer)
            }
            Err(error) => (error.status(), error.json(request.header("host").unwrap_or_default())),
        };
        let date = self.kms.with(|store| Date::of(store.clock.now()).http());
        let headers = [("content-type", CONTENT_TYPE.to_owned()), ("date", date)];
        Response::new(status, headers, body.to_string().into_bytes())
    }

    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>) {
        let read = Parameters::of(request);
        let asked = read.as_ref().map_or(Value::Null, Parameters::object);
        let parameters = read.unwrap_or_default();
        let answer = response.map_or(Value::Null, |response| json_of(&response.body.as_one()));
        let access_key = Claim::of(request, &parameters).map(|claim| claim.access_key.to_owned());
        self.log.add(Call {
            operation: action_of(request, &parameters).to_owned(),
            key_id: parameters.text("KeyId").unwrap_or_default().to_owned(),
            access_key: access_key.unwrap_or_default(),
            request: asked,
            error: answer.get("Code").and_then(Value::as_str).map(str::to_owned),
            response: answer,
            fault: fault.map(str::to_owned),
            query: request.query.clone(),
            headers: request.headers.clone(),
        });
    }
}

/// The action that the request names; empty if it names none.
pub(super) fn action_of<'a>(request: &'a Request, parameters: &'a Parameters) -> &'a str {
    parameters.text("Action").or_else(|| request.header("x-acs-action")).unwrap_or_default()
}

/// A body for the log.
fn json_of(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    serde_json::from_slice(body).unwrap_or_else(|_| text())
}

const VERSION: &str = "2016-01-20";
const CONTENT_TYPE: &str = "application/json;charset=utf-8";
