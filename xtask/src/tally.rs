//! Counting tests and checks.

use std::ops::AddAssign;

/// How many tests and checks passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// One check that passed.
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One check that failed.
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    /// One check that was left out.
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// Counts what a line of `cargo test` reports; any line but a `test result:` reports nothing.
    pub(crate) fn of_line(line: &str) -> Self {
        let counts = line.strip_prefix("test result: ").unwrap_or_default();
        Self {
            passed: count(counts, "passed"),
            failed: count(counts, "failed"),
            skipped: count(counts, "ignored"),
        }
    }

    /// How many tests and checks really ran.
    pub(crate) fn ran(self) -> u64 {
        self.passed + self.failed
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The number before `label` in `ok. 3 passed; 0 failed; 1 ignored`.
fn count(counts: &str, label: &str) -> u64 {
    counts
        .split(';')
        .filter_map(|part| part.trim().strip_suffix(label))
        .find_map(|part| part.split_whitespace().next_back()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        for (line, passed, failed, skipped) in [
            ("ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", 7, 0, 0),
            ("FAILED. 12 passed; 3 failed; 2 ignored; 0 measured; 9 filtered out", 12, 3, 2),
            ("\u{1b}[32mok\u{1b}[0m. 1 passed; 0 failed; 4 ignored; finished in 0.01s", 1, 0, 4),
        ] {
            let tally = Tally::of_line(&format!("test result: {line}"));
            assert_eq!(tally, Tally { passed, failed, skipped }, "{line}");
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "",
            "running 3 tests",
            "test it_works ... ok",
            "3 passed; 1 failed",
            "  test result: ok. 3 passed; 1 failed",
            "test result: ok. many passed; 18446744073709551616 failed",
        ] {
            assert_eq!(Tally::of_line(line), Tally::default(), "{line}");
        }
    }

    #[test]
    fn tallies_add_up() {
        let mut sum = Tally::PASSED;
        sum += Tally::FAILED;
        sum += Tally::SKIPPED;
        sum += Tally::PASSED;
        assert_eq!(sum, Tally { passed: 2, failed: 1, skipped: 1 });
        assert_eq!(sum.ran(), 3);
    }
}
