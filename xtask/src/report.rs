//! What a run prints at its end.

use std::fmt;
use std::time::Duration;

use crate::requirements::Requirement;
use crate::stage::{Finished, Stage};
use crate::tally::Tally;

/// The results of all stages so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    left_out: Vec<String>,
    total: Tally,
}

impl Report {
    /// Notes a stage that ran.
    pub(crate) fn add(&mut self, stage: &Stage, finished: Finished) {
        let (tally, result) = match finished.outcome {
            Ok(tally) if tally.failed == 0 => (tally, "ok".to_owned()),
            Ok(tally) => (tally, format!("FAILED: {} of {}", tally.failed, tally.ran())),
            Err(reason) => (Tally::FAILED, format!("FAILED: {}", first_line(&reason))),
        };
        if tally.skipped > 0 {
            self.left_out.push(format!("{} ignored in stage {}", tally.skipped, stage.name()));
        }
        self.push(stage, finished.time, result, tally);
    }

    /// Notes a stage that did not run because what it needs was not wanted.
    pub(crate) fn leave_out(&mut self, stage: &Stage, requirement: &Requirement) {
        self.left_out.push(format!("stage {} (--without {})", stage.name(), requirement.name));
        self.push(stage, Duration::ZERO, "left out".to_owned(), Tally::SKIPPED);
    }

    /// Whether something ran and nothing failed.
    pub(crate) const fn is_success(&self) -> bool {
        self.total.passed > 0 && self.total.failed == 0
    }

    fn push(&mut self, stage: &Stage, time: Duration, result: String, tally: Tally) {
        self.total += tally;
        self.rows.push(Row { stage: stage.name(), time, result });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<24}{:>8}  result", "stage", "seconds")?;
        for Row { stage, time, result } in &self.rows {
            writeln!(f, "{stage:<24}{:>8.1}  {result}", time.as_secs_f64())?;
        }
        writeln!(f)?;
        if !self.left_out.is_empty() {
            writeln!(f, "left out: {}", self.left_out.join("; "))?;
        }
        let Tally { passed, failed, skipped } = self.total;
        write!(f, "{passed} passed, {failed} failed")?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        writeln!(f)
    }
}

#[derive(Debug)]
struct Row {
    stage: &'static str,
    time: Duration,
    result: String,
}

/// Keeps the table a table; the stage has printed the whole reason.
fn first_line(reason: &str) -> &str {
    reason.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirements::PYTHON;
    use crate::stage::STAGES;

    fn finished(outcome: Result<Tally, String>) -> Finished {
        Finished { time: Duration::from_millis(1234), outcome }
    }

    fn last_lines(report: &Report) -> Vec<String> {
        report.to_string().lines().rev().take(2).map(String::from).collect()
    }

    #[test]
    fn success_ends_with_two_numbers() {
        let mut report = Report::default();
        report.add(&STAGES[0], finished(Ok(Tally::PASSED)));
        report.add(&STAGES[1], finished(Ok(Tally { passed: 9, ..Tally::default() })));
        assert_eq!(last_lines(&report), ["10 passed, 0 failed", ""]);
        assert!(report.to_string().contains("format                       1.2  ok\n"), "{report}");
        assert!(report.is_success());
    }

    #[test]
    fn failures_are_counted_and_named() {
        let mut report = Report::default();
        report.add(&STAGES[0], finished(Err("exit status: 1\nbecause".to_owned())));
        report.add(&STAGES[1], finished(Ok(Tally { passed: 3, failed: 2, skipped: 0 })));
        assert_eq!(last_lines(&report), ["3 passed, 3 failed", ""]);
        assert!(report.to_string().contains("FAILED: exit status: 1\n"), "{report}");
        assert!(!report.to_string().contains("because"), "{report}");
        assert!(report.to_string().contains("FAILED: 2 of 5"), "{report}");
        assert!(!report.is_success());
    }

    #[test]
    fn nothing_is_left_out_silently() {
        let mut report = Report::default();
        report.add(&STAGES[0], finished(Ok(Tally { passed: 3, failed: 0, skipped: 2 })));
        report.leave_out(&STAGES[1], &PYTHON);
        let left_out = "left out: 2 ignored in stage format; stage layout (--without python)";
        assert_eq!(last_lines(&report), ["3 passed, 0 failed, 3 skipped", left_out]);
        assert!(report.is_success());
    }

    #[test]
    fn running_nothing_is_no_success() {
        let mut report = Report::default();
        assert!(!report.is_success());
        report.leave_out(&STAGES[0], &PYTHON);
        assert!(!report.is_success());
    }
}
