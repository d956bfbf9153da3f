//! The command line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::requirements::Requirement;
use crate::stage::{STAGES, Stage};

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Request {
    /// Print the usage.
    Help,
    /// Run stages.
    Test(Plan),
}

/// Which stages run, and how.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// The full-size cases run as well.
    pub(crate) large: bool,
    only: Vec<String>,
    without: Vec<String>,
}

impl Plan {
    /// Whether `stage` was asked for: all are, unless `--only` names some.
    pub(crate) fn includes(&self, stage: &Stage) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == stage.name())
    }

    /// Whether `--without` names `requirement`.
    pub(crate) fn leaves_out(&self, requirement: &Requirement) -> bool {
        self.without.iter().any(|name| name == requirement.name)
    }
}

/// Reads the arguments behind the program's name.
///
/// # Errors
///
/// Says which argument is wrong.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, String> {
    let mut arguments = arguments.into_iter();
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Request::Help),
        Some("test") => parse_test(arguments),
        Some(other) => Err(format!("unknown command `{other}`")),
    }
}

/// How to call the program, with every name it knows.
pub(crate) fn usage() -> String {
    let mut text = String::from(USAGE);
    let _ = writeln!(text, "\nRequirements: {}", join(requirement_names()));
    let _ = writeln!(text, "Stages:       {}", join(STAGES.iter().map(Stage::name)));
    text
}

fn parse_test(mut arguments: impl Iterator<Item = String>) -> Result<Request, String> {
    let mut plan = Plan::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--large" => plan.large = true,
            "--only" => plan.only.push(known(arguments.next(), "stage", stage_names())?),
            "--without" => {
                plan.without.push(known(arguments.next(), "requirement", requirement_names())?);
            }
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(Request::Test(plan))
}

fn known(
    name: Option<String>,
    kind: &str,
    mut names: impl Iterator<Item = &'static str>,
) -> Result<String, String> {
    let name = name.ok_or_else(|| format!("the name of a {kind} is missing"))?;
    if names.any(|known| known == name) { Ok(name) } else { Err(format!("no {kind} `{name}`")) }
}

fn stage_names() -> impl Iterator<Item = &'static str> {
    STAGES.iter().map(Stage::name)
}

/// Each once, although several stages may need it.
fn requirement_names() -> impl Iterator<Item = &'static str> {
    let needed = STAGES.iter().filter_map(Stage::requirement);
    needed.map(|requirement| requirement.name).collect::<BTreeSet<_>>().into_iter()
}

fn join(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

const USAGE: &str = "\
Usage: cargo xtask test [--without REQUIREMENT]... [--only STAGE]... [--large]

  --without REQUIREMENT  leave out the stages that need it; the last lines say so
  --only STAGE           run this stage alone; may be repeated
  --large                run the full-size cases as well
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(line: &str) -> Result<Request, String> {
        parse(line.split_whitespace().map(String::from))
    }

    fn plan(line: &str) -> Plan {
        match parse_words(line) {
            Ok(Request::Test(plan)) => plan,
            other => unreachable!("`{line}` is a valid plan, not {other:?}"),
        }
    }

    #[test]
    fn nothing_and_help_print_the_usage() {
        for line in ["", "help", "--help", "-h", "test --help", "test --large -h"] {
            assert_eq!(parse_words(line), Ok(Request::Help), "{line}");
        }
    }

    #[test]
    fn plain_test_runs_everything() {
        let plan = plan("test");
        assert!(!plan.large);
        assert!(STAGES.iter().all(|stage| plan.includes(stage)));
        assert!(STAGES.iter().filter_map(Stage::requirement).all(|need| !plan.leaves_out(need)));
    }

    #[test]
    fn options_are_understood_in_any_order() {
        let plan = plan("test --without python --only format --large --only layout");
        assert!(plan.large);
        assert_eq!(plan.without, ["python"]);
        let included = STAGES.iter().filter(|stage| plan.includes(stage));
        assert_eq!(included.map(Stage::name).collect::<Vec<_>>(), ["format", "layout"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (line, mistake) in [
            ("tset", "unknown command `tset`"),
            ("test --fast", "unknown argument `--fast`"),
            ("test python", "unknown argument `python`"),
            ("test --without", "the name of a requirement is missing"),
            ("test --without pyhton", "no requirement `pyhton`"),
            ("test --without format", "no requirement `format`"),
            ("test --only", "the name of a stage is missing"),
            ("test --only python", "no stage `python`"),
        ] {
            assert_eq!(parse_words(line), Err(mistake.to_owned()), "{line}");
        }
    }

    #[test]
    fn usage_lists_every_name() {
        let usage = usage();
        for name in stage_names().chain(requirement_names()) {
            assert!(usage.contains(name), "{name}");
        }
    }
}
