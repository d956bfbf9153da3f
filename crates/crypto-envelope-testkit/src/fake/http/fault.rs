//! What goes wrong on demand, whatever the service.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

/// Something that goes wrong with the next request, unless told otherwise.
///
/// ```
/// use std::time::Duration;
///
/// use crypto_envelope_testkit::fake::http::Fault;
///
/// let busy = Fault::status(503, "busy").times(2).when(|operation| operation == "Decrypt");
/// let slow = Fault::delay(Duration::from_millis(50)).always();
/// ```
#[derive(Clone)]
pub struct Fault {
    effect: Effect,
    left: Option<u32>,
    selects: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Fault {
    /// The answer comes that much later.
    #[must_use]
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect::Delay(by))
    }

    /// The body of the answer comes in pieces of that many bytes, with a pause before each. The answer
    /// is whole, for whoever has the time.
    #[must_use]
    pub fn slow(bytes: usize, pause: Duration) -> Self {
        Self::new(Effect::Slow { bytes, pause })
    }

    /// Another answer; the service never sees the request.
    #[must_use]
    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Effect::Status(status, body.into()))
    }

    /// The connection is closed without an answer; the service never sees the request.
    #[must_use]
    pub fn close() -> Self {
        Self::new(Effect::Close)
    }

    /// The connection is closed when that many bytes of the body of the answer have been sent. The
    /// service did what was asked.
    #[must_use]
    pub fn cut(after: usize) -> Self {
        Self::new(Effect::Cut(after))
    }

    /// The connection is closed without an answer, when the service did what was asked.
    #[must_use]
    pub fn lose_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    /// The connection is closed when that many bytes of the body of the request have arrived, or all
    /// of a shorter one; the service never sees the request. Operations that only the body names are
    /// not told apart.
    #[must_use]
    pub fn interrupt(after: usize) -> Self {
        Self::new(Effect::Interrupt(after))
    }

    /// Bytes that are no HTTP; the service never sees the request.
    #[must_use]
    pub fn garbage() -> Self {
        Self::new(Effect::Garbage)
    }

    /// The answer states this `Content-Length`, whatever it has.
    #[must_use]
    pub fn content_length(claim: u64) -> Self {
        Self::new(Effect::ContentLength(claim))
    }

    /// The answer has this header, and no other of this name.
    #[must_use]
    pub fn header(name: &'static str, value: impl Into<String>) -> Self {
        Self::new(Effect::Header(name, Some(value.into())))
    }

    /// The answer lacks a header.
    #[must_use]
    pub fn without_header(name: &'static str) -> Self {
        Self::new(Effect::Header(name, None))
    }

    /// The body of the answer is another one, which `change` makes of the true one. The service did
    /// what was asked.
    #[must_use]
    pub fn body(change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::new(Effect::Body(Arc::new(change)))
    }

    /// As [`body`](Self::body), for a body of JSON. Any other stays as it is.
    #[must_use]
    pub fn json(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::body(move |body| {
            let Ok(mut answer) = serde_json::from_slice(&body) else { return body };
            change(&mut answer);
            answer.to_string().into_bytes()
        })
    }

    /// Strikes that often instead of once.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Strikes for as long as the fake runs.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// Strikes, and counts, only requests whose operation `selects` picks.
    #[must_use]
    pub fn when(mut self, selects: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.selects = Arc::new(selects);
        self
    }

    fn new(effect: Effect) -> Self {
        Self { effect, left: Some(1), selects: Arc::new(|_| true) }
    }

    /// Whether it strikes a request for `operation`, which then counts.
    fn strikes(&mut self, operation: &str) -> bool {
        if self.left == Some(0) || !(self.selects)(operation) {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("effect", &self.effect.name())
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.with(|faults| faults.push(fault));
    }

    pub(super) fn clear(&self) {
        self.with(Vec::clear);
    }

    /// What happens to a whole request: the effect of the first fault that strikes it.
    pub(super) fn strike(&self, operation: &str) -> Option<Effect> {
        self.find(operation, |effect| !matches!(effect, Effect::Interrupt(_)))
    }

    /// Behind how many bytes of its body a request ends, and the name of the fault.
    pub(super) fn interrupt(&self, operation: &str) -> Option<(usize, &'static str)> {
        let effect = self.find(operation, |effect| matches!(effect, Effect::Interrupt(_)))?;
        match effect {
            Effect::Interrupt(after) => Some((after, effect.name())),
            _ => None,
        }
    }

    fn find(&self, operation: &str, is_wanted: impl Fn(&Effect) -> bool) -> Option<Effect> {
        self.with(|faults| {
            let effect = faults.iter_mut().filter(|fault| is_wanted(&fault.effect));
            let mut struck =
                effect.filter_map(|fault| fault.strikes(operation).then(|| fault.effect.clone()));
            let effect = struck.next();
            faults.retain(|fault| fault.left != Some(0));
            effect
        })
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Vec<Fault>) -> T) -> T {
        use_them(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Makes the body of an answer another one.
type Change = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

#[derive(Clone)]
pub(super) enum Effect {
    Delay(Duration),
    Slow {
        bytes: usize,
        pause: Duration,
    },
    Status(u16, Vec<u8>),
    Close,
    Cut(usize),
    LoseAnswer,
    Interrupt(usize),
    Garbage,
    ContentLength(u64),
    /// Without a value, it is taken away.
    Header(&'static str, Option<String>),
    Body(Change),
}

impl Effect {
    /// As the log calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Slow { .. } => "slow",
            Self::Status(..) => "status",
            Self::Close => "close",
            Self::Cut(_) => "cut",
            Self::LoseAnswer => "lose-answer",
            Self::Interrupt(_) => "interrupt",
            Self::Garbage => "garbage",
            Self::ContentLength(_) => "content-length",
            Self::Header(..) => "header",
            Self::Body(_) => "body",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(faults: &Faults, operations: &[&str]) -> Vec<Option<&'static str>> {
        let effects = operations.iter().map(|operation| faults.strike(operation));
        effects.map(|effect| effect.map(|effect| effect.name())).collect()
    }

    #[test]
    fn faults_strike_as_often_as_told() {
        let faults = Faults::default();
        faults.add(Fault::close().times(2));
        assert_eq!(names(&faults, &["A", "B", "C"]), [Some("close"), Some("close"), None]);
        faults.add(Fault::garbage());
        assert_eq!(names(&faults, &["A", "B"]), [Some("garbage"), None]);
    }

    #[test]
    fn only_selected_operations_are_struck_and_counted() {
        let faults = Faults::default();
        faults.add(Fault::close().when(|operation| operation == "B"));
        faults.add(Fault::cut(1).always());
        let struck = [Some("cut"), Some("close"), Some("cut")];
        assert_eq!(names(&faults, &["A", "B", "B"]), struck);
        faults.clear();
        assert_eq!(names(&faults, &["A"]), [None]);
    }

    #[test]
    fn interruptions_strike_before_the_end_of_a_request_alone() {
        let faults = Faults::default();
        faults.add(Fault::interrupt(3).when(|operation| operation == "B"));
        faults.add(Fault::lose_answer());
        assert_eq!(faults.interrupt("A"), None);
        assert_eq!(names(&faults, &["B"]), [Some("lose-answer")]);
        assert_eq!(faults.interrupt("B"), Some((3, "interrupt")));
        assert_eq!(faults.interrupt("B"), None);
    }
}
