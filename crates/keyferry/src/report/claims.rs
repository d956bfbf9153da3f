//! What a message says about itself.

use std::{fmt::Write as _, io::Read};

use crypto_envelope::{BodyFormat, Header, HeaderParser, Limits, Outline, io};
use serde_json::{Value, json};

use super::json;
use crate::{args::Inspect, bounds, failure::Failure, provider, text::printable};

/// The claims of one message. Nothing of it is verified.
#[derive(Debug)]
pub(crate) struct Claims {
    input: String,
    header: Header,
    extent: Extent,
}

/// How much there is.
#[derive(Clone, Copy, Debug)]
enum Extent {
    /// Only the header was read.
    Estimate { message_length: Option<u64> },
    /// All of it was read.
    Counted { message_length: u64, plaintext_length: u64, frames: u64 },
}

/// Something to think about before a message is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Risk {
    NotCommitting,
    NoContext,
    NotFramed,
    LongFrames,
    ManyKeys,
    OwnSignatureKey,
}

/// How much of a message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The header alone.
    Header,
    All,
}

impl From<&Inspect> for Depth {
    fn from(arguments: &Inspect) -> Self {
        if arguments.full { Self::All } else { Self::Header }
    }
}

impl Claims {
    /// What can be known of a message, of this length if that is known.
    pub(crate) fn read(
        input: String,
        reader: impl Read,
        depth: Depth,
        message_length: Option<u64>,
    ) -> Result<Self, Failure> {
        let about = |error| Failure::of_message(error, &input);
        let limits = Limits::default().with_max_buffered(bounds::MOST_HELD);
        let parser = HeaderParser::new(limits.clone());
        let (header, body) = io::read_header(parser, reader).map_err(about)?;
        if depth == Depth::Header {
            return Ok(Self::of_header(input, header.claims().clone(), message_length));
        }
        let outline = io::outline(header, body, &limits).map_err(about)?;
        Ok(Self::of_outline(input, &outline))
    }

    /// What can be known of a header in a message of this length.
    fn of_header(input: String, header: Header, message_length: Option<u64>) -> Self {
        Self { input, header, extent: Extent::Estimate { message_length } }
    }

    /// What can be known of a whole message.
    fn of_outline(input: String, outline: &Outline) -> Self {
        let extent = Extent::Counted {
            message_length: outline.message_length(),
            plaintext_length: outline.plaintext_length(),
            frames: outline.frames(),
        };
        Self { input, header: outline.claims().clone(), extent }
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { input, header, extent } = self;
        let (body, frame_length) = match header.body_format() {
            BodyFormat::Framed { frame_length } => ("framed", Some(frame_length.get())),
            _ => ("non-framed", None),
        };
        let mut claims = json!({
            "input": input,
            "verified": false,
            "version": header.version(),
            "suite": json::suite(header.suite()),
            "message_id": header.message_id().to_string(),
            "context": json::context(header.stored_context()),
            "encrypted_data_keys": json::encrypted_data_keys(header),
            "body": body,
            "frame_length": frame_length,
            "header_length": header.length(),
            "risks": self.risks().map(Risk::name).collect::<Vec<_>>(),
        });
        match *extent {
            Extent::Estimate { message_length } => {
                claims["message_length"] = json!(message_length);
                claims["plaintext_length_estimate"] = json!(self.estimate());
            }
            Extent::Counted { message_length, plaintext_length, frames } => {
                claims["message_length"] = json!(message_length);
                claims["plaintext_length"] = json!(plaintext_length);
                claims["frames"] = json!(frames);
            }
        }
        claims
    }

    pub(crate) fn to_text(&self) -> String {
        let header = &self.header;
        let suite = header.suite();
        let yes_or_no = |yes| if yes { "yes" } else { "no" };
        let mut lines = vec![
            format!("{}: nothing here is verified, anybody could have written it", self.input),
            format!("format version:  {}", header.version()),
            format!("suite:           {suite}"),
            format!("  committing:    {}", yes_or_no(suite.is_committing())),
            format!("  signed:        {}", yes_or_no(suite.is_signing())),
            format!("message id:      {}", header.message_id()),
        ];
        lines.push(match header.body_format() {
            BodyFormat::Framed { frame_length } => format!("frame length:    {frame_length} bytes"),
            _ => "body:            not framed".to_owned(),
        });
        lines.push(format!("header:          {} bytes", header.length()));
        lines.extend(self.extent_lines());
        lines.extend(self.context_lines());
        lines.push("encrypted data keys:".to_owned());
        for key in header.encrypted_data_keys() {
            let mut facts = format!("{} bytes", key.ciphertext().len());
            let known = provider::recognize(key).unwrap_or_default();
            for (name, fact) in [("", known.algorithm), ("region ", known.region)] {
                facts.extend(fact.map(|fact| format!(", {name}{fact}")));
            }
            let name = known.key_id.unwrap_or_else(|| key.key_name());
            lines.push(format!("  {} {name} ({facts})", key.provider_id()));
        }
        lines.extend(self.risks().map(|risk| format!("risk: {}", risk.text())));
        lines.iter().fold(String::new(), |mut text, line| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", printable(line));
            text
        })
    }

    fn extent_lines(&self) -> Vec<String> {
        let bytes = |length: Option<u64>| length.map_or("unknown".into(), |l| format!("{l} bytes"));
        match self.extent {
            Extent::Estimate { message_length } => vec![
                format!("message:         {}", bytes(message_length)),
                format!("plaintext:       about {}", bytes(self.estimate())),
            ],
            Extent::Counted { message_length, plaintext_length, frames } => {
                let mut lines = vec![
                    format!("message:         {message_length} bytes, complete"),
                    format!("plaintext:       {plaintext_length} bytes"),
                    format!("frames:          {frames}"),
                ];
                if self.header.suite().is_signing() {
                    lines.push("signature:       fits the key that the message names".to_owned());
                }
                lines
            }
        }
    }

    fn context_lines(&self) -> Vec<String> {
        let context = self.header.stored_context();
        let title = if context.is_empty() { "context: none" } else { "context:" };
        let pairs = context.iter().map(|(key, value)| format!("  {key} = {value}"));
        [title.to_owned()].into_iter().chain(pairs).collect()
    }

    fn estimate(&self) -> Option<u64> {
        match self.extent {
            Extent::Estimate { message_length } => {
                message_length.and_then(|length| self.header.estimate_plaintext_length(length))
            }
            Extent::Counted { plaintext_length, .. } => Some(plaintext_length),
        }
    }

    fn risks(&self) -> impl Iterator<Item = Risk> {
        let header = &self.header;
        let suite = header.suite();
        let keys = header.encrypted_data_keys().len();
        let frame_length = match header.body_format() {
            BodyFormat::Framed { frame_length } => Some(frame_length.get()),
            _ => None,
        };
        [
            (!suite.is_committing()).then_some(Risk::NotCommitting),
            header.stored_context().is_empty().then_some(Risk::NoContext),
            frame_length.is_none().then_some(Risk::NotFramed),
            frame_length
                .is_some_and(|length| length > bounds::LONGEST_FRAME)
                .then_some(Risk::LongFrames),
            (keys > usize::from(bounds::MOST_ENCRYPTED_DATA_KEYS)).then_some(Risk::ManyKeys),
            suite.is_signing().then_some(Risk::OwnSignatureKey),
        ]
        .into_iter()
        .flatten()
    }
}

impl Risk {
    /// Stable, for programs.
    fn name(self) -> &'static str {
        match self {
            Self::NotCommitting => "not-committing",
            Self::NoContext => "no-context",
            Self::NotFramed => "not-framed",
            Self::LongFrames => "long-frames",
            Self::ManyKeys => "many-encrypted-data-keys",
            Self::OwnSignatureKey => "signature-key-from-message",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NotCommitting => {
                "the suite does not commit to its key: one message can open to different \
                 plaintexts under different keys; decrypt refuses it without --commitment allow"
            }
            Self::NoContext => {
                "no encryption context is stored: nothing says what the message belongs to"
            }
            Self::NotFramed => {
                "not framed: all of it has to be held in memory before any of it is verified"
            }
            Self::LongFrames => {
                "frames of more than 64 MiB: decrypt refuses to hold them without --buffer"
            }
            Self::ManyKeys => {
                "more than 16 encrypted data keys, each of which may cost a call to a key service; \
                 decrypt refuses it without --max-encrypted-data-keys"
            }
            Self::OwnSignatureKey => {
                "the key that verifies the signature comes with the message: it proves a writer \
                 only if the wrapping keys bind the context and can be used by writers alone"
            }
        }
    }
}
