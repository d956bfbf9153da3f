//! SPDX licence expressions: `MIT`, `(A OR B) AND C`, `A WITH an-exception`, and the old `A/B`.

/// Whether the licences in `allowed` suffice for `expression`. A licence with an exception is
/// allowed only by the same words, `Apache-2.0 WITH LLVM-exception`.
///
/// # Errors
///
/// Says where `expression` is malformed.
pub(super) fn is_allowed(expression: &str, allowed: &[String]) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut parser = Parser { words: spaced.split_whitespace().collect(), next: 0, allowed };
    let is_allowed = parser.any_of()?;
    match parser.peek() {
        None => Ok(is_allowed),
        Some(word) => Err(format!("unexpected `{word}` in `{expression}`")),
    }
}

struct Parser<'a> {
    words: Vec<&'a str>,
    next: usize,
    allowed: &'a [String],
}

impl<'a> Parser<'a> {
    fn any_of(&mut self) -> Result<bool, String> {
        let mut any = self.all_of()?;
        while self.take("OR") {
            any |= self.all_of()?;
        }
        Ok(any)
    }

    fn all_of(&mut self) -> Result<bool, String> {
        let mut all = self.one()?;
        while self.take("AND") {
            all &= self.one()?;
        }
        Ok(all)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take("(") {
            let inner = self.any_of()?;
            return if self.take(")") { Ok(inner) } else { Err("`)` is missing".to_owned()) };
        }
        let mut licence = self.name()?.to_owned();
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.name()?);
        }
        Ok(self.allowed.contains(&licence))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        match self.peek() {
            Some(word) if !OPERATORS.contains(&word) => {
                self.next += 1;
                Ok(word)
            }
            Some(word) => Err(format!("`{word}` where a name should be")),
            None => Err("the end where a name should be".to_owned()),
        }
    }

    fn take(&mut self, operator: &str) -> bool {
        let is_next = self.peek() == Some(operator);
        self.next += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }
}

const OPERATORS: [&str; 5] = ["(", ")", "AND", "OR", "WITH"];

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(expression: &str) -> Result<bool, String> {
        let allowed = ["MIT", "ISC", "BSD-3-Clause", "GPL-2.0 WITH Classpath-exception-2.0"];
        is_allowed(expression, &allowed.map(String::from))
    }

    #[test]
    fn allowed_expressions() {
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "Apache-2.0 OR MIT",
            "Apache-2.0/MIT",
            "Apache-2.0 / MIT",
            "MIT AND ISC",
            "GPL-3.0 AND Apache-2.0 OR MIT",
            "MIT OR Apache-2.0 AND GPL-3.0",
            "(Apache-2.0 OR MIT) AND BSD-3-Clause",
            "ISC AND (Apache-2.0 OR ISC) AND MIT AND (Apache-2.0 OR (ISC AND MIT))",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "GPL-2.0 WITH Classpath-exception-2.0",
        ] {
            assert_eq!(evaluate(expression), Ok(true), "{expression}");
        }
    }

    #[test]
    fn refused_expressions() {
        for expression in [
            "Apache-2.0",
            "mit",
            "MIT+",
            "MIT AND Apache-2.0",
            "Apache-2.0 AND MIT",
            "(MIT OR ISC) AND Apache-2.0",
            "MIT AND (Apache-2.0 OR GPL-3.0)",
            "Apache-2.0 OR GPL-3.0",
            "Apache-2.0/GPL-3.0",
            "MIT WITH LLVM-exception",
            "GPL-2.0",
            "GPL-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(evaluate(expression), Ok(false), "{expression}");
        }
    }

    #[test]
    fn malformed_expressions() {
        for expression in [
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
            "MIT/",
            "MIT OR OR ISC",
        ] {
            assert!(evaluate(expression).is_err(), "{expression}");
        }
    }
}
