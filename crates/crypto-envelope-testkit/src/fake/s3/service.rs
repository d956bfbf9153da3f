//! From HTTP to operations and back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    asked::Asked,
    call::Call,
    error::S3Error,
    lie::Lie,
    operation::{self, Operation},
    payload::Payload,
    policy::Attempt,
    protection::Protection,
    store::Store,
    terms::{Security, Terms},
};
use crate::fake::{
    answer::Answer,
    crypto,
    date::Date,
    http::{Request, Response, Service},
    log::Log,
    sigv4::{Authorization, Dialect, SignatureError},
    xml::Element,
};

#[derive(Debug)]
pub(super) struct S3Service {
    store: Mutex<Store>,
    terms: Terms,
    pub(super) log: Log<Call>,
}

impl S3Service {
    pub(super) fn new(store: Store, terms: Terms, log: Log<Call>) -> Self {
        Self { store: Mutex::new(store), terms, log }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, request: &Request) -> Result<Answer, S3Error> {
        let mut store = self.store();
        if let Some(answer) = redirect(request, &store.lies) {
            return Ok(answer);
        }
        let asked = Asked::of(request)?;
        self.authorize(&asked, &store)?;
        let operation = asked.operation.ok_or_else(|| {
            let message = "A header or query you provided requested a function that is not \
                           implemented.";
            S3Error::not_implemented(message)
        })?;
        self.check_policy(operation, &asked, &store)?;
        let payload = Payload::of(request)?;
        let (terms, lies) = (&self.terms, store.lies.clone());
        let call = operation::Call { asked: &asked, payload: &payload, terms, lies };
        operation::run(operation, &call, &mut store)
    }

    fn authorize(&self, asked: &Asked<'_>, store: &Store) -> Result<(), S3Error> {
        let authorization = authorization_of(asked)?;
        let id = &authorization.scope.access_key;
        let key = store.access_keys.iter().find(|key| key.id() == id).ok_or_else(|| {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            S3Error::new(403, "InvalidAccessKeyId", message).with("AWSAccessKeyId", id)
        })?;
        if asked.header(TOKEN).is_some() || asked.parameters.has("X-Amz-Security-Token") {
            let message = "The provided token is malformed or otherwise invalid.";
            return Err(S3Error::new(400, "InvalidToken", message));
        }
        let (region, expected) = (&authorization.scope.region, &self.terms.region);
        if region != expected {
            let message = format!(
                "The authorization header is malformed; the region '{region}' is wrong; expecting \
                 '{expected}'"
            );
            return Err(S3Error::new(400, "AuthorizationHeaderMalformed", message)
                .with("Region", expected.clone()));
        }
        key.signing.verify(asked.request, &authorization, Dialect::S3, store.clock.now())?;
        let is_presigned = asked.parameters.has("X-Amz-Algorithm");
        if !is_presigned && asked.header("x-amz-content-sha256").is_none() {
            let message = "Missing required header for this request: x-amz-content-sha256";
            return Err(S3Error::invalid_request(message));
        }
        Ok(())
    }

    /// The owner may do everything that no policy denies.
    fn check_policy(
        &self,
        operation: Operation,
        asked: &Asked<'_>,
        store: &Store,
    ) -> Result<(), S3Error> {
        let Some(action) = operation.action() else { return Ok(()) };
        let Some(bucket) = store.buckets.get(&asked.bucket) else { return Ok(()) };
        let Some(policy) = &bucket.policy else { return Ok(()) };
        let resource = if asked.key.is_empty() {
            format!("arn:aws:s3:::{}", asked.bucket)
        } else {
            format!("arn:aws:s3:::{}/{}", asked.bucket, asked.key)
        };
        let upload = bucket.upload(&asked.key, asked.upload_id()).ok();
        let value = |key: &str| {
            if key == "aws:securetransport" {
                return Some((self.terms.transport == Security::Tls).to_string());
            }
            let header = asked.header(key.strip_prefix("s3:")?).map(str::to_owned);
            // What belongs to an upload is what the upload says.
            let is_customer = upload.is_some_and(|upload| {
                matches!(upload.protection, Protection::Customer(_)) && key == CUSTOMER_ALGORITHM
            });
            header.or_else(|| is_customer.then(|| "AES256".to_owned()))
        };
        if policy.denies(&Attempt { action, resource: &resource, value: &value }) {
            return Err(S3Error::denied(format!(
                "User is not authorized to perform: {action} on resource: \"{resource}\" with an \
                 explicit deny in a resource-based policy"
            )));
        }
        Ok(())
    }
}

impl Service for S3Service {
    fn longest_request(&self) -> usize {
        1 << 30
    }

    fn operation(&self, request: &Request) -> String {
        let asked = Asked::of(request).ok();
        let operation = asked.and_then(|asked| asked.operation);
        operation.map_or("", Operation::name).to_owned()
    }

    fn answer(&self, request: &Request) -> Response {
        let request_id = crypto::hex(&crypto::random::<8>()).to_uppercase();
        let answer = self.run(request).unwrap_or_else(|error| {
            let answer = Answer::empty(error.status).with_all(error.headers.clone());
            if error.status == 304 {
                return answer;
            }
            let answer = answer.with("Content-Type", "application/xml");
            if request.method == "HEAD" {
                return answer;
            }
            Answer { body: error.xml(&request.path, &request_id).into(), ..answer }
        });
        let date = Date::of(self.store().clock.now()).http();
        let Answer { status, headers, body } = answer
            .with("Date", date)
            .with("Server", "AmazonS3")
            .with("x-amz-request-id", request_id)
            .with("x-amz-id-2", STANDARD.encode(crypto::random::<24>()));
        Response { status, headers, body }
    }

    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>) {
        let asked = Asked::of(request).ok();
        let authorization = asked.as_ref().and_then(|asked| authorization_of(asked).ok());
        let pairs = asked.iter().flat_map(|asked| asked.parameters.pairs());
        let pairs = pairs.filter(|(name, _)| !is_secret(name));
        let parameters = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let headers = request.headers.iter().filter(|(name, _)| !is_secret(name));
        let (bucket, key) = asked.map(|asked| (asked.bucket, asked.key)).unwrap_or_default();
        self.log.add(Call {
            method: request.method.clone(),
            operation: self.operation(request),
            bucket,
            key,
            parameters,
            headers: headers.cloned().collect(),
            access_key: authorization.map(|given| given.scope.access_key).unwrap_or_default(),
            request_length: request.body.len(),
            response_length: response.map_or(0, |response| response.body.len()),
            status: response.map(|response| response.status),
            error: response.and_then(error_of),
            fault: fault.map(str::to_owned),
        });
    }
}

fn redirect(request: &Request, lies: &[Lie]) -> Option<Answer> {
    let mut urls = lies.iter().filter_map(|lie| match lie {
        Lie::Redirects(url) => Some(url),
        _ => None,
    });
    let query = if request.query.is_empty() { "" } else { "?" };
    let location = format!("{}{}{query}{}", urls.next()?, request.path, request.query);
    Some(Answer::empty(307).with("Location", location))
}

/// In the query of a presigned URL, or in the header.
fn authorization_of(asked: &Asked<'_>) -> Result<Authorization, SignatureError> {
    match Authorization::presigned(&asked.parameters, SERVICE)? {
        Some(authorization) => Ok(authorization),
        None => Authorization::of(asked.request, SERVICE),
    }
}

/// Of a header or a parameter: whether it lets somebody in, or opens something.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "x-amz-signature", "x-amz-credential", TOKEN].contains(&name.as_str())
        || name.ends_with("-customer-key")
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
/// As credential scopes call it.
const SERVICE: &str = "s3";
const TOKEN: &str = "x-amz-security-token";
const CUSTOMER_ALGORITHM: &str = "s3:x-amz-server-side-encryption-customer-algorithm";
