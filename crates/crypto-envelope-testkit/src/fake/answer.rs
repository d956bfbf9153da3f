//! What an operation of an object store answers, before the service adds what every answer has.

use std::borrow::Cow;

use super::{http::Body, xml::Writer};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::default() }
    }

    pub(crate) fn xml(xml: Writer) -> Self {
        let answer = Self { body: xml.finish().into(), ..Self::empty(200) };
        answer.with("Content-Type", "application/xml")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((Cow::Borrowed(name), value.into()));
        self
    }

    pub(crate) fn with_all(
        mut self,
        headers: impl IntoIterator<Item = (Cow<'static, str>, String)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }
}
