//! Why keyferry stops, what to do about it, and with which exit code.

use std::{error::Error as StdError, fmt, io, process::ExitCode};

use crypto_envelope::Error;

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
    /// Whoever read our output has seen enough.
    Done = 0,
    Internal = 1,
    Usage = 2,
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

    /// Adds the next step.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
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
        if self.code == Code::Done {
            return Ok(());
        }
        // Parts of the message may come from a file: they must not reach a terminal as commands.
        writeln!(f, "keyferry: {}", printable(&self.message))?;
        match &self.hint {
            Some(hint) => writeln!(f, "  {}", printable(hint)),
            None => Ok(()),
        }
    }
}

impl StdError for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(code_of(&error), error.to_string())
    }
}

fn code_of(error: &Error) -> Code {
    match error {
        Error::Authentication { .. } | Error::Truncated { .. } | Error::Malformed { .. } => {
            Code::Integrity
        }
        Error::NoUsableKey { attempts } => {
            let changed = |e: &Error| matches!(e, Error::Authentication { .. });
            let any = attempts.iter().any(|attempt| attempt.error().is_some_and(changed));
            if any { Code::Integrity } else { Code::Denied }
        }
        Error::Provider(_) => Code::Denied,
        Error::Policy(_) | Error::Limit { .. } | Error::Unsupported { .. } => Code::Policy,
        Error::InvalidInput { .. } => Code::Usage,
        Error::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Code::Done,
        _ => Code::Internal,
    }
}

/// Control characters made visible.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control() || UNSEEN.contains(&c);
            let (plain, escape) = if escaped { (None, Some(c)) } else { (Some(c), None) };
            plain.into_iter().chain(escape.into_iter().flat_map(char::escape_unicode))
        })
        .collect()
}

/// Marks that change the direction of the text around them.
const UNSEEN: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cannot_drive_the_terminal() {
        let failure = Failure::usage("\u{1b}[2Jname\u{202e}gpj.exe");
        assert_eq!(failure.to_string(), "keyferry: \\u{1b}[2Jname\\u{202e}gpj.exe\n");
    }

    #[test]
    fn a_broken_pipe_is_no_failure() {
        let failure = Failure::from(Error::from(io::Error::from(io::ErrorKind::BrokenPipe)));
        assert_eq!((failure.code(), failure.to_string()), (Code::Done, String::new()));
    }
}
