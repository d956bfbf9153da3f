//! What follows the `?` of a provider: `KEY=VALUE&KEY=VALUE`, percent-encoded where needed.

use std::collections::BTreeMap;

pub(super) struct Options(BTreeMap<String, String>);

impl Options {
    pub(super) fn parse(query: &str) -> Result<Self, String> {
        let mut options = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or(format!("expected KEY=VALUE: {pair}"))?;
            if options.insert(key.to_owned(), percent_decode(value)?).is_some() {
                return Err(format!("the option {key} is given twice"));
            }
        }
        Ok(Self(options))
    }

    /// The value of an option that is known.
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    /// The values of an option that is a list, `a,b`.
    #[cfg_attr(not(feature = "aws-kms"), expect(dead_code, reason = "for keys in a service"))]
    pub(super) fn take_list(&mut self, key: &str) -> Option<Vec<String>> {
        self.take(key).map(|list| list.split(',').map(str::to_owned).collect())
    }

    /// Refuses options that nobody has taken.
    pub(super) fn none_left(&self, known: &str) -> Result<(), String> {
        match self.0.keys().next() {
            Some(key) => Err(format!("unknown option {key:?}; there are: {known}")),
            None => Ok(()),
        }
    }
}

fn percent_decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2).ok_or("a % needs two digits")?;
        let digit = |digit: &u8| char::from(*digit).to_digit(16).ok_or("a % needs two digits");
        let value = digit(&digits[0])? << 4 | digit(&digits[1])?;
        bytes.extend(u8::try_from(value));
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| format!("not UTF-8: {text}"))
}
