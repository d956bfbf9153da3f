//! The stages of a run. A new one is one line in [`STAGES`].

use std::process::Command;
use std::time::{Duration, Instant};

use crate::arguments::Plan;
use crate::requirements::{self, Requirement};
use crate::shell;
use crate::tally::Tally;
use crate::{examples, fuzz, layout};

/// Tests with software of others. All with the same features, so that they are built once.
macro_rules! peers {
    ($tests:literal) => {
        concat!(
            "--workspace --features crypto-envelope-testkit/bin,crypto-envelope-tests/peers ",
            $tests
        )
    };
}

/// Everything that runs, in this order.
pub(crate) const STAGES: &[Stage] = &[
    Stage::check("format", "fmt --all --check"),
    Stage::call("layout", layout::check),
    Stage::check(
        "clippy",
        "clippy --workspace --all-targets --all-features --locked -- -D warnings",
    ),
    Stage::check("clippy-default", "clippy --workspace --all-targets --locked -- -D warnings"),
    // `prebuilt-nasm` is for Windows, and in the whole workspace some dependency turns it on. With it in the core alone,
    // the C code of AWS-LC is not compiled once more.
    Stage::check(
        "clippy-tokio",
        "clippy -p crypto-envelope --features tokio,aws-lc-rs/prebuilt-nasm --all-targets \
         --locked -- -D warnings",
    ),
    Stage::tests("test", "--workspace --features crypto-envelope-testkit/bin"),
    Stage::tests(
        "test-features",
        "-p crypto-envelope --all-features --features aws-lc-rs/prebuilt-nasm --lib",
    ),
    // What ciphers are behind, not what is around them.
    Stage::tests(
        "test-rustcrypto",
        "-p crypto-envelope -p crypto-envelope-tests --no-default-features \
         --features rustcrypto,rustcrypto-rsa --lib --test ciphers",
    ),
    Stage::tests(
        "test-rustcrypto-only",
        "-p crypto-envelope --no-default-features --features rustcrypto --lib",
    ),
    Stage::check(
        "clippy-rustcrypto-only",
        "clippy -p crypto-envelope --no-default-features --features rustcrypto --all-targets \
         --locked -- -D warnings",
    ),
    Stage::check(
        "clippy-rustcrypto",
        "clippy -p keyferry -p crypto-envelope-testkit -p crypto-envelope-examples \
         --no-default-features --features rustcrypto,rustcrypto-rsa --all-targets --locked \
         -- -D warnings",
    ),
    Stage::check(
        "clippy-rustcrypto-rsa",
        "clippy -p crypto-envelope --features rustcrypto-rsa,aws-lc-rs/prebuilt-nasm --all-targets \
         --locked -- -D warnings",
    ),
    Stage::check(
        "wasm",
        "check -p crypto-envelope --no-default-features \
         --features rustcrypto,rustcrypto-rsa,stream,wasm-js --locked \
         --target wasm32-unknown-unknown",
    )
    .needs(&requirements::WASM),
    Stage::check("docs", "doc --workspace --no-deps --locked --exclude xtask")
        .with_variable("RUSTDOCFLAGS", "-D warnings"),
    Stage::call("examples", examples::run),
    // With the features that the examples were built with, so that Parquet and what is below it is there already.
    Stage::tests(
        "parquet",
        "--workspace --features crypto-envelope-examples/alibaba-kms,crypto-envelope-examples/aws-kms,\
         crypto-envelope-examples/axum,crypto-envelope-examples/parquet,crypto-envelope-examples/s3-sse-c,\
         crypto-envelope-examples/tencent-cos,crypto-envelope-tests/parquet --test object_store",
    ),
    Stage::tests(
        "interop-python",
        peers!("--test peers -- interop_python:: interop_python_aws_kms::"),
    )
    .needs(&requirements::PYTHON),
    Stage::tests("interop-python-hierarchy", peers!("--test peers -- interop_python_hierarchy::"))
        .needs(&requirements::PYTHON_AND_SERVERS),
    Stage::tests("certify-aws-kms", peers!("--test peers -- certify_aws_kms::"))
        .needs(&requirements::PYTHON),
    Stage::tests("interop-cli", peers!("--test peers -- interop_cli::")).needs(&requirements::CLI),
    Stage::tests("interop-node", peers!("--test peers -- interop_node::"))
        .needs(&requirements::NODE),
    Stage::tests("aws-kms-servers", peers!("--test aws_kms_servers"))
        .needs(&requirements::KMS_SERVERS),
    Stage::tests("s3-servers", peers!("--test s3_servers")).needs(&requirements::S3_SERVERS),
    Stage::tests("object-servers", peers!("--test object_servers"))
        .needs(&requirements::OBJECT_SERVERS),
    Stage::tests("s3-ceph", peers!("--test s3_ceph")).needs(&requirements::CEPH),
    Stage::tests(
        "interop-alibaba-kms",
        peers!("--test peers -- certify_alibaba_kms:: interop_alibaba_kms::"),
    )
    .needs(&requirements::ALIBABA_KMS_PYTHON),
    Stage::tests(
        "interop-tencent-cos",
        peers!("--test peers -- certify_tencent_cos:: interop_tencent_cos:: defects_tencent_cos::"),
    )
    .needs(&requirements::TENCENT_COS_PYTHON),
    Stage::check("format-benches", "fmt --manifest-path benches/Cargo.toml --check"),
    Stage::check(
        "clippy-benches",
        "clippy --manifest-path benches/Cargo.toml --all-targets --all-features --locked -- -D warnings",
    ),
    Stage::check("format-peers", "fmt --manifest-path benches/peers/Cargo.toml --check"),
    Stage::check("format-fuzz", "fmt --manifest-path fuzz/Cargo.toml --check"),
    Stage::call("clippy-fuzz", fuzz::lint),
    Stage::call("fuzz", fuzz::run),
];

/// One step of a run, with a name and a time of its own.
#[derive(Debug)]
pub(crate) struct Stage {
    name: &'static str,
    work: Work,
    variable: Option<(&'static str, &'static str)>,
    requirement: Option<&'static Requirement>,
}

impl Stage {
    /// A cargo command, by its arguments, that passes or fails as a whole.
    const fn check(name: &'static str, arguments: &'static str) -> Self {
        Self::new(name, Work::Check(arguments))
    }

    /// A `cargo test` with these arguments, whose tests are counted.
    const fn tests(name: &'static str, arguments: &'static str) -> Self {
        Self::new(name, Work::Tests(arguments))
    }

    /// A function that counts for itself.
    const fn call(name: &'static str, function: fn() -> Result<Tally, String>) -> Self {
        Self::new(name, Work::Call(function))
    }

    const fn new(name: &'static str, work: Work) -> Self {
        Self { name, work, variable: None, requirement: None }
    }

    const fn with_variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variable = Some((name, value));
        self
    }

    const fn needs(mut self, requirement: &'static Requirement) -> Self {
        self.requirement = Some(requirement);
        self
    }

    /// What the stage is called, by `--only` too.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// What the stage cannot do without, beside Rust.
    pub(crate) const fn requirement(&self) -> Option<&'static Requirement> {
        self.requirement
    }

    /// Runs the stage, saying what it does.
    pub(crate) fn run(&self, plan: &Plan) -> Finished {
        println!("\n== {} ==", self.name);
        let start = Instant::now();
        let outcome = self.work(plan);
        if let Err(reason) = &outcome {
            eprintln!("stage {}: {reason}", self.name);
        }
        Finished { time: start.elapsed(), outcome }
    }

    fn work(&self, plan: &Plan) -> Result<Tally, String> {
        match self.work {
            Work::Check(arguments) => {
                shell::run(&mut self.command(arguments)?).map(|()| Tally::PASSED)
            }
            Work::Tests(arguments) => self.count_tests(arguments, plan),
            Work::Call(function) => function(),
        }
    }

    fn count_tests(&self, arguments: &str, plan: &Plan) -> Result<Tally, String> {
        let mut command = self.command(&format!("test --locked --no-fail-fast {arguments}"))?;
        if plan.large {
            command.env("CRYPTO_ENVELOPE_LARGE", "1");
        }
        let mut tally = Tally::default();
        let ending = shell::run_reading(&mut command, |line| tally += Tally::of_line(line));
        judge(tally, ending)
    }

    fn command(&self, arguments: &str) -> Result<Command, String> {
        let mut command = shell::cargo(arguments);
        command.envs(self.variable);
        if let Some(requirement) = self.requirement {
            command.envs((requirement.meet)()?);
        }
        Ok(command)
    }
}

/// A stage that ran.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How long it took.
    pub(crate) time: Duration,
    /// What it counted, or why it could not even count.
    pub(crate) outcome: Result<Tally, String>,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Check(&'static str),
    Tests(&'static str),
    Call(fn() -> Result<Tally, String>),
}

/// A `cargo test` that ran no test, or that failed without a failed test, has failed.
fn judge(mut tally: Tally, ending: Result<(), String>) -> Result<Tally, String> {
    match ending {
        Ok(()) if tally.ran() == 0 => return Err("no test ran".to_owned()),
        Err(reason) if tally.ran() == 0 => return Err(format!("no test ran: {reason}")),
        Err(reason) if tally.failed == 0 => {
            eprintln!("no test reported a failure, but {reason}");
            tally.failed = 1;
        }
        _ => {}
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TWO_PASSED: Tally = Tally { passed: 2, failed: 0, skipped: 0 };

    #[test]
    fn names_are_unique() {
        let names = STAGES.iter().map(Stage::name).collect::<BTreeSet<_>>();
        assert_eq!(names.len(), STAGES.len());
    }

    /// What no stage names never runs.
    #[test]
    fn peers_have_stages() {
        let named = STAGES.iter().filter_map(|stage| match stage.work {
            Work::Tests(arguments) => arguments.split_once(" --test peers -- "),
            _ => None,
        });
        let mut named =
            named.flat_map(|(_, modules)| modules.split_whitespace()).collect::<Vec<_>>();
        named.sort_unstable();
        let source = include_str!("../../tests/tests/peers/main.rs").lines();
        let modules = source.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
        let mut modules = modules.map(|module| format!("{module}::")).collect::<Vec<_>>();
        modules.sort_unstable();
        assert_eq!(named, modules);
    }

    /// The same of programs that are not built without a feature.
    #[test]
    fn programs_with_features_have_stages() {
        let manifest = include_str!("../../tests/Cargo.toml");
        let programs = manifest.split("[[test]]").skip(1);
        let programs = programs.filter_map(|program| program.split('"').nth(1));
        let programs = programs.collect::<Vec<_>>();
        assert!(programs.len() > 3, "{programs:?}");
        for program in programs {
            let named = format!("--test {program}");
            let is_named = STAGES.iter().any(|stage| match stage.work {
                Work::Tests(arguments) => arguments.contains(&named),
                _ => false,
            });
            assert!(is_named, "{program}");
        }
    }

    #[test]
    fn running_no_test_is_a_failure() {
        let ignored = Tally { skipped: 3, ..Tally::default() };
        for tally in [Tally::default(), ignored] {
            assert!(judge(tally, Ok(())).is_err());
            assert!(judge(tally, Err("it did not compile".to_owned())).is_err());
        }
    }

    #[test]
    fn failing_without_a_failed_test_counts_as_one() {
        let crashed = judge(TWO_PASSED, Err("a test binary crashed".to_owned()));
        assert_eq!(crashed, Ok(Tally { failed: 1, ..TWO_PASSED }));
    }

    #[test]
    fn counts_of_a_normal_run_stay_as_they_are() {
        assert_eq!(judge(TWO_PASSED, Ok(())), Ok(TWO_PASSED));
        let failed = Tally { failed: 2, ..TWO_PASSED };
        assert_eq!(judge(failed, Err("exit status: 101".to_owned())), Ok(failed));
    }
}
