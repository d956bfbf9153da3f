//! What an operation answers, before COS adds what every answer has.

use std::borrow::Cow;

use super::xml::Writer;
use crate::fake::http::Body;

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(Cow<'static, str>, String)>,
    pub(super) body: Body,
}

impl Answer {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::default() }
    }

    pub(super) fn xml(xml: Writer) -> Self {
        let answer = Self { body: xml.finish().into(), ..Self::empty(200) };
        answer.with("Content-Type", "application/xml")
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((Cow::Borrowed(name), value.into()));
        self
    }

    pub(super) fn with_all(
        mut self,
        headers: impl IntoIterator<Item = (Cow<'static, str>, String)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }
}
