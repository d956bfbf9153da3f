//! Where texts and secrets come from, and where results go.

use std::{
    io::{Read as _, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, SecretBytes};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Format;
use crate::{
    args::{Results, Secret},
    failure::{Code, Failure},
    input::{Input, Source},
    output::{Audience, Decision, Destination, Existing},
    text::printable,
};

/// Opens what was named, or standard input.
pub(super) fn input(file: Option<&Path>) -> Result<Input, Failure> {
    file.map_or(Source::StandardInput, Source::named).open()
}

/// All of a short input.
pub(super) fn read(file: Option<&Path>) -> Result<SecretBytes, Failure> {
    let input = input(file)?;
    let name = input.name();
    // Room for all of it, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    input.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(Error::from)?;
    if bytes.len() > LONGEST {
        return Err(Failure::usage(format!("{name} is longer than {LONGEST} bytes"))
            .hint("KMS takes short texts and keys; keyferry encrypt is for files"));
    }
    Ok(SecretBytes::from(&bytes[..]))
}

/// The base64 of a ciphertext or a signature, without its line breaks.
pub(super) fn read_base64(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let text = read(file)?;
    let text: Vec<_> = text.expose().iter().filter(|b| !b.is_ascii_whitespace()).copied().collect();
    let decoded = BASE64.decode(text).ok().filter(|bytes| !bytes.is_empty());
    decoded.ok_or_else(|| {
        let name = file.map_or("standard input".into(), |path| path.display().to_string());
        Failure::new(Code::Integrity, format!("{name} is not base64"))
    })
}

/// A place for a result, looked at before KMS is called.
pub(super) struct End {
    destination: Destination,
    decision: Decision,
    audience: Audience,
}

impl End {
    pub(super) fn of_results(results: &Results) -> Result<Self, Failure> {
        let path = results.output.as_deref().unwrap_or(Path::new("-"));
        Self::new(path, results.force, Audience::Everybody)
    }

    pub(super) fn of_secret(secret: &Secret) -> Result<Self, Failure> {
        Self::new(&secret.output, secret.force, Audience::Owner)
    }

    pub(super) fn new(path: &Path, force: bool, audience: Audience) -> Result<Self, Failure> {
        let destination = Destination::named(path)?;
        let existing = if force { Existing::Replace } else { Existing::Keep };
        let decision = destination.decide(existing)?;
        Ok(Self { destination, decision, audience })
    }

    pub(super) fn is_standard_output(&self) -> bool {
        self.destination.is_standard_output()
    }

    /// Whether both are one, under whatever names.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.destination.is_where(&other.destination)
    }

    pub(super) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut output = self.destination.open(self.decision, self.audience)?;
        output.write_all(bytes).map_err(Error::from)?;
        output.commit()
    }

    /// Writes a secret, and tells of it.
    pub(super) fn write_secret(
        self,
        secret: &SecretBytes,
        format: Format,
        facts: &Value,
    ) -> Result<(), Failure> {
        let format = format.beside(&self);
        self.write(secret.expose())?;
        format.tell(facts)
    }

    /// Writes a line that is no secret, or several. On standard output its object has it as `name`.
    pub(super) fn write_line(
        self,
        name: &str,
        line: &str,
        format: Format,
        mut facts: Value,
    ) -> Result<(), Failure> {
        facts[name] = line.into();
        if format == Format::Json && self.is_standard_output() {
            return format.tell(&facts);
        }
        self.write(text(line).as_bytes())?;
        format.tell(&facts)
    }
}

/// What KMS says is base64 or PEM, and nothing that drives a terminal.
fn text(lines: &str) -> String {
    lines.trim_end().lines().map(|line| printable(line) + "\n").collect()
}

/// In bytes: more than KMS encrypts.
const LONGEST: usize = 128 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_cannot_drive_the_terminal() {
        let pem = "-----BEGIN PUBLIC KEY-----\r\nAAAA\r\n-----END PUBLIC KEY-----\r\n\r\n";
        assert_eq!(text(pem), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        assert_eq!(text("A\u{1b}]0;x\u{7}\n"), "A\\u{1b}]0;x\\u{7}\n");
    }
}
