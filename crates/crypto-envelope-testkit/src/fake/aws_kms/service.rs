//! From HTTP to operations and back: JSON 1.1.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::Value;

use super::{
    call::Call,
    error::KmsError,
    operation::{self, Caller},
    store::Store,
};
use crate::fake::{
    crypto,
    http::{Request, Response, Service},
    log::Log,
    sigv4::Authorization,
    throttle::Throttle,
};

#[derive(Debug)]
pub(super) struct KmsService {
    store: Mutex<Store>,
    pub(super) throttle: Throttle,
    pub(super) log: Log<Call>,
}

impl KmsService {
    pub(super) fn new(store: Store, log: Log<Call>) -> Self {
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
        if !self.throttle.admit(Instant::now()) {
            return Err(KmsError::throttled());
        }
        let caller = Caller { region: authorization.scope.region, identity: known };
        let members: Value =
            serde_json::from_slice(&request.body).map_err(|_| KmsError::serialization())?;
        operation::run(&mut store, &caller, operation, &members)
    }
}

impl Service for KmsService {
    fn longest_request(&self) -> usize {
        1 << 20
    }

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
            [("content-type", CONTENT_TYPE.to_owned()), ("x-amzn-requestid", crypto::uuid())];
        Response::new(status, headers, body)
    }

    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>) {
        let scope = Authorization::of(request, SERVICE).unwrap_or_default().scope;
        let body = response.map_or(Value::Null, |response| json_of(&response.body.as_one()));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fake::{
        aws_kms::{fields::MEMBERS, operation::OPERATIONS},
        log::Memory,
    };

    const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/kms/aws4_request, \
                                 SignedHeaders=host;x-amz-date, Signature=00";

    fn service() -> KmsService {
        let log = Log::new(Memory::default(), None).expect("no file is written");
        KmsService::new(Store::default(), log)
    }

    fn ask(service: &KmsService, operation: &str, members: &Value) -> (u16, Value) {
        let headers = [
            ("x-amz-target", &*format!("TrentService.{operation}")),
            ("content-type", CONTENT_TYPE),
            ("x-amz-date", "20260101T000000Z"),
            ("authorization", AUTHORIZATION),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let body = members.to_string().into();
        let request = Request { headers: headers.into(), body, ..Request::default() };
        let Response { status, body, .. } = service.answer(&request);
        (status, json_of(&body.as_one()))
    }

    /// Members of many operations, of which each takes what it knows.
    fn well_formed(service: &KmsService) -> Value {
        let (_, created) = ask(service, "CreateKey", &json!({"MultiRegion": true}));
        let key = &created["KeyMetadata"]["Arn"];
        let (_, encrypted) = ask(service, "Encrypt", &json!({"KeyId": key, "Plaintext": "AA=="}));
        json!({
            "AliasName": "alias/name",
            "CiphertextBlob": encrypted["CiphertextBlob"],
            "DestinationKeyId": key,
            "EncryptedKeyMaterial": "AA==",
            "GranteePrincipal": "arn:aws:iam::111122223333:user/alice",
            "ImportToken": "AA==",
            "KeyAgreementAlgorithm": "ECDH",
            "KeyId": key,
            "KeyPairSpec": "ECC_NIST_P256",
            "NumberOfBytes": 16,
            "Operations": ["Decrypt"],
            "Plaintext": "AA==",
            "PublicKey": "AA==",
            "ReplicaRegion": "us-west-2",
            "TargetKeyId": key,
            "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
            "WrappingKeySpec": "RSA_2048",
        })
    }

    /// Whatever a member is, an answer comes, and it is one of AWS.
    #[test]
    fn no_request_is_too_strange() {
        let strange = [
            json!(null),
            json!(true),
            json!(-1),
            json!(1e300),
            json!(""),
            json!("arn:aws:kms:us-east-1:1:key/é"),
            json!("x".repeat(70_000)),
            json!([[]]),
            json!({"é": "\u{0}"}),
        ];
        for (operation, _) in OPERATIONS {
            let service = service();
            for member in MEMBERS {
                let mut request = well_formed(&service);
                let own = request["KeyId"].clone();
                for value in strange.iter().chain([&own]) {
                    if *member != "Constraints" {
                        request["Constraints"] = json!({*member: value});
                    }
                    request[*member] = value.clone();
                    let (status, answer) = ask(&service, operation, &request);
                    let code = answer["__type"].as_str().unwrap_or_default();
                    let is_of_aws = match status {
                        200 => code.is_empty(),
                        400 => code.ends_with("Exception"),
                        _ => false,
                    };
                    assert!(is_of_aws, "{operation} {member} {value} {answer}");
                }
            }
        }
    }
}
