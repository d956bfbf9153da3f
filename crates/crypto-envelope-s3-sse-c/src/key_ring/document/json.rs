//! JSON for people, with its members in an order that makes sense to them.

use std::borrow::Cow;

/// What is to be written.
pub(super) enum Json<'a> {
    Text(Cow<'a, str>),
    Number(u32),
    List(Vec<Self>),
    Object(Vec<(&'a str, Self)>),
}

impl<'a> Json<'a> {
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// With a line break at its end.
    pub(super) fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out.push('\n');
        out
    }

    fn write(&self, level: usize, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(&quoted(text)),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::List(members) => {
                let members = members.iter().map(|member| (None, member));
                write_all(members, ['[', ']'], level, out);
            }
            Self::Object(members) => {
                let members = members.iter().map(|(name, member)| (Some(*name), member));
                write_all(members, ['{', '}'], level, out);
            }
        }
    }
}

fn write_all<'j>(
    members: impl Iterator<Item = (Option<&'j str>, &'j Json<'j>)>,
    [begin, end]: [char; 2],
    level: usize,
    out: &mut String,
) {
    let mut is_empty = true;
    out.push(begin);
    for (name, member) in members {
        out.push_str(if is_empty { "\n" } else { ",\n" });
        is_empty = false;
        out.push_str(&INDENT.repeat(level + 1));
        if let Some(name) = name {
            out.push_str(&quoted(name));
            out.push_str(": ");
        }
        member.write(level + 1, out);
    }
    if !is_empty {
        out.push('\n');
        out.push_str(&INDENT.repeat(level));
    }
    out.push(end);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const INDENT: &str = "  ";
