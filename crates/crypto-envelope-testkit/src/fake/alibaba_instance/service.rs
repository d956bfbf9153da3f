//! From HTTP to operations and back.

use std::time::Instant;

use serde_json::Value;

use super::{
    Call,
    operation::{self, Answer},
    schema::Schema,
    signature, wire,
};
use crate::fake::{
    alibaba_kms::{Refusal, shared::Shared, store::Store},
    crypto,
    date::Date,
    http::{Request, Response, Service},
    log::Log,
    throttle::Throttle,
};

#[derive(Debug)]
pub(super) struct InstanceService {
    pub(super) kms: Shared,
    pub(super) throttle: Throttle,
    pub(super) log: Log<Call>,
}

impl InstanceService {
    pub(super) fn new(kms: Shared, log: Log<Call>) -> Self {
        Self { kms, throttle: Throttle::default(), log }
    }

    fn run(&self, store: &Store, request: &Request) -> Result<Answer, Refusal> {
        if request.method != "POST" || request.path != "/" || !request.query.is_empty() {
            return Err(Refusal::parameter("All there is here is POST to /."));
        }
        if request.header("content-type") != Some(CONTENT_TYPE) {
            return Err(Refusal::param("Content-Type"));
        }
        if request.header("x-kms-apiversion") != Some(VERSION) {
            let message = "There is no such version of the API.";
            return Err(Refusal::new(400, "InvalidApiVersion", message));
        }
        let client = request.header(CLIENT_KEY).ok_or_else(|| Refusal::missing(CLIENT_KEY))?;
        let public_key = store.client_keys.get(client).ok_or_else(Refusal::unauthorized)?;
        signature::verify(request, public_key, store.clock.now())?;
        if !self.throttle.admit(Instant::now()) {
            return Err(Refusal::throttled());
        }
        let version = request.header(KEY_VERSION);
        operation::run(store, operation_of(request), version, &request.body)
    }
}

impl Service for InstanceService {
    fn longest_request(&self) -> usize {
        3 << 20
    }

    fn operation(&self, request: &Request) -> String {
        operation_of(request).to_owned()
    }

    fn answer(&self, request: &Request) -> Response {
        let (status, message, version) = match self.kms.ask(|store| self.run(store, request)) {
            Ok(Answer { message, version }) => (200, message, version),
            Err(error) => (error.status(), error.answer().with("RequestId", crypto::uuid()), None),
        };
        let date = self.kms.with(|store| Date::of(store.clock.now()).http());
        let headers = [("content-type", CONTENT_TYPE.to_owned()), ("date", date)];
        let mut response = Response::new(status, headers, wire::encode(&message));
        response.headers.extend(version.map(|version| (KEY_VERSION.into(), version)));
        response
    }

    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>) {
        let operation = operation_of(request);
        let header = |name| request.header(name).unwrap_or_default().to_owned();
        let answer = response.map_or(Value::Null, |response| {
            let is_done = response.status == 200;
            let schema = if is_done { Schema::response(operation) } else { Some(Schema::ERROR) };
            json_of(schema, &response.body.as_one())
        });
        let asked = json_of(Schema::request(operation), &request.body);
        let text = |value: &Value, member: &str| {
            value.get(member).and_then(Value::as_str).map(str::to_owned)
        };
        self.log.add(Call {
            operation: operation.to_owned(),
            key_id: text(&asked, "KeyId").unwrap_or_default(),
            access_key: header(CLIENT_KEY),
            request: asked,
            error: text(&answer, "ErrorCode"),
            response: answer,
            fault: fault.map(str::to_owned),
            query: String::new(),
            headers: request.headers.clone(),
        });
    }
}

/// The API that the request names; empty if it names none.
fn operation_of(request: &Request) -> &str {
    request.header("x-kms-apiname").unwrap_or_default()
}

/// A body for the log.
fn json_of(schema: Option<Schema>, body: &[u8]) -> Value {
    match schema.map(|schema| wire::decode(schema, body)) {
        Some(Ok(message)) => message.json(),
        _ if body.is_empty() => Value::Null,
        _ => Value::String(String::from_utf8_lossy(body).into_owned()),
    }
}

/// With three c's.
const CLIENT_KEY: &str = "x-kms-acccesskeyid";
const KEY_VERSION: &str = "x-kms-migrationkeyversionid";
const VERSION: &str = "dkms-gcs-0.2";
const CONTENT_TYPE: &str = "application/x-protobuf";
