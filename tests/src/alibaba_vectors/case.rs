//! One case of a file, and how what it has differs from what was found.

use std::{fs, path::Path};

use serde_json::{Map, Value};

use crate::vectors::Result;

/// One case.
#[derive(Debug)]
pub(super) struct Case(Value);

impl Case {
    /// All of a file, of which there is at least one.
    pub(super) fn all(path: &Path) -> Result<Vec<Self>> {
        let mut root: Value = serde_json::from_slice(&fs::read(path)?)?;
        match root["cases"].take() {
            Value::Array(cases) if !cases.is_empty() => Ok(cases.into_iter().map(Self).collect()),
            _ => Err("it has no cases".into()),
        }
    }

    /// What tells it from others, for people.
    pub(super) fn title(&self) -> String {
        let names = ["title", "message", "operation", "pkcs12"];
        let title = names.iter().find_map(|name| self.0[*name].as_str());
        title.map(|title| format!(" ({title})")).unwrap_or_default()
    }

    /// A member, or a member of a member: `sdk.code`.
    pub(super) fn value(&self, name: &str) -> Result<&Value> {
        let found = name.split('.').try_fold(&self.0, |value, name| value.get(name));
        found.ok_or_else(|| format!("it has no {name}").into())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_ok_and(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<&str> {
        let text = self.value(name)?.as_str();
        text.ok_or_else(|| format!("its {name} is no text").into())
    }

    pub(super) fn number<N: TryFrom<u64>>(&self, name: &str) -> Result<N> {
        let number = self.value(name)?.as_u64().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| format!("its {name} is no such number").into())
    }

    pub(super) fn object(&self, name: &str) -> Result<&Map<String, Value>> {
        let object = self.value(name)?.as_object();
        object.ok_or_else(|| format!("its {name} is no object").into())
    }

    /// A member that is an array of objects.
    pub(super) fn cases(&self, name: &str) -> Result<Vec<Self>> {
        let cases = self.value(name)?.as_array().ok_or_else(|| format!("its {name} are none"))?;
        Ok(cases.iter().cloned().map(Self).collect())
    }

    /// Names and texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<(&str, &str)>> {
        let members = self.object(name)?.iter();
        let texts = members.map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let texts: Option<_> = texts.collect();
        texts.ok_or_else(|| format!("its {name} are not all texts").into())
    }

    /// Written as hexadecimal digits.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
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
pub(super) fn same(what: &str, expected: &str, found: &str) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let equal = expected.bytes().zip(found.bytes()).take_while(|(one, other)| one == other);
    let place = equal.count();
    let (expected, found) = (excerpt(expected, place), excerpt(found, place));
    Err(format!("{what} differs at byte {place}: expected {expected:?}, found {found:?}").into())
}

/// Two runs of bytes that have to be the same.
pub(super) fn same_bytes(what: &str, expected: &[u8], found: &[u8]) -> Result<()> {
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
