//! One case of a file, and how what it has differs from what was found.

use std::{fs, path::Path, sync::Arc};

use serde_json::{Map, Value};

use crate::vectors::Result;

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    value: Value,
    /// What stands beside the cases.
    file: Arc<Value>,
}

impl Case {
    /// All of a file, of which there is at least one.
    pub(crate) fn all(path: &Path) -> Result<Vec<Self>> {
        let mut root: Value = serde_json::from_slice(&fs::read(path)?)?;
        // A file of what was sent has calls.
        let cases = ["cases", "calls"].iter().find_map(|name| match root.get(name) {
            Some(Value::Array(_)) => root.get_mut(name).map(Value::take),
            _ => None,
        });
        let Some(Value::Array(cases)) = cases else {
            return Err("it has no cases".into());
        };
        if cases.is_empty() {
            return Err("it has no cases".into());
        }
        let file = Arc::new(root);
        let case = |value| Self { value, file: Arc::clone(&file) };
        Ok(cases.into_iter().map(case).collect())
    }

    /// What stands beside the cases of its file.
    pub(crate) fn beside(&self) -> Self {
        self.inner(Value::clone(&self.file))
    }

    fn inner(&self, value: Value) -> Self {
        Self { value, file: Arc::clone(&self.file) }
    }

    /// What tells it from others, for people.
    pub(crate) fn title(&self) -> String {
        let names = ["title", "message", "operation", "pkcs12", "id", "call"];
        let title = names.iter().find_map(|name| self.value[*name].as_str());
        title.map(|title| format!(" ({title})")).unwrap_or_default()
    }

    /// A member, or a member of a member: `sdk.code`.
    pub(crate) fn value(&self, name: &str) -> Result<&Value> {
        let found = name.split('.').try_fold(&self.value, |value, name| value.get(name));
        found.ok_or_else(|| format!("it has no {name}").into())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_ok_and(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str> {
        let text = self.value(name)?.as_str();
        text.ok_or_else(|| format!("its {name} is no text").into())
    }

    pub(crate) fn number<N: TryFrom<u64>>(&self, name: &str) -> Result<N> {
        let number = self.value(name)?.as_u64().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| format!("its {name} is no such number").into())
    }

    pub(crate) fn object(&self, name: &str) -> Result<&Map<String, Value>> {
        let object = self.value(name)?.as_object();
        object.ok_or_else(|| format!("its {name} is no object").into())
    }

    /// A member that is an array of objects.
    pub(crate) fn cases(&self, name: &str) -> Result<Vec<Self>> {
        let cases = self.value(name)?.as_array().ok_or_else(|| format!("its {name} are none"))?;
        Ok(cases.iter().map(|case| self.inner(case.clone())).collect())
    }

    /// Names and texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<(&str, &str)>> {
        let members = self.object(name)?.iter();
        let texts = members.map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let texts: Option<_> = texts.collect();
        texts.ok_or_else(|| format!("its {name} are not all texts").into())
    }

    /// A member that is an object.
    pub(crate) fn case(&self, name: &str) -> Result<Self> {
        Ok(self.inner(self.value(name)?.clone()))
    }

    /// Written as hexadecimal digits.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        let digits = self.text(name)?.as_bytes().chunks(2);
        let byte = |digits: &[u8]| {
            let is_pair = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
            let digits = str::from_utf8(digits).ok().filter(|_| is_pair)?;
            u8::from_str_radix(digits, 16).ok()
        };
        let bytes: Option<_> = digits.map(byte).collect();
        bytes.ok_or_else(|| format!("its {name} is not hexadecimal").into())
    }
}

/// Two texts that have to be the same.
pub(crate) fn same(what: &str, expected: &str, found: &str) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let equal = expected.bytes().zip(found.bytes()).take_while(|(one, other)| one == other);
    let place = equal.count();
    let (expected, found) = (excerpt(expected, place), excerpt(found, place));
    Err(format!("{what} differs at byte {place}: expected {expected:?}, found {found:?}").into())
}

/// Two runs of bytes that have to be the same.
pub(crate) fn same_bytes(what: &str, expected: &[u8], found: &[u8]) -> Result<()> {
    same(what, &hex(expected), &hex(found)).map_err(|error| format!("{error} (in hex)").into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the difference begins, and not all of what may be long.
fn excerpt(text: &str, place: usize) -> String {
    let rest = text.as_bytes().get(place..).unwrap_or_default();
    String::from_utf8_lossy(&rest[..rest.len().min(LONGEST)]).into_owned()
}

/// In bytes.
const LONGEST: usize = 80;
