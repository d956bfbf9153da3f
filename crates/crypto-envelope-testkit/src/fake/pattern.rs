//! Patterns of policies and rules.

/// Whether `text` fits a pattern in which `*` is anything and `?` is any character.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern = pattern.chars().collect::<Vec<_>>();
    let text = text.chars().collect::<Vec<_>>();
    let (mut at, mut read) = (0, 0);
    // What follows the last star, and how much of the text that star takes.
    let mut star = None;
    while read < text.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                at += 1;
                star = Some((at, read));
            }
            (Some(wanted), _) if *wanted == '?' || *wanted == text[read] => {
                at += 1;
                read += 1;
            }
            (_, Some((after, taken))) => {
                star = Some((after, taken + 1));
                (at, read) = (after, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// As [`fits`], where `A` and `a` are the same: so are actions compared.
pub(crate) fn fits_in_any_case(pattern: &str, text: &str) -> bool {
    fits(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("**", "a"),
            ("a*b*c", "aXbYbZc"),
            ("*ab", "aab"),
            ("a?c*", "abc"),
            ("?", "é"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("?", ""), ("a", "ab"), ("ab", "a"), ("*ab", "aba"), ("a*b*c", "acb")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn case_counts_unless_it_must_not() {
        assert!(!fits("kms:DE*", "kms:Decrypt"));
        assert!(fits_in_any_case("kms:DE*", "KMS:Decrypt"));
        assert!(!fits_in_any_case("kms:En*", "kms:Decrypt"));
    }
}
