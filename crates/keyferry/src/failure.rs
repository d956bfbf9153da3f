//! Why keyferry stops, what to do about it, and with which exit code.

use std::{error::Error as StdError, fmt, io, process::ExitCode};

use crypto_envelope::{
    Error, LimitKind, MessagePart, PolicyViolation, UnwrapAttempt,
    provider::{DetachedTarget, ProviderErrorKind, Target},
};

use crate::{provider, text::printable};

/// The end of a run that did not go well.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    code: Code,
}

/// The exit codes that `keyferry --help` promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Internal = 1,
    Usage = 2,
    Partial = 3,
    Denied = 4,
    Integrity = 5,
    Policy = 6,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// An I/O error; `what` names the file and what was tried.
    pub(crate) fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        Self::new(Code::Internal, format!("{what}: {error}"))
    }

    /// What is wrong with a message; an I/O error names its file by itself.
    pub(crate) fn of_message(error: Error, name: &str) -> Self {
        match error {
            #[cfg(feature = "tencent-cos")]
            error if crate::cos::is_about_object(&error) => Self::from(error).about(name),
            #[cfg(feature = "s3-sse-c")]
            error if crate::s3::is_about_object(&error) => error.into(),
            Error::Io(_) => error.into(),
            error => Self::from(error).about(name),
        }
    }

    /// Adds the next step.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the file that it is about.
    pub(crate) fn about(mut self, name: &str) -> Self {
        self.message = format!("{name}: {}", self.message);
        self
    }

    /// Message and next step, to be put into another error.
    pub(crate) fn text(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}; {hint}", self.message),
            None => self.message.clone(),
        }
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "keyferry: {}", printable(&self.message))?;
        match &self.hint {
            Some(hint) => writeln!(f, "  {}", printable(hint)),
            None => Ok(()),
        }
    }
}

impl StdError for Failure {}

/// A failure can travel inside of an I/O error, as those of base64 do.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let error = match error {
            Error::Io(error) => match error.downcast::<Self>() {
                Ok(failure) => return failure,
                Err(error) => Error::Io(error),
            },
            error => error,
        };
        let hint = hint_for(&error).map(str::to_owned);
        Self { message: error.to_string(), hint, code: code_of(&error) }
    }
}

fn code_of(error: &Error) -> Code {
    #[cfg(feature = "tencent-cos")]
    if let Some(code) = crate::cos::code_of(error) {
        return code;
    }
    #[cfg(feature = "s3-sse-c")]
    if let Some(code) = crate::s3::code_of(error) {
        return code;
    }
    match error {
        Error::Authentication { .. }
        | Error::Truncated { .. }
        | Error::Malformed { .. }
        | Error::InBase64 => Code::Integrity,
        // The code of what went wrong where one can say, not that of keys that never fitted.
        Error::NoUsableKey { attempts, .. } => {
            let codes: Vec<_> = attempts.iter().filter_map(|a| a.error().map(code_of)).collect();
            let worst = [Code::Integrity, Code::Internal].into_iter().find(|c| codes.contains(c));
            worst.unwrap_or(Code::Denied)
        }
        Error::Provider(error) => match error.kind() {
            ProviderErrorKind::Unavailable
            | ProviderErrorKind::Throttled
            | ProviderErrorKind::Other => Code::Internal,
            ProviderErrorKind::WrongContext => Code::Integrity,
            _ => Code::Denied,
        },
        Error::Policy(_) | Error::Limit { .. } | Error::Unsupported { .. } => Code::Policy,
        Error::InvalidInput { .. } => Code::Usage,
        _ => Code::Internal,
    }
}

/// The next step, in the words of the command line.
fn hint_for(error: &Error) -> Option<&'static str> {
    #[cfg(feature = "tencent-cos")]
    if let Some(hint) = crate::cos::hint_for(error) {
        return Some(hint);
    }
    #[cfg(feature = "s3-sse-c")]
    if let Some(hint) = crate::s3::hint_for(error) {
        return Some(hint);
    }
    hint_for_message(error)
}

/// The same of what is wrong with a message, or with its keys.
fn hint_for_message(error: &Error) -> Option<&'static str> {
    match error {
        Error::NoUsableKey { attempts, .. } => hint_for_attempts(attempts),
        Error::Provider(error) if error.kind() == ProviderErrorKind::WrongContext => {
            Some(WRONG_CONTEXT)
        }
        Error::Provider(_) => provider::hint_for(error),
        Error::InBase64 => Some("read it with --decode"),
        Error::Truncated { .. } => Some("it was cut short on its way: get it again"),
        Error::Policy(
            PolicyViolation::ContextMissing { .. } | PolicyViolation::ContextMismatch { .. },
        ) => Some(
            "keyferry inspect shows the context of the message, --context says what to expect, and \
                 --required-context-key what the message is bound to without storing it",
        ),
        Error::Policy(PolicyViolation::SignedRange { .. }) => Some(
            "decrypt all of it; or, if it does not matter who wrote it: --danger-ignore-signature",
        ),
        Error::SourceChanged => Some("try again when nobody writes to it any more"),
        Error::Policy(PolicyViolation::Target {
            target: Target::Detached(DetachedTarget::CosObject),
            ..
        }) => Some(
            "objects of this --cos-format, or --cos-accept, have keys of --provider cos-aes or cos-rsa",
        ),
        Error::Policy(PolicyViolation::Target { target: Target::Message(suite), .. })
            if !suite.is_signing() =>
        {
            Some(
                "keys of --provider cos-aes and cos-rsa are for objects in COS of a --cos-format that is not message",
            )
        }
        Error::Policy(PolicyViolation::Commitment { .. }) => {
            Some("to read older messages that do not commit to their key: --commitment allow")
        }
        Error::Limit { kind: LimitKind::HeldPlaintext, .. } => Some(
            "give the message as a file, which can be read twice; or write to a file with --output, \
             which appears once everything is verified; or hold up to 1 GiB with --buffer",
        ),
        Error::Limit { kind: LimitKind::Plaintext, .. } => Some(
            "it grew while it was read: run again when nobody writes to it, or without --caching, \
             which counts its bytes before",
        ),
        Error::Limit { kind: LimitKind::Buffered, .. } => {
            Some("frames as long as that are read with --buffer, up to 1 GiB")
        }
        Error::Limit { kind: LimitKind::ClaimedFrame, .. } => {
            Some("if you trust the message, allow more with --max-length")
        }
        Error::Limit { kind: LimitKind::EncryptedDataKeys, .. } => {
            Some("if you trust the message, allow more with --max-encrypted-data-keys")
        }
        Error::Authentication { part: MessagePart::Frame(_) | MessagePart::Block, .. } => {
            Some("the data was changed or damaged there: get another copy")
        }
        _ => None,
    }
}

/// A provider's own error says what to do by itself.
fn hint_for_attempts(attempts: &[UnwrapAttempt]) -> Option<&'static str> {
    let changed = |e: &Error| matches!(e, Error::Authentication { .. });
    if attempts.iter().all(|attempt| attempt.error().is_none()) {
        Some(if attempts.iter().any(|attempt| attempt.key_id().contains(":key/mrk-")) {
            "the message is for other keys: give one of those with --provider; replicas of a \
             multi-Region key in other regions open it with multi-region=aware"
        } else {
            "the message is for other keys: give one of those with --provider"
        })
    } else if attempts.iter().any(|attempt| attempt.error().is_some_and(changed)) {
        Some(
            "the key has the right name but does not open the message: it is another key of that \
             name (or another padding of an RSA key), the message or its context was changed, or \
             it is bound to a pair that it does not store: --required-context-key",
        )
    } else {
        attempts.iter().filter_map(UnwrapAttempt::error).find_map(hint_for)
    }
}

const WRONG_CONTEXT: &str = "keyferry inspect shows the context that the message states; it may also be bound to a pair that \
     it does not store: --required-context-key";
