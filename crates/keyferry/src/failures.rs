//! What went wrong with some of several files.

use crate::{
    failure::{Code, Failure},
    report,
};

/// Failures of single files, none of which ends the run.
#[derive(Debug)]
pub(crate) struct Failures {
    files: usize,
    count: usize,
    /// If there is one file, its failure; else those of others are said already.
    last: Option<Failure>,
    code: Option<Code>,
}

impl Failures {
    /// For a run over so many files.
    pub(crate) fn new(files: usize) -> Self {
        Self { files, count: 0, last: None, code: None }
    }

    /// Says it at once if other files follow.
    pub(crate) fn add(&mut self, failure: Failure) {
        let code = failure.code();
        self.code = Some(match self.code {
            Some(other) if other != code => Code::Partial,
            _ => code,
        });
        self.count += 1;
        if self.files > 1 {
            report::failure(&failure);
        }
        self.last = Some(failure);
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What the run failed of: what a single file failed of, or what all did.
    pub(crate) fn result(self) -> Result<(), Failure> {
        let Self { files, count, last, code } = self;
        match (last, code) {
            (Some(failure), _) if files == 1 => Err(failure),
            (Some(_), Some(code)) => {
                let code = if count == files { code } else { Code::Partial };
                Err(Failure::new(code, format!("{count} of {files} files failed")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(files: usize, codes: &[Code]) -> Option<Code> {
        let mut failures = Failures::new(files);
        for code in codes {
            failures.add(Failure::new(*code, "test"));
        }
        failures.result().err().map(|failure| failure.code())
    }

    #[test]
    fn what_all_failed_of_is_what_the_run_failed_of() {
        assert_eq!(code_of(2, &[]), None);
        assert_eq!(code_of(1, &[Code::Integrity]), Some(Code::Integrity));
        assert_eq!(code_of(2, &[Code::Integrity; 2]), Some(Code::Integrity));
        assert_eq!(code_of(2, &[Code::Integrity]), Some(Code::Partial));
        assert_eq!(code_of(2, &[Code::Integrity, Code::Policy]), Some(Code::Partial));
        assert_eq!(code_of(3, &[Code::Usage, Code::Policy, Code::Usage]), Some(Code::Partial));
    }
}
