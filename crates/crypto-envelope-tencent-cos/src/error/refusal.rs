//! Answers that say that a call failed.

use std::fmt;

use crate::{
    answer::Head,
    xml::{self, Element},
};

/// An answer that says that a call failed, as it came. What is not known is empty. It may quote what was
/// sent.
pub struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    pub(crate) string_to_sign: Option<String>,
    pub(crate) format_string: Option<String>,
}

impl Refusal {
    /// Of an answer with a status other than success.
    pub(crate) fn of(head: &Head, body: &[u8]) -> Self {
        let status = head.status();
        let refusal = xml::read_error(status, body).unwrap_or_else(|| Self::of_others(head, body));
        refusal.with_ids(head)
    }

    /// Of the element `Error`, whatever of it is readable.
    pub(crate) fn of_element(status: u16, error: Element<'_, '_>) -> Self {
        let text = |name| error.text(name).ok().flatten();
        Self {
            status,
            code: text("Code").unwrap_or_default(),
            message: text("Message").unwrap_or_default(),
            request_id: text("RequestId").unwrap_or_default(),
            trace_id: text("TraceId").unwrap_or_default(),
            string_to_sign: text("StringToSign"),
            format_string: text("FormatString"),
        }
    }

    /// With the ids of the headers, where the body has none.
    pub(crate) fn with_ids(mut self, head: &Head) -> Self {
        if self.request_id.is_empty() {
            head.request_id().unwrap_or_default().clone_into(&mut self.request_id);
        }
        if self.trace_id.is_empty() {
            head.trace_id().unwrap_or_default().clone_into(&mut self.trace_id);
        }
        self
    }

    /// Of an answer that COS did not write, such as a page of a proxy, or that has no body.
    fn of_others(head: &Head, body: &[u8]) -> Self {
        let is_of_cos = head.request_id().is_some();
        let start = body[..body.len().min(LONGEST_EXCERPT)].utf8_chunks().next();
        let words: Vec<_> = start.map_or("", |chunk| chunk.valid()).split_whitespace().collect();
        let message = match words.join(" ") {
            // An answer to HEAD has none.
            words if words.is_empty() && is_of_cos => String::new(),
            words if words.is_empty() && body.is_empty() => "the answer is empty".to_owned(),
            words if words.is_empty() => "the answer is not one of COS, and no text".to_owned(),
            words => format!("the answer is not one of COS: {words}"),
        };
        Self {
            status: head.status(),
            code: String::new(),
            message,
            request_id: String::new(),
            trace_id: String::new(),
            string_to_sign: None,
            format_string: None,
        }
    }
}

/// Not what it quotes.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal").field("status", &self.status).finish_non_exhaustive()
    }
}

/// In bytes.
const LONGEST_EXCERPT: usize = 300;
