//! From HTTP to operations and back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    asked::Asked,
    call::Call,
    error::CosError,
    operation::{self, Operation},
    place::Place,
    signature::{self, Authorization},
    store::Store,
    terms::Terms,
};
use crate::fake::{
    answer::Answer,
    crypto,
    date::Date,
    http::{Request, Response, Service},
    log::Log,
    xml::Element,
};

#[derive(Debug)]
pub(super) struct CosService {
    store: Mutex<Store>,
    pub(super) terms: Terms,
    pub(super) log: Log<Call>,
}

impl CosService {
    pub(super) fn new(store: Store, terms: Terms, log: Log<Call>) -> Self {
        Self { store: Mutex::new(store), terms, log }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, request: &Request) -> Result<Answer, CosError> {
        let asked = Asked::of(request)?;
        let place = self.place(request);
        let place = place.ok_or_else(CosError::no_such_bucket)?;
        self.authorize(&asked)?;
        let mut store = self.store();
        let (operation, bucket) = match &place {
            Place::Service => {
                let is_known = asked.operation == Some(Operation::GetBucket);
                (is_known.then_some(Operation::GetService), "")
            }
            Place::Bucket { name, region } => {
                let bucket = store.bucket(name)?;
                if region.as_ref().is_some_and(|region| *region != bucket.region) {
                    return Err(CosError::no_such_bucket());
                }
                (asked.operation, name.as_str())
            }
        };
        let operation = operation.ok_or_else(|| {
            CosError::new(501, "NotImplemented", "This fake has no such operation.")
        })?;
        let call = operation::Call { asked: &asked, bucket, terms: &self.terms };
        operation::run(operation, &call, &mut store)
    }

    fn place(&self, request: &Request) -> Option<Place> {
        Place::of(request.header("host").unwrap_or_default(), &self.terms.domains)
    }

    fn authorize(&self, asked: &Asked<'_>) -> Result<(), CosError> {
        let authorization = Authorization::of(asked)?;
        let authorization = authorization.ok_or_else(|| CosError::denied("Access Denied."))?;
        let store = self.store();
        let id = &authorization.access_key;
        let key = store.access_keys.iter().find(|key| key.id() == id).ok_or_else(|| {
            let message = "The access key Id you provided does not exist in our records.";
            CosError::new(403, "InvalidAccessKeyId", message)
        })?;
        let now = store.clock.now();
        signature::verify(asked, &authorization, key, now, self.terms.signatures)
    }
}

impl Service for CosService {
    fn longest_request(&self) -> usize {
        1 << 30
    }

    fn operation(&self, request: &Request) -> String {
        let asked = Asked::of(request).ok();
        let operation = asked.and_then(|asked| asked.operation);
        match (operation, self.place(request)) {
            (Some(Operation::GetBucket), Some(Place::Service)) => Operation::GetService.name(),
            (Some(operation), _) => operation.name(),
            (None, _) => "",
        }
        .to_owned()
    }

    fn answer(&self, request: &Request) -> Response {
        let request_id = crypto::hex(&crypto::random::<14>());
        let trace_id = crypto::hex(&crypto::random::<24>());
        let answer = self.run(request).unwrap_or_else(|error| {
            let host = request.header("host").unwrap_or_default();
            let resource = format!("{host}{}", request.path);
            let answer = Answer::empty(error.status).with("x-cos-trace-id", trace_id.clone());
            if error.status == 304 {
                return answer;
            }
            let body = error.xml(&resource, &request_id, &trace_id).into();
            Answer { body, ..answer.with("Content-Type", "application/xml") }
        });
        let date = Date::of(self.store().clock.now()).http();
        let Answer { status, headers, body } = answer
            .with("Date", date)
            .with("Server", "tencent-cos")
            .with("x-cos-request-id", request_id);
        Response { status, headers, body }
    }

    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>) {
        let asked = Asked::of(request).ok();
        let authorization =
            asked.as_ref().and_then(|asked| Authorization::of(asked).ok().flatten());
        let pairs = asked.iter().flat_map(|asked| asked.parameters.pairs());
        let pairs = pairs.filter(|(name, _)| !is_secret(name));
        let parameters = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let headers = request.headers.iter().filter(|(name, _)| !is_secret(name));
        let bucket = match self.place(request) {
            Some(Place::Bucket { name, .. }) => name,
            Some(Place::Service) | None => String::new(),
        };
        self.log.add(Call {
            method: request.method.clone(),
            operation: self.operation(request),
            bucket,
            key: asked.map(|asked| asked.key).unwrap_or_default(),
            parameters,
            headers: headers.cloned().collect(),
            secret_id: authorization.map(|given| given.access_key).unwrap_or_default(),
            request_length: request.body.len(),
            response_length: response.map_or(0, |response| response.body.len()),
            status: response.map(|response| response.status),
            error: response.and_then(error_of),
            fault: fault.map(str::to_owned),
        });
    }
}

/// Of a header or a parameter: whether it lets somebody in, or opens something.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "authorization"
        || name.starts_with("q-")
        || name.ends_with("-customer-key")
        || name == "x-cos-security-token"
}

/// The code of the error that a body is, also within a success.
fn error_of(response: &Response) -> Option<String> {
    if response.body.len() > LONGEST_ERROR {
        return None;
    }
    let root = Element::parse(&response.body.as_one()).filter(|root| root.name == "Error")?;
    root.text_of("Code").map(str::to_owned)
}

const LONGEST_ERROR: usize = 64 << 10;
