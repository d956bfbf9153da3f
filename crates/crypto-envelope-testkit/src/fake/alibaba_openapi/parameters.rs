//! Parameters of a call, as they come in queries and forms.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::RangeInclusive,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::fake::{
    alibaba_kms::Refusal,
    crypto,
    http::{Request, percent},
};

/// By their names. What is empty is not there.
#[derive(Debug, Default)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Those of the query and, if the body is a form, those in there.
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let mut all = Self::default();
        all.add(&request.query)?;
        if is_form(request) {
            let no_form = |_| Refusal::parameter("The body is no form.");
            all.add(std::str::from_utf8(&request.body).map_err(no_form)?)?;
        } else if !request.body.is_empty() {
            return Err(Refusal::parameter("The body is to be a form, or nothing."));
        }
        Ok(all)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    pub(super) fn number(
        &self,
        name: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        let wrong = || Refusal::parameter(format!("{name} is to be from {least} to {most}."));
        number.map(Some).ok_or_else(wrong)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.text(name) {
            None | Some("false" | "False") => Ok(false),
            Some("true" | "True") => Ok(true),
            Some(_) => Err(Refusal::parameter(format!("{name} is to be true or false."))),
        }
    }

    /// Bytes, which come in base64.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        let no_base64 = |_| Refusal::parameter(format!("{name} is no base64."));
        STANDARD.decode(self.required(name)?).map_err(no_base64)
    }

    /// A duration in seconds, as `604800s`, of which there are days as well.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let days =
            text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok()?.checked_mul(86_400));
        let seconds = text.strip_suffix('s').and_then(|seconds| seconds.parse().ok());
        let wrong = || Refusal::parameter(format!("{name} is to be a number of s or of d."));
        days.or(seconds).map(Some).ok_or_else(wrong)
    }

    /// What comes as JSON.
    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let no_json = |_| Refusal::parameter(format!("{name} is no JSON."));
        serde_json::from_str(text).map(Some).map_err(no_json)
    }

    /// What a context of encryption is bound by; nothing if there is none.
    pub(super) fn context(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        let wrong = |what| Refusal::parameter(format!("{name} {what}."));
        if self.text(name).is_some_and(|text| text.chars().count() > MAX_CONTEXT) {
            return Err(wrong("is too long"));
        }
        let pairs = match self.json(name)? {
            None => return Ok(Vec::new()),
            Some(Value::Object(pairs)) => pairs,
            Some(_) => return Err(wrong("is to be an object")),
        };
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        // In the order of their code points.
        let pairs = pairs.into_iter().collect::<BTreeMap<_, _>>();
        let pairs = pairs.iter().map(|(key, value)| {
            let value = value.as_str().ok_or_else(|| wrong("is to have texts"))?;
            Ok(format!("{key}={value}"))
        });
        let text = pairs.collect::<Result<Vec<_>, Refusal>>()?.join("&");
        Ok(crypto::sha256(text.as_bytes()).to_vec())
    }

    /// Refuses what is not among `known`.
    pub(super) fn check_names(&self, known: &[&str]) -> Result<(), Refusal> {
        let is_unknown = |name: &&String| !known.contains(&name.as_str());
        self.0.keys().find(is_unknown).map_or(Ok(()), |name| {
            Err(Refusal::parameter(format!("There is no parameter {name} here.")))
        })
    }

    /// All in order and encoded, but this one.
    pub(super) fn canonical_without(&self, left_out: &str) -> String {
        let pairs = self.0.iter().filter(|(name, _)| *name != left_out);
        let encode = |text: &str| percent::encode(text.as_bytes());
        let pairs = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// All, for the log.
    pub(super) fn object(&self) -> Value {
        let members = self.0.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        Value::Object(members.collect())
    }

    fn add(&mut self, encoded: &str) -> Result<(), Refusal> {
        for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match self.0.entry(decode(name)?) {
                Entry::Vacant(entry) => entry.insert(decode(value)?),
                Entry::Occupied(entry) => {
                    let message = format!("The parameter {} comes twice.", entry.key());
                    return Err(Refusal::parameter(message));
                }
            };
        }
        Ok(())
    }
}

/// The query alone, in order and encoded.
pub(super) fn canonical_query(request: &Request) -> Result<String, Refusal> {
    let mut query = Parameters::default();
    query.add(&request.query)?;
    Ok(query.canonical_without(""))
}

pub(super) fn is_form(request: &Request) -> bool {
    let media_type = request.header("content-type").and_then(|value| value.split(';').next());
    media_type.is_some_and(|name| name.trim() == "application/x-www-form-urlencoded")
}

/// Here a plus sign is a space.
fn decode(text: &str) -> Result<String, Refusal> {
    let bytes = percent::decode(&text.replace('+', " "));
    String::from_utf8(bytes).map_err(|_| Refusal::parameter("A parameter is no UTF-8."))
}

/// In characters.
const MAX_CONTEXT: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    fn of_query(query: &str) -> Result<Parameters, Refusal> {
        Parameters::of(&Request { query: query.to_owned(), ..Request::default() })
    }

    #[test]
    fn parameters_come_encoded() -> Result<(), Refusal> {
        let parameters = of_query("b=+%2B%26%3D&a=%C3%A9&c=&n=12&f=true&s=7d")?;
        assert_eq!(parameters.text("a"), Some("é"));
        assert_eq!(parameters.text("b"), Some(" +&="));
        assert_eq!(parameters.text("c"), None);
        assert_eq!(parameters.canonical_without("n"), "a=%C3%A9&b=%20%2B%26%3D&c=&f=true&s=7d");
        assert_eq!(parameters.number("n", 1..=12)?, Some(12));
        assert!(parameters.number("n", 1..=11).is_err());
        assert!(parameters.number("n", 13..=14).is_err());
        assert!(parameters.flag("f")? && parameters.flag("n").is_err());
        assert_eq!(parameters.seconds("s")?, Some(604_800));
        assert!(parameters.seconds("n").is_err());
        assert!(parameters.check_names(&["a", "b", "c", "n", "f", "s"]).is_ok());
        assert!(parameters.check_names(&["a", "b", "c", "n", "f"]).is_err());
        for query in ["a=1&a=2", "a=%FF", "a&a"] {
            assert!(of_query(query).is_err(), "{query}");
        }
        Ok(())
    }

    #[test]
    fn forms_are_as_queries() -> Result<(), Refusal> {
        let mut request = Request {
            query: "a=1".to_owned(),
            body: b"b=2".as_slice().into(),
            ..Request::default()
        };
        assert!(Parameters::of(&request).is_err());
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        request.headers.push(("Content-Type".to_owned(), form.to_owned()));
        assert_eq!(Parameters::of(&request)?.canonical_without(""), "a=1&b=2");
        assert_eq!(canonical_query(&request)?, "a=1");
        request.body = b"a=2".as_slice().into();
        assert!(Parameters::of(&request).is_err());
        Ok(())
    }

    #[test]
    fn contexts_are_as_those_of_the_vendor() {
        let file = include_str!("../../../../../tests/vectors/alibaba/aad.json");
        let file: Value = serde_json::from_str(file).unwrap();
        let cases = file["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 5);
        for case in cases {
            let text = case["wire_json"].as_str().unwrap().to_owned();
            let parameters = Parameters([("C".to_owned(), text)].into());
            let bound = crypto::hex(&parameters.context("C").unwrap());
            assert_eq!(Some(bound.as_str()), case["raw_sha256_hex"].as_str());
        }
        for (text, expected) in [("", Ok(0)), ("{}", Ok(0)), ("{\"\":\"\"}", Ok(32))] {
            let parameters = Parameters([("C".to_owned(), text.to_owned())].into());
            assert_eq!(parameters.context("C").map(|bound| bound.len()), expected);
        }
        for text in ["[]", "{\"a\":1}", "{", &format!("{{\"a\":\"{}\"}}", "x".repeat(8185))] {
            let parameters = Parameters([("C".to_owned(), text.to_owned())].into());
            assert!(parameters.context("C").is_err());
        }
    }
}
