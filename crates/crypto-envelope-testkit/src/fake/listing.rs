//! Lists of what is in a bucket, in pages.

use super::{
    http::{Parameters, percent},
    xml::Writer,
};

/// What of a list is wanted, and how.
pub(crate) struct Page<'p> {
    pub(crate) prefix: &'p str,
    pub(crate) delimiter: &'p str,
    pub(crate) most: usize,
    encoding: Option<&'p str>,
}

/// What there is of it.
pub(crate) struct Found<'f, T> {
    pub(crate) items: Vec<(&'f str, T)>,
    pub(crate) prefixes: Vec<&'f str>,
    /// The last key or prefix.
    pub(crate) last: String,
    pub(crate) is_truncated: bool,
}

impl<'p> Page<'p> {
    /// With the name of the parameter that says how many. What is wrong is said in words.
    pub(crate) fn of(parameters: &'p Parameters, most: &str) -> Result<Self, String> {
        let encoding = parameters.get("encoding-type").filter(|encoding| !encoding.is_empty());
        if encoding.is_some_and(|encoding| encoding != "url") {
            return Err("encoding-type is url.".to_owned());
        }
        let most = match parameters.get(most).unwrap_or_default() {
            "" => Ok(MOST),
            text => {
                let wrong = |_| format!("{most}: {text}");
                text.parse().map(|number: usize| number.min(MOST)).map_err(wrong)
            }
        };
        Ok(Self {
            prefix: parameters.get("prefix").unwrap_or_default(),
            delimiter: parameters.get("delimiter").unwrap_or_default(),
            most: most?,
            encoding,
        })
    }

    /// Goes through sorted keys, all of them behind `marker`.
    pub(crate) fn find<'f, T>(
        &self,
        sorted: impl Iterator<Item = (&'f str, T)>,
        marker: &str,
    ) -> Found<'f, T> {
        let mut found = Found {
            items: Vec::new(),
            prefixes: Vec::new(),
            last: String::new(),
            is_truncated: false,
        };
        for (key, item) in sorted.filter(|(key, _)| key.starts_with(self.prefix)) {
            let common = self.common_prefix(key);
            // A page that ended with a prefix does not begin with it again.
            let is_known = common
                .is_some_and(|common| found.prefixes.last() == Some(&common) || common == marker);
            if is_known {
                continue;
            }
            if found.items.len() + found.prefixes.len() == self.most {
                found.is_truncated = self.most > 0;
                break;
            }
            common.unwrap_or(key).clone_into(&mut found.last);
            match common {
                Some(common) => found.prefixes.push(common),
                None => found.items.push((key, item)),
            }
        }
        found
    }

    fn common_prefix<'f>(&self, key: &'f str) -> Option<&'f str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let at = key.get(self.prefix.len()..)?.find(self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    pub(crate) fn describe(&self, xml: &mut Writer) {
        if let Some(encoding) = self.encoding {
            xml.element("EncodingType", encoding);
        }
        xml.element("Prefix", &self.text(self.prefix));
        xml.element("Delimiter", &self.text(self.delimiter));
    }

    pub(crate) fn text(&self, key: &str) -> String {
        match self.encoding {
            Some(_) => percent::encode(key.as_bytes()),
            None => key.to_owned(),
        }
    }
}

impl<T> Found<'_, T> {
    pub(crate) fn common_prefixes(&self, page: &Page<'_>, xml: &mut Writer) {
        for prefix in &self.prefixes {
            xml.open("CommonPrefixes");
            xml.element("Prefix", &page.text(prefix));
            xml.close("CommonPrefixes");
        }
    }
}

const MOST: usize = 1000;
