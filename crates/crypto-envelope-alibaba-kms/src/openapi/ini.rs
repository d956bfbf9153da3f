//! Credential files of the vendor's SDKs.

use std::{collections::BTreeMap, str};

use crypto_envelope::Result;

use super::{
    access_key::AccessKey,
    credentials::{Credentials, Outcome, invalid},
};

/// The access key of a section in `text`.
pub(crate) fn credentials(text: &[u8], name: &str, place: &str) -> Result<Outcome> {
    let text = str::from_utf8(text).map_err(|_| invalid(format!("{place} is no text")))?;
    let Some(section) = section(text, name) else {
        return Ok(Outcome::Nothing(format!("there is no section {name} in {place}")));
    };
    let place = format!("section {name} of {place}");
    let wrong = |what: &str| invalid(format!("{place} {what}"));
    let value = |key: &str| {
        let value = section.get(key).copied().filter(|value| !value.is_empty());
        value.ok_or_else(|| wrong(&format!("has no {key}")))
    };
    let is_temporary = match value("type")? {
        "access_key" => false,
        "sts" => true,
        other => {
            return Err(wrong(&format!(
                "is of type {other:?}: only access_key and sts can be used here"
            )));
        }
    };
    let (id, secret) = (value("access_key_id")?, value("access_key_secret")?.as_bytes());
    let access_key = if is_temporary {
        AccessKey::temporary(id, secret, value("security_token")?.as_bytes())
    } else {
        AccessKey::new(id, secret)
    };
    let access_key = access_key.map_err(|error| wrong(&format!("cannot be used: {error}")))?;
    let region = value("region_id").ok().map(ToOwned::to_owned);
    Ok(Outcome::Found(Credentials::new(access_key, region, place)))
}

/// As the vendor reads it: what is behind a `#` is a comment, wherever that stands.
fn section<'a>(text: &'a str, name: &str) -> Option<BTreeMap<&'a str, &'a str>> {
    let mut found = None;
    let mut is_in = false;
    for line in text.lines() {
        let line = line.split(['#']).next().unwrap_or_default().trim();
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_in = header.trim() == name;
            if is_in {
                found.get_or_insert_with(BTreeMap::new);
            }
        } else if is_in
            && !line.starts_with(';')
            && let (Some(section), Some((key, value))) = (&mut found, line.split_once(['=', ':']))
        {
            section.insert(key.trim(), value.trim());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match credentials(text.as_bytes(), "s", "FILE") {
            Ok(Outcome::Found(found)) => {
                format!("{} {:?}", found.access_key().id(), found.access_key().secret())
            }
            Ok(Outcome::Nothing(why)) => why,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn sections_are_read_as_by_the_vendor() {
        let text = "; comment\n[ s ] # it\n type: access_key\naccess_key_id = a=b # c\n\
                    access_key_id = id\naccess_key_secret=x=y\n;type=z\nnothing\n[t]\ntype=other\n";
        assert_eq!(told(text), format!("id {:?}", b"x=y"));
    }

    #[test]
    fn what_a_section_lacks_is_told() {
        for (text, expected) in [
            ("", "there is no section s in FILE"),
            ("[s", "there is no section s in FILE"),
            ("type=access_key", "there is no section s in FILE"),
            ("[s]", "section s of FILE has no type"),
            ("[s]\ntype=access_key", "has no access_key_id"),
            ("[s]\ntype=access_key\naccess_key_id=i", "has no access_key_secret"),
            ("[s]\ntype=sts\naccess_key_id=i\naccess_key_secret=hidden", "no security_token"),
            ("[s]\ntype=ecs_ram_role\nrole_name=r", "is of type \"ecs_ram_role\""),
            ("[s]\ntype=access_key\naccess_key_id=i\naccess_key_secret=hid den", "a space"),
        ] {
            let told = told(text);
            assert!(told.contains(expected), "{text}: {told}");
            assert!(!told.contains("hid"), "{told}");
        }
        assert!(
            matches!(credentials(b"\xFF", "s", "FILE"), Err(error) if error.to_string().contains("no text"))
        );
    }
}
