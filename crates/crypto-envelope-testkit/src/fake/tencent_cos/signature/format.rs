//! A request as it is signed.

use super::Authorization;
use crate::fake::{http::percent, tencent_cos::asked::Asked};

/// Of what the lists name, what the request has, with this host.
pub(super) fn string(asked: &Asked<'_>, authorization: &Authorization, host: &str) -> String {
    let method = asked.request.method.to_ascii_lowercase();
    let parameters = listed(&authorization.parameters, asked.parameters.pairs());
    let headers = asked.request.headers.iter().map(|(name, value)| {
        let value = if name.eq_ignore_ascii_case("host") { host } else { value };
        (name.as_str(), value.trim())
    });
    let headers = listed(&authorization.headers, headers);
    format!("{method}\n/{}\n{parameters}\n{headers}\n", asked.key)
}

/// A name as lists and strings have it.
pub(super) fn name(name: &str) -> String {
    percent::encode(name.as_bytes()).to_ascii_lowercase()
}

fn listed<'p>(names: &[String], pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let pairs = pairs.map(|(given, value)| (name(given), percent::encode(value.as_bytes())));
    let mut pairs = pairs.filter(|(name, _)| names.contains(name)).collect::<Vec<_>>();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}
