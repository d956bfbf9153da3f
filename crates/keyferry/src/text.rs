//! Text for people and for files.

use std::fmt::Write as _;

/// Control characters, and marks that change the direction of the text around them, made visible:
/// what comes from a file must not reach a terminal as a command.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            printable.extend(c.escape_unicode());
        } else {
            printable.push(c);
        }
    }
    printable
}

/// The same for JSON, whose own escapes leave some of them as they are.
pub(crate) fn printable_json(json: &str) -> String {
    let mut printable = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unseen(c) {
            // All of them are below U+10000: one escape each.
            // Writing to a string cannot fail.
            let _ = write!(printable, "\\u{:04x}", u32::from(c));
        } else {
            printable.push(c);
        }
    }
    printable
}

/// Control characters, separators of lines, and marks that change the direction of text.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cannot_drive_the_terminal() {
        assert_eq!(printable("\u{1b}[2Jname\u{202e}gpj.exe"), "\\u{1b}[2Jname\\u{202e}gpj.exe");
        assert_eq!(printable("Schlüssel 🔑"), "Schlüssel 🔑");
        assert_eq!(printable_json("{\"a\":\"\u{9b}2J\u{2028}\"}"), r#"{"a":"\u009b2J\u2028"}"#);
    }
}
