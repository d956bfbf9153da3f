//! The little of XML that object stores speak: elements and text.

/// A document, from its front to its end.
#[derive(Debug)]
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn new() -> Self {
        Self("<?xml version='1.0' encoding='utf-8' ?>\n".to_owned())
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.0.extend(["<", name, ">"]);
    }

    /// A root in a namespace.
    pub(crate) fn open_in(&mut self, name: &str, namespace: &str) {
        self.0.extend(["<", name, " xmlns=\"", namespace, "\">"]);
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.0.extend(["</", name, ">"]);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.0.push_str(&escape(text));
    }

    pub(crate) fn element(&mut self, name: &str, text: &str) {
        self.open(name);
        self.text(text);
        self.close(name);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// An element that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// The document, if it has no more than elements, text and a declaration in front.
    pub(crate) fn parse(document: &[u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(document).ok()?.trim();
        if let Some(declared) = rest.strip_prefix("<?xml") {
            rest = declared.split_once("?>")?.1.trim_start();
        }
        let root = Self::read(&mut rest, DEPTH)?;
        rest.is_empty().then_some(root)
    }

    /// The text of the first child of this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.named(name).next().map(|child| child.text.trim())
    }

    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn read(rest: &mut &str, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let (tag, behind) = rest.strip_prefix('<')?.split_once('>')?;
        *rest = behind;
        let is_empty = tag.ends_with('/');
        // Attributes, a namespace for instance, mean nothing here.
        let name = tag.trim_end_matches('/').split_whitespace().next()?.to_owned();
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let mut element = Self { name, ..Self::default() };
        if is_empty {
            return Some(element);
        }
        loop {
            let (text, _) = rest.split_once('<')?;
            element.text.push_str(&unescape(text)?);
            *rest = rest.get(text.len()..)?;
            if let Some(end) = rest.strip_prefix("</") {
                let (name, behind) = end.split_once('>')?;
                *rest = behind;
                return (name.trim_end() == element.name).then_some(element);
            }
            element.children.push(Self::read(rest, depth)?);
        }
    }
}

fn escape(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        other => other.to_string(),
    });
    escaped.collect()
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut unescaped = parts.next()?.to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';')?;
        unescaped.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let digits = entity.strip_prefix('#')?;
                let number = match digits.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                char::from_u32(number.ok()?)?
            }
        });
        unescaped.push_str(rest);
    }
    Some(unescaped)
}

/// How deep elements may be in each other.
const DEPTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut xml = Writer::new();
        xml.open("A");
        xml.element("B", "\"<&>'ü");
        xml.element("B", "");
        xml.close("A");
        let read = Element::parse(&xml.finish()).unwrap();
        let texts = read.named("B").map(|child| child.text.as_str()).collect::<Vec<_>>();
        assert_eq!(texts, ["\"<&>'ü", ""]);
        let other = b"<A xmlns='x'>\n <B> &#34;&#x22; </B><C/></A>\n";
        assert_eq!(Element::parse(other).unwrap().text_of("B"), Some("\"\""));
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        let deep = "<A>".repeat(10_000);
        for text in [
            "",
            "A",
            "<A>",
            "<A></B>",
            "<A></A><A></A>",
            "<A>&b;</A>",
            "<A>&</A>",
            "<></>",
            "<A><!-- --></A>",
            "<A>&#xD800;</A>",
            "<A></A",
            "<?xml <A></A>",
            &deep,
        ] {
            assert_eq!(Element::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Element::parse(b"<A>\xff</A>"), None);
    }
}
