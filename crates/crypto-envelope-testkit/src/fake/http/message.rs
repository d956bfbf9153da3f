//! What a fake takes and gives.

/// A whole request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As it was sent, percent signs and all.
    pub(crate) path: String,
    /// What follows the question mark, as it was sent.
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
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
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn of_status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
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
