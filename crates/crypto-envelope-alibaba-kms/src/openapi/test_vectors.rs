//! The vectors of the vendor's SDK, as unit tests need them.

use std::{fs, path::Path};

use crypto_envelope::SecretBytes;
use serde_json::Value;

use super::{
    access_key::AccessKey,
    query::Parameters,
    signature::{Placement, SignedRequest, ToSign},
};

/// One case.
pub(crate) struct Case(pub(crate) Value);

impl Case {
    /// All `count` of a file.
    pub(crate) fn all(file: &str, count: usize) -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/alibaba");
        let text = fs::read_to_string(path.join(file)).expect("they are part of the repository");
        let mut root: Value = serde_json::from_str(&text).expect("the vectors are JSON");
        let Value::Array(cases) = root["cases"].take() else { unreachable!("an array of cases") };
        assert_eq!(cases.len(), count);
        cases.into_iter().map(Self).collect()
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().expect("the field is there")
    }

    /// With what the vendor's SDK signs beside what has to be signed.
    pub(crate) fn with_call(&self, check: impl FnOnce(&ToSign<'_>)) {
        let token = self.0["security_token"].as_str();
        let secret = SecretBytes::from(self.text("access_key_secret").as_bytes());
        let id = self.text("access_key_id");
        let (access_key, credentials) = match token {
            Some(token) => (AccessKey::temporary(id, secret, token.as_bytes()), "static_sts"),
            None => (AccessKey::new(id, secret), "static_ak"),
        };
        let mut parameters = Parameters::default();
        for (name, value) in self.0["parameters"].as_object().expect("an object") {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            parameters.push(name.clone(), text);
        }
        let user_agent = self.0["headers"]["user-agent"].as_str().expect("a text");
        let mut headers =
            vec![("user-agent", user_agent), ("x-acs-credentials-provider", credentials)];
        if self.0["headers"]["accept"].is_string() {
            headers.push(("accept", "application/json"));
        }
        check(&ToSign {
            action: self.text("action"),
            parameters: &parameters,
            placement: Placement::Url,
            host: self.text("endpoint"),
            access_key: &access_key.expect("it is well-formed"),
            date: self.text("timestamp"),
            nonce: self.text("nonce"),
            headers: &headers,
        });
    }

    /// Compares all that is sent.
    pub(crate) fn check(&self, request: &SignedRequest) {
        let url = format!("https://{}{}", self.text("endpoint"), *request.target);
        assert_eq!(url, self.text("url"));
        assert!(request.body.is_empty());
        let headers = self.0["headers"].as_object().expect("an object");
        for (name, value) in headers {
            assert_eq!(request.header(&name.to_lowercase()), value.as_str(), "{name}");
        }
        assert_eq!(request.headers.len(), headers.len());
    }
}
