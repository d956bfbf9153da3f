//! Profiles of the vendor's command `aliyun`.

use crypto_envelope::Result;

use super::{
    access_key::AccessKey,
    credentials::{Credentials, Outcome, invalid},
    json::{Object, Unreadable},
};

/// The access key of a profile in `text`; of the current one if none is named.
pub(crate) fn credentials(text: &[u8], name: Option<&str>, place: &str) -> Result<Outcome> {
    let unreadable = |error: Unreadable| invalid(format!("{place} is {}", error.0));
    let mut config = Object::parse(text).map_err(unreadable)?;
    let current = config.optional_text("current").map_err(unreadable)?;
    let current = current.filter(|name| !name.is_empty());
    let name = name.or(current.as_deref()).unwrap_or("default");
    for mut profile in config.objects("profiles").map_err(unreadable)? {
        if profile.optional_text("name").map_err(unreadable)?.as_deref() == Some(name) {
            return of_profile(profile, name, place);
        }
    }
    Ok(Outcome::Nothing(format!("there is no profile {name} in {place}")))
}

fn of_profile(mut profile: Object, name: &str, place: &str) -> Result<Outcome> {
    let place = format!("profile {name} of {place}");
    let wrong = |what: &str| invalid(format!("{place} {what}"));
    let unreadable = |error: Unreadable| wrong(&format!("is {}", error.0));
    let mode = profile.optional_text("mode").map_err(unreadable)?.unwrap_or_default();
    let is_temporary = match mode.as_str() {
        // What `aliyun` has not configured yet, or somebody has written by hand.
        "" | "AK" => false,
        "StsToken" => true,
        other => {
            return Err(wrong(&format!(
                "is of mode {other:?}, which only the aliyun command can use: get temporary \
                 credentials with it and set them in the environment, or use a profile of mode AK or \
                 StsToken"
            )));
        }
    };
    let id = profile.optional_text("access_key_id").map_err(unreadable)?.unwrap_or_default();
    let secret = profile.optional_secret("access_key_secret").map_err(unreadable)?;
    let secret = secret.filter(|secret| !secret.is_empty());
    let secret = match (id.is_empty(), secret) {
        (true, None) => return Ok(Outcome::Nothing(format!("{place} has no access key"))),
        (true, Some(_)) => return Err(wrong("has an access_key_secret, but no access_key_id")),
        (false, None) => return Err(wrong("has an access_key_id, but no access_key_secret")),
        (false, Some(secret)) => secret,
    };
    let access_key = if is_temporary {
        let token = profile.optional_secret("sts_token").map_err(unreadable)?;
        let token = token.ok_or_else(|| wrong("has no sts_token"))?;
        AccessKey::temporary(id, secret, token)
    } else {
        AccessKey::new(id, secret)
    };
    let access_key = access_key.map_err(|error| wrong(&format!("cannot be used: {error}")))?;
    let region = profile.optional_text("region_id").map_err(unreadable)?;
    Ok(Outcome::Found(Credentials::new(
        access_key,
        region.filter(|region| !region.is_empty()),
        place,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match credentials(text.as_bytes(), Some("p"), "FILE") {
            Ok(Outcome::Found(found)) => found.place().to_owned(),
            Ok(Outcome::Nothing(why)) => why,
            Err(error) => error.to_string(),
        }
    }

    fn of(members: &str) -> String {
        told(&format!(r#"{{"profiles": [{{}}, {{"name": "q"}}, {{"name": "p"{members}}}]}}"#))
    }

    #[test]
    fn what_a_profile_lacks_is_told_without_its_secrets() {
        let id = r#", "access_key_id": "id""#;
        let secret = r#", "access_key_secret": "hidden""#;
        for (members, expected) in [
            (format!("{id}{secret}"), "profile p of FILE"),
            (String::new(), "profile p of FILE has no access key"),
            (id.to_owned(), "has an access_key_id, but no access_key_secret"),
            (secret.to_owned(), "has an access_key_secret, but no access_key_id"),
            (format!(r#"{id}{secret}, "mode": "StsToken""#), "has no sts_token"),
            (format!(r#"{id}{secret}, "mode": "EcsRamRole""#), "mode \"EcsRamRole\", which only"),
            (format!(r#"{id}{secret}, "mode": "RamRoleArn""#), "or use a profile of mode AK"),
            (format!(r#"{id}, "access_key_secret": "hidden\n""#), "line feed"),
            (format!(r#"{id}, "access_key_secret": ["hidden"]"#), "is no text"),
        ] {
            let told = of(&members);
            assert!(told.contains(expected), "{told}");
            assert!(!told.contains("hidden"), "{told}");
        }
    }

    #[test]
    fn damaged_files_are_told_to_be_that() {
        for (text, expected) in [
            ("", "FILE is not JSON"),
            ("{\"profiles\": [", "FILE is not JSON"),
            ("[]", "FILE is JSON, but no object"),
            ("{}", "FILE is without profiles"),
            ("{\"profiles\": {}}", "profiles in it is no list"),
            ("{\"profiles\": [7]}", "profiles[0] in it is no object"),
            ("{\"profiles\": []}", "there is no profile p in FILE"),
            ("{\"profiles\": [{\"name\": 1}]}", "profiles[0].name in it is no text"),
        ] {
            let told = told(text);
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}
