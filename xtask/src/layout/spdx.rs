//! SPDX licence expressions: `MIT`, `(A OR B) AND C`, `A WITH an-exception`, and the old `A/B`.

use std::iter::Peekable;
use std::str::SplitWhitespace;

/// Whether the licences in `allowed` suffice for `expression`; nothing if it is malformed. A
/// licence with an exception is allowed only by the same words, `Apache-2.0 WITH LLVM-exception`.
pub(super) fn is_allowed(expression: &str, allowed: &[String]) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let is_allowed = any_of(&mut words, allowed)?;
    words.next().is_none().then_some(is_allowed)
}

fn any_of(words: &mut Peekable<SplitWhitespace<'_>>, allowed: &[String]) -> Option<bool> {
    let mut any = all_of(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        any |= all_of(words, allowed)?;
    }
    Some(any)
}

fn all_of(words: &mut Peekable<SplitWhitespace<'_>>, allowed: &[String]) -> Option<bool> {
    let mut all = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        all &= one(words, allowed)?;
    }
    Some(all)
}

fn one(words: &mut Peekable<SplitWhitespace<'_>>, allowed: &[String]) -> Option<bool> {
    if words.next_if_eq(&"(").is_some() {
        let inner = any_of(words, allowed)?;
        return words.next_if_eq(&")").map(|_| inner);
    }
    let mut licence = name(words)?.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", name(words)?);
    }
    Some(allowed.contains(&licence))
}

fn name<'a>(words: &mut Peekable<SplitWhitespace<'a>>) -> Option<&'a str> {
    words.next().filter(|word| !["(", ")", "AND", "OR", "WITH"].contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated() {
        let allowed = ["MIT", "ISC", "GPL-2.0 WITH Classpath-exception-2.0"].map(String::from);
        for (expected, expressions) in
            [(Some(true), ALLOWED), (Some(false), REFUSED), (None, MALFORMED)]
        {
            for expression in expressions {
                assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
            }
        }
    }

    const ALLOWED: &[&str] = &[
        "MIT",
        "MIT OR Apache-2.0",
        "Apache-2.0 OR MIT",
        "Apache-2.0/MIT",
        "Apache-2.0 / MIT",
        "MIT AND ISC",
        "GPL-3.0 AND Apache-2.0 OR MIT",
        "MIT OR Apache-2.0 AND GPL-3.0",
        "ISC AND (Apache-2.0 OR ISC) AND MIT AND (Apache-2.0 OR (ISC AND MIT))",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "GPL-2.0 WITH Classpath-exception-2.0",
    ];
    const REFUSED: &[&str] = &[
        "Apache-2.0",
        "mit",
        "MIT+",
        "MIT AND Apache-2.0",
        "Apache-2.0 AND MIT",
        "(MIT OR ISC) AND Apache-2.0",
        "MIT AND (Apache-2.0 OR GPL-3.0)",
        "Apache-2.0/GPL-3.0",
        "MIT WITH LLVM-exception",
        "GPL-2.0",
        "GPL-2.0 WITH LLVM-exception",
    ];
    const MALFORMED: &[&str] = &[
        "",
        "()",
        "OR",
        "MIT OR",
        "AND MIT",
        "MIT ISC",
        "MIT or ISC",
        "(MIT",
        "MIT)",
        "MIT WITH",
        "MIT WITH (ISC)",
        "MIT WITH AND OR MIT",
        "MIT/",
        "MIT OR OR ISC",
    ];
}
