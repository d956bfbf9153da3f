//! From HTTP to operations and back: JSON 1.1.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::Value;

use super::{
    authorization::Authorization,
    call::{Call, Log},
    error::KmsError,
    material,
    operation::{self, Caller},
    store::Store,
    throttle::Throttle,
};
use crate::fake::http::{Request, Response, Service};

#[derive(Debug)]
pub(super) struct KmsService {
    store: Mutex<Store>,
    pub(super) throttle: Throttle,
    pub(super) log: Log,
}

impl KmsService {
    pub(super) fn new(store: Store, log: Log) -> Self {
        Self { store: Mutex::new(store), throttle: Throttle::default(), log }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, request: &Request) -> Result<Value, KmsError> {
        let operation = operation_of(request);
        if operation.is_empty() || request.header("content-type") != Some(CONTENT_TYPE) {
            return Err(KmsError::silent("UnknownOperationException"));
        }
        let authorization = Authorization::of(request, SERVICE)?;
        let mut store = self.store();
        let id = &authorization.scope.access_key;
        let known = store.access_keys.iter().find(|key| key.id() == id).cloned();
        if known.is_none() && !store.access_keys.is_empty() {
            return Err(KmsError::new(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ));
        }
        if let Some(key) = &known {
            key.verify(request, &authorization, store.clock.now())?;
        }
        self.throttle.admit(Instant::now())?;
        let caller = Caller { region: authorization.scope.region, identity: known };
        let members: Value =
            serde_json::from_slice(&request.body).map_err(|_| KmsError::serialization())?;
        operation::run(&mut store, &caller, operation, &members)
    }
}

impl Service for KmsService {
    fn operation(&self, request: &Request) -> String {
        operation_of(request).to_owned()
    }

    fn answer(&self, request: &Request) -> Response {
        let (status, body) = match self.run(request) {
            // An operation without a result has no body either.
            Ok(Value::Null) => (200, Vec::new()),
            Ok(answer) => (200, answer.to_string().into_bytes()),
            Err(error) => (status_of(&error), error.json().to_string().into_bytes()),
        };
        let headers =
            vec![("content-type", CONTENT_TYPE.to_owned()), ("x-amzn-requestid", material::uuid())];
        Response { status, headers, body }
    }

    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>) {
        let scope = Authorization::of(request, SERVICE).unwrap_or_default().scope;
        let body = response.map_or(Value::Null, |response| json_of(&response.body));
        let error = body.get("__type").and_then(Value::as_str).map(str::to_owned);
        self.log.add(Call {
            operation: operation_of(request).to_owned(),
            region: scope.region,
            access_key: scope.access_key,
            request: json_of(&request.body),
            response: body,
            error,
            fault: fault.map(str::to_owned),
            headers: request.headers.clone(),
        });
    }
}

/// The operation that the request names; empty if it names none.
fn operation_of(request: &Request) -> &str {
    let target = request.header("x-amz-target").unwrap_or_default();
    target.strip_prefix("TrentService.").unwrap_or_default()
}

fn status_of(error: &KmsError) -> u16 {
    if error.code() == "KMSInternalException" { 500 } else { 400 }
}

/// A body for the log.
fn json_of(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let as_text = |_| Value::String(String::from_utf8_lossy(body).into_owned());
    serde_json::from_slice(body).unwrap_or_else(as_text)
}

/// As credential scopes call it.
const SERVICE: &str = "kms";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
