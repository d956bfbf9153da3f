//! XML as COS writes it, and the little of it that we write.

use std::fmt::Write as _;

use roxmltree::{Document, Node, ParsingOptions};

use crate::{CompletedPart, ETag, answer::Wrong, clock, error::Refusal, percent, range};

/// Reads an answer whose root is `root`, in whatever namespace.
///
/// An error of COS is found here as well: some calls are answered with status 200 before it is known that
/// they fail.
pub(crate) fn read<T>(
    body: &[u8],
    root: &str,
    take: impl FnOnce(Element<'_, '_>) -> Result<T, Wrong>,
) -> Result<T, Wrong> {
    let document = parse(body)?;
    let element = Element(document.root_element());
    match element.name() {
        name if name == root => take(element),
        "Error" => Err(Wrong::Refused(Box::new(Refusal::of_element(200, element)))),
        _ => Err(Wrong::Unreadable(format!("not a {root}").into())),
    }
}

/// The answer that says why a call failed, if it is one.
pub(crate) fn read_error(status: u16, body: &[u8]) -> Option<Refusal> {
    let document = parse(body).ok()?;
    let element = Element(document.root_element());
    (element.name() == "Error").then(|| Refusal::of_element(status, element))
}

fn parse(body: &[u8]) -> Result<Document<'_>, Wrong> {
    if body.len() > LONGEST {
        return Err(Wrong::unreadable("too long"));
    }
    let text = str::from_utf8(body).map_err(|_| Wrong::unreadable("no text"))?;
    // Some servers send spaces while they work, so that nobody hangs up.
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    if text.is_empty() {
        return Err(Wrong::unreadable("empty"));
    }
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..Default::default() };
    Document::parse_with_options(text, options).map_err(|_| Wrong::unreadable("no XML"))
}

/// An element, and what is in it.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a, 'input>(Node<'a, 'input>);

impl<'a> Element<'a, '_> {
    fn name(self) -> &'a str {
        self.0.tag_name().name()
    }

    /// Those with this name.
    pub(crate) fn all(self, name: &'static str) -> impl Iterator<Item = Self> {
        let elements = self.0.children().filter(Node::is_element);
        elements.filter(move |node| node.tag_name().name() == name).map(Element)
    }

    fn only(self, name: &'static str) -> Result<Option<Self>, Wrong> {
        let mut found = self.all(name);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Wrong::Unreadable(format!("with more than one {name}").into())),
        }
    }

    /// The text in the element with this name. What is empty counts as not there.
    pub(crate) fn text(self, name: &'static str) -> Result<Option<String>, Wrong> {
        let text = self.only(name)?.map(Self::own_text).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub(crate) fn required(self, name: &'static str) -> Result<String, Wrong> {
        self.text(name)?.ok_or_else(|| Wrong::Unreadable(format!("without {name}").into()))
    }

    /// The same of what was percent-encoded, as every list is asked for.
    pub(crate) fn decoded(self, name: &'static str) -> Result<Option<String>, Wrong> {
        let decode = |text: String| {
            let wrong =
                || Wrong::Unreadable(format!("with a {name} that is wrongly encoded").into());
            percent::decode(&text).ok_or_else(wrong)
        };
        self.text(name)?.map(decode).transpose()
    }

    pub(crate) fn required_decoded(self, name: &'static str) -> Result<String, Wrong> {
        self.decoded(name)?.ok_or_else(|| Wrong::Unreadable(format!("without {name}").into()))
    }

    pub(crate) fn number(self, name: &'static str) -> Result<u64, Wrong> {
        let wrong = || Wrong::Unreadable(format!("with a {name} that is no number").into());
        range::decimal(self.required(name)?.trim()).ok_or_else(wrong)
    }

    pub(crate) fn is_true(self, name: &'static str) -> Result<bool, Wrong> {
        match self.required(name)?.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Wrong::Unreadable(
                format!("with a {name} that is neither true nor false").into(),
            )),
        }
    }

    pub(crate) fn etag(self) -> Result<ETag, Wrong> {
        ETag::read(&self.required("ETag")?)
    }

    /// As `2026-11-21T07:13:29.000Z`, kept as it came; `Last-Modified` of headers is another form.
    pub(crate) fn date(self, name: &'static str) -> Result<Option<String>, Wrong> {
        let text = self.text(name)?;
        let is_date = |text: &str| {
            text.len() <= 40
                && (text.as_bytes().get(10) == Some(&b'T')
                    || clock::parse_http_date(text).is_some())
        };
        match text {
            Some(text) if !is_date(&text) => {
                Err(Wrong::Unreadable(format!("with a {name} that is no date").into()))
            }
            text => Ok(text),
        }
    }

    /// Lists are asked for in percent-encoding. One in another would be read wrongly.
    pub(crate) fn check_encoding(self) -> Result<(), Wrong> {
        match self.text("EncodingType")?.as_deref() {
            None | Some("url") => Ok(()),
            Some(_) => Err(Wrong::unreadable("in an encoding that was not asked for")),
        }
    }

    /// What several keys of a list begin with.
    pub(crate) fn common_prefixes(self) -> Result<Vec<String>, Wrong> {
        self.all("CommonPrefixes").map(|each| each.required_decoded("Prefix")).collect()
    }

    fn own_text(self) -> Result<String, Wrong> {
        if self.0.children().any(|child| child.is_element()) {
            let name = self.name().to_owned();
            return Err(Wrong::Unreadable(format!("with elements inside of {name}").into()));
        }
        // In several pieces, if there are comments between.
        let pieces = self.0.children().filter(Node::is_text).filter_map(|child| child.text());
        Ok(pieces.collect())
    }
}

/// The body that ends an upload: its parts, by number and entity tag.
pub(crate) fn complete_multipart_upload(parts: &[CompletedPart]) -> String {
    let mut text = String::from(DECLARATION);
    text.push_str("<CompleteMultipartUpload>");
    for part in parts {
        let (number, etag) = (part.number.get(), escaped(part.etag.as_str()));
        // Writing to a string never fails.
        let _ = write!(text, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    }
    text.push_str("</CompleteMultipartUpload>");
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
/// In bytes: a list of 1000 keys of 850 bytes, each of them as `%XX`, and room.
pub(crate) const LONGEST: usize = 8 << 20;
/// A list of 1000 has some twenty for each.
const MOST_NODES: u32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn take<T>(
        body: &str,
        read_it: impl FnOnce(Element<'_, '_>) -> Result<T, Wrong>,
    ) -> Result<T, String> {
        read(body.as_bytes(), "Result", read_it).map_err(|wrong| match wrong {
            Wrong::Unreadable(what) => what.into_owned(),
            Wrong::Refused(refusal) => format!("refused: {}", refusal.code),
            Wrong::Damaged => unreachable!("nothing is compared"),
        })
    }

    fn text(body: &str) -> Result<Option<String>, String> {
        take(body, |element| element.text("Key"))
    }

    #[test]
    fn namespaces_spaces_and_comments_do_not_matter() {
        for body in [
            "<Result><Key>a &lt;b&gt;</Key></Result>",
            "<?xml version='1.0' encoding='utf-8' ?>\n<Result>\n  <Key>a &lt;b&gt;</Key>\n</Result>\n",
            "<Result xmlns=\"http://www.qcloud.com/document/product/436/7751\"><Key>a &lt;b&gt;</Key></Result>",
            "<c:Result xmlns:c=\"x\"><c:Key>a <!-- no -->&lt;b&gt;</c:Key></c:Result>",
            "   \r\n<?xml version=\"1.0\"?><Result><Key><![CDATA[a <b>]]></Key></Result>",
            "\u{feff}<Result><Key>a &lt;b&gt;</Key></Result>",
        ] {
            assert_eq!(text(body), Ok(Some("a <b>".to_owned())), "{body}");
        }
        for body in
            ["<Result/>", "<Result><Key/></Result>", "<Result><A><Key>no</Key></A></Result>"]
        {
            assert_eq!(text(body), Ok(None), "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let deep =
            |depth| format!("<Result>{}{}</Result>", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(text(&deep(60_000)), Ok(None));
        let deep = deep(120_000);
        let long = format!("<Result><Key>{}</Key></Result>", "x".repeat(LONGEST));
        for (body, what) in [
            ("", "empty"),
            (" \n", "empty"),
            ("no", "no XML"),
            ("<Result>", "no XML"),
            ("<Result><Key>", "no XML"),
            ("<!DOCTYPE a [<!ENTITY e \"x\">]><Result><Key>&e;</Key></Result>", "no XML"),
            ("<html><body>Welcome</body></html>", "not a Result"),
            ("<Result><Key>a</Key><Key>b</Key></Result>", "with more than one Key"),
            ("<Result><Key><b/></Key></Result>", "with elements inside of Key"),
            (&long, "too long"),
            (&deep, "no XML"),
        ] {
            assert_eq!(
                text(body).expect_err("it is none"),
                what,
                "{}",
                &body[..body.len().min(80)]
            );
        }
        let wrong = read(b"\xFF", "Result", |_| Ok(()));
        assert!(matches!(wrong, Err(Wrong::Unreadable(_))));
    }

    #[test]
    fn an_error_is_found_wherever_it_is() {
        let error = "<Error><Code>InternalError</Code></Error>";
        assert_eq!(text(error), Err("refused: InternalError".to_owned()));
        assert!(read_error(500, error.as_bytes()).is_some_and(|refusal| refusal.status == 500));
        assert!(read_error(500, b"<html/>").is_none());
    }

    #[test]
    fn fields_have_to_make_sense() {
        let number =
            |text: &str| take(&format!("<Result><N>{text}</N></Result>"), |e| e.number("N"));
        assert_eq!(number(" 17 "), Ok(17));
        for wrong in ["", "x", "-1", "+1", "1.0", "18446744073709551616"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
        let truth =
            |text: &str| take(&format!("<Result><T>{text}</T></Result>"), |e| e.is_true("T"));
        assert_eq!((truth("true"), truth("false")), (Ok(true), Ok(false)));
        for wrong in ["", "True", "1", " true"] {
            assert!(truth(wrong).is_err(), "{wrong}");
        }
        let key = |text: &str| {
            take(&format!("<Result><Key>{text}</Key></Result>"), |e| e.required_decoded("Key"))
        };
        assert_eq!(key("a%20b%2F+"), Ok("a b/+".to_owned()));
        for wrong in ["", "%", "%zz", "%FF"] {
            assert!(key(wrong).is_err(), "{wrong}");
        }
        let date = |text: &str| take(&format!("<Result><D>{text}</D></Result>"), |e| e.date("D"));
        assert!(
            date("2026-11-21T07:13:29.000Z").is_ok()
                && date("Sat, 21 Nov 2026 07:13:29 GMT").is_ok()
        );
        assert!(date("yesterday").is_err());
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(
            escaped("<a b='c'>\"&\"</a>"),
            "&lt;a b=&apos;c&apos;&gt;&quot;&amp;&quot;&lt;/a&gt;"
        );
    }
}
