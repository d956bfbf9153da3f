//! `cargo xtask test`: every check and every test of the workspace, by one command.
//!
//! [`stage::STAGES`] is the list of what runs. A stage that fails does not stop the ones behind it,
//! so that one run shows everything; the last line says how much passed. It needs Linux, as the
//! tests do.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to a terminal is what this program is for"
)]

mod arguments;
mod debian;
mod examples;
mod fuzz;
mod layout;
mod metadata;
mod report;
mod requirements;
mod shell;
mod stage;
mod tally;

use std::env;
use std::process::ExitCode;

use crate::arguments::{Plan, Request};
use crate::report::Report;
use crate::stage::STAGES;

fn main() -> ExitCode {
    match arguments::parse(env::args().skip(1)) {
        Ok(Request::Help) => {
            print!("{}", arguments::usage());
            ExitCode::SUCCESS
        }
        Ok(Request::Test(plan)) => test(&plan),
        Err(mistake) => {
            eprint!("error: {mistake}\n\n{}", arguments::usage());
            ExitCode::from(USAGE_ERROR)
        }
    }
}

fn test(plan: &Plan) -> ExitCode {
    let mut report = Report::default();
    for stage in STAGES.iter().filter(|stage| plan.includes(stage)) {
        match stage.requirement().filter(|requirement| plan.leaves_out(requirement)) {
            Some(requirement) => report.leave_out(stage, requirement),
            None => report.add(stage, stage.run(plan)),
        }
    }
    print!("{report}");
    if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const USAGE_ERROR: u8 = 2;
