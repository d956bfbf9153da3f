//! What a fake takes and gives.

use std::borrow::Cow;

use hyper::body::Bytes;

use super::body::Body;

/// A whole request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As it was sent, percent signs and all.
    pub(crate) path: String,
    /// What follows the question mark, as it was sent.
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Request {
    /// The first header of this name, in whatever case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// All headers of this name, in whatever case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.headers.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }
}

/// A whole answer. Its length is stated by the server.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Their names are sent in this case: some clients look for one.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    /// Of the answer to `HEAD`, only its length is told.
    pub(crate) body: Body,
}

impl Response {
    pub(crate) fn new<const N: usize>(
        status: u16,
        headers: [(&'static str, String); N],
        body: impl Into<Body>,
    ) -> Self {
        let headers = headers.map(|(name, value)| (Cow::Borrowed(name), value)).into();
        Self { status, headers, body: body.into() }
    }

    pub(crate) fn of_status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::default() }
    }

    /// Without any header of this name, in whatever case.
    pub(super) fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
    }
}

/// What a fake is, without the transport.
pub(crate) trait Service: Send + Sync + 'static {
    /// How many bytes the body of a request can have. What is longer is answered with status 413.
    fn longest_request(&self) -> usize;

    /// What the request asks for, by the name that predicates of faults are given.
    fn operation(&self, request: &Request) -> String;

    /// Does it.
    fn answer(&self, request: &Request) -> Response;

    /// Notes what became of a request: the answer as it is sent, if any, and the fault that it met.
    fn record(&self, request: &Request, response: Option<&Response>, fault: Option<&str>);
}
