//! Text for people and for files.

/// Control characters, and marks that change the direction of the text around them, made visible:
/// what comes from a file must not reach a terminal as a command.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_direction_mark(c) {
            printable.extend(c.escape_unicode());
        } else {
            printable.push(c);
        }
    }
    printable
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    }
}
