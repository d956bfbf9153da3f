//! Parameters of a call, as they stand in URLs and forms and in what is signed.

use std::{borrow::Cow, fmt};

use crypto_envelope::service::percent::{Space, encoded_length, push_encoded};
use zeroize::Zeroizing;

/// Names and values. Some of the values are secret: all are wiped.
#[derive(Default)]
pub struct Parameters(Vec<(Cow<'static, str>, Zeroizing<String>)>);

impl Parameters {
    pub(crate) fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.0.push((name.into(), value.into().0));
    }

    /// Adds it if there is something to send.
    pub(crate) fn extend(&mut self, name: &'static str, value: Option<Zeroizing<String>>) {
        self.0.extend(value.map(|value| (name.into(), value)));
    }

    /// In the order of their names.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// As in a URL or a form.
    pub(crate) fn encoded(&self) -> Zeroizing<String> {
        encoded(self.iter(), Space::Plus)
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// The text of a parameter.
pub(crate) struct Value(Zeroizing<String>);

impl From<Zeroizing<String>> for Value {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// What is signed of parameters: in the order of their names, whatever order they are sent in.
pub(crate) fn canonical<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Zeroizing<String> {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    encoded(pairs.into_iter(), Space::Percent)
}

/// Room is made once: a string that grows leaves copies behind.
fn encoded<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, space: Space) -> Zeroizing<String> {
    let pairs: Vec<_> = pairs.collect();
    let lengths = pairs.iter().map(|(name, value)| encoded_length(name) + encoded_length(value));
    let capacity = lengths.sum::<usize>() + 2 * pairs.len();
    let mut encoded = Zeroizing::new(String::with_capacity(capacity));
    for (name, value) in pairs {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        push_encoded(&mut encoded, name, space);
        encoded.push('=');
        push_encoded(&mut encoded, value, space);
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_plus_in_urls_and_a_code_in_what_is_signed() {
        let mut parameters = Parameters::default();
        parameters.push("b", "1 ~+é");
        parameters.push("a b", "");
        assert_eq!(*parameters.encoded(), "b=1+~%2B%C3%A9&a+b=");
        assert_eq!(*canonical(parameters.iter()), "a%20b=&b=1%20~%2B%C3%A9");
        parameters.sort();
        assert_eq!(*parameters.encoded(), "a+b=&b=1+~%2B%C3%A9");
    }

    #[test]
    fn values_are_not_shown() {
        let mut parameters = Parameters::default();
        parameters.push("Plaintext", "secret");
        assert_eq!(format!("{parameters:?}"), "[\"Plaintext\"]");
    }
}
