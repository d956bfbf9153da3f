//! Calls that failed, by what there is to do about them.

use std::collections::BTreeMap;

use crypto_envelope::{Error, provider::ProviderErrorKind};
use crypto_envelope_alibaba_kms::AlibabaKmsError;

/// How many calls failed, by class.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(BTreeMap<Class, Fault>);

/// Of one class.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) count: u64,
    /// What the first one said.
    pub(super) example: String,
}

/// Failures that are one to whoever reads about them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) kind: Kind,
    /// The code of KMS if it gave one.
    pub(super) code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Throttled,
    TimedOut,
    Other,
}

impl Faults {
    pub(super) fn add(&mut self, error: &Error) {
        self.add_some(Class::of(error), 1, || error.to_string());
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        for (class, fault) in &other.0 {
            self.add_some(class.clone(), fault.count, || fault.example.clone());
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.0.values().map(|fault| fault.count).sum()
    }

    pub(super) fn count_of(&self, kind: Kind) -> u64 {
        self.iter().filter(|(class, _)| class.kind == kind).map(|(_, fault)| fault.count).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Class, &Fault)> {
        self.0.iter()
    }

    /// Codes come from whoever answers: there may be any number of them.
    fn add_some(&mut self, class: Class, count: u64, example: impl FnOnce() -> String) {
        let is_new = !self.0.contains_key(&class);
        let class = if is_new && self.0.len() >= MOST { Class::rest() } else { class };
        let none = || Fault { count: 0, example: example() };
        self.0.entry(class).or_insert_with(none).count += count;
    }
}

impl Class {
    fn of(error: &Error) -> Self {
        let Error::Provider(failed) = error else {
            return Self { kind: Kind::Other, code: "client".to_owned() };
        };
        let all = AlibabaKmsError::all_in(error);
        let kms = all.first();
        let timed_out = kms.is_some_and(|kms| kms.timed_out());
        let kind = match failed.kind() {
            ProviderErrorKind::Throttled => Kind::Throttled,
            _ if timed_out => Kind::TimedOut,
            _ => Kind::Other,
        };
        let code = match kms {
            _ if timed_out => "timeout".to_owned(),
            Some(kms) if kms.distrusts_gateway() => "untrusted certificate".to_owned(),
            Some(kms) => match (kms.code(), kms.status()) {
                (Some(code), _) => code.chars().take(LONGEST).collect(),
                (None, Some(status)) => format!("HTTP {status}"),
                (None, None) if kms.is_retryable() => "no connection".to_owned(),
                (None, None) => "wrong answer".to_owned(),
            },
            None => "client".to_owned(),
        };
        Self { kind, code }
    }

    fn rest() -> Self {
        Self { kind: Kind::Other, code: "others".to_owned() }
    }
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::TimedOut => "timed-out",
            Self::Other => "other",
        }
    }
}

/// Of classes.
const MOST: usize = 64;
/// In characters.
const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crypto_envelope::{Result, blocking};
    use crypto_envelope_alibaba_kms::{
        AlibabaKmsInstance, AlibabaKmsSettings, ClientKey, instance::GenerateRandom,
    };
    use crypto_envelope_testkit::fake::{alibaba_instance::FakeAlibabaInstance, http::Fault};

    use super::*;

    fn failure(break_it: impl FnOnce(&FakeAlibabaInstance)) -> Result<Error> {
        let fake = FakeAlibabaInstance::start()?;
        let key = fake.client_key();
        let key = ClientKey::from_private_key(key.id(), key.private_key())?;
        let settings = AlibabaKmsSettings::new().max_attempts(1).attempt_timeout(TIMEOUT);
        let kms = AlibabaKmsInstance::new(&fake.endpoint(), &key, &settings)?;
        break_it(&fake);
        Ok(blocking::wait(kms.call(GenerateRandom::new(1))).expect_err("it is broken"))
    }

    fn class(break_it: impl FnOnce(&FakeAlibabaInstance)) -> Result<(Kind, String)> {
        let Class { kind, code } = Class::of(&failure(break_it)?);
        Ok((kind, code))
    }

    #[test]
    fn failures_go_by_what_was_the_matter() -> Result<()> {
        let is = |kind, code: &str| (kind, code.to_owned());
        let throttled = class(|kms| kms.throttle_next(1))?;
        assert_eq!(throttled, is(Kind::Throttled, "Rejected.Throttling"));
        let late = class(|kms| kms.inject(Fault::delay(TIMEOUT * 10)))?;
        assert_eq!(late, is(Kind::TimedOut, "timeout"));
        let page = class(|kms| kms.inject(Fault::status(502, "a proxy")))?;
        assert_eq!(page, is(Kind::Other, "HTTP 502"));
        let dropped = class(|kms| kms.inject(Fault::close()))?;
        assert_eq!(dropped, is(Kind::Other, "no connection"));
        let client = Class::of(&Error::invalid_input("it cannot be sent"));
        assert_eq!((client.kind, client.code), is(Kind::Other, "client"));
        Ok(())
    }

    #[test]
    fn failures_are_counted_and_the_first_speaks() {
        let mut faults = Faults::default();
        let class = |code: &str| Class { kind: Kind::Throttled, code: code.to_owned() };
        faults.add_some(class("a"), 1, || "first".to_owned());
        let mut other = faults.clone();
        other.add_some(class("a"), 1, || "second".to_owned());
        other.add_some(class("b"), 5, || "third".to_owned());
        faults.add_all(&other);
        let all: Vec<_> = faults.iter().map(|(c, f)| (&*c.code, f.count, &*f.example)).collect();
        assert_eq!(all, [("a", 3, "first"), ("b", 5, "third")]);
        assert_eq!((faults.count(), faults.count_of(Kind::Throttled)), (8, 8));
        assert_eq!(faults.count_of(Kind::Other), 0);
    }

    #[test]
    fn whoever_invents_codes_cannot_fill_the_memory() {
        let mut faults = Faults::default();
        for code in 0..1000 {
            let class = Class { kind: Kind::Throttled, code: code.to_string() };
            faults.add_some(class, 1, String::new);
        }
        assert_eq!((faults.iter().count(), faults.count()), (MOST + 1, 1000));
    }

    const TIMEOUT: Duration = Duration::from_millis(200);
}
