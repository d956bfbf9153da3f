//! What went wrong with some of several files.

use crate::{
    failure::{Code, Failure},
    report,
};

/// Failures of single files, none of which ends the run.
#[derive(Debug)]
pub(crate) struct Failures {
    extent: Extent,
    /// What they are called together.
    noun: &'static str,
    count: usize,
    /// If there is one file, its failure; else those of others are said already.
    last: Option<Failure>,
    code: Option<Code>,
}

/// How many files there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Known(usize),
    /// Nobody knows before: so many went well.
    #[cfg_attr(not(feature = "s3-sse-c"), expect(dead_code, reason = "for objects in S3"))]
    Open {
        well: usize,
    },
}

impl Failures {
    /// For a run over so many files.
    pub(crate) fn new(files: usize) -> Self {
        Self::of(Extent::Known(files), "files")
    }

    /// For a run over so many objects, or as many as there are.
    #[cfg(feature = "s3-sse-c")]
    pub(crate) fn of_objects(objects: Option<usize>) -> Self {
        Self::of(objects.map_or(Extent::Open { well: 0 }, Extent::Known), "objects")
    }

    fn of(extent: Extent, noun: &'static str) -> Self {
        Self { extent, noun, count: 0, last: None, code: None }
    }

    /// Says it at once if other files may follow.
    pub(crate) fn add(&mut self, failure: Failure) {
        let code = failure.code();
        self.code = Some(match self.code {
            Some(other) if other != code => Code::Partial,
            _ => code,
        });
        self.count += 1;
        if self.extent != Extent::Known(1) {
            report::failure(&failure);
        }
        self.last = Some(failure);
    }

    /// A file that did not fail.
    #[cfg(feature = "s3-sse-c")]
    pub(crate) fn add_success(&mut self) {
        if let Extent::Open { well } = &mut self.extent {
            *well += 1;
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What the run failed of: what a single file failed of, or what all did.
    pub(crate) fn result(self) -> Result<(), Failure> {
        let Self { extent, noun, count, last, code } = self;
        let all = match extent {
            Extent::Known(files) => files,
            Extent::Open { well } => well + count,
        };
        match (last, code) {
            (Some(failure), _) if extent == Extent::Known(1) => Err(failure),
            (Some(_), Some(code)) => {
                let code = if count == all { code } else { Code::Partial };
                Err(Failure::new(code, format!("{count} of {all} {noun} failed")))
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

    #[cfg(feature = "s3-sse-c")]
    #[test]
    fn a_run_can_be_as_long_as_it_gets() {
        for (well, codes, expected) in [
            (0, &[][..], None),
            (2, &[], None),
            (0, &[Code::Denied], Some(Code::Denied)),
            (1, &[Code::Denied], Some(Code::Partial)),
            (0, &[Code::Denied, Code::Policy], Some(Code::Partial)),
        ] {
            let mut failures = Failures::of_objects(None);
            for _ in 0..well {
                failures.add_success();
            }
            for code in codes {
                failures.add(Failure::new(*code, "test"));
            }
            assert_eq!(failures.result().err().map(|failure| failure.code()), expected);
        }
    }
}
