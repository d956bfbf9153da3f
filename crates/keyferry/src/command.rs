//! What the commands do.

#[cfg(feature = "alibaba-kms")]
mod bench;
mod completions;
mod cp;
mod decrypt;
mod encrypt;
mod inspect;
mod keys;
#[cfg(feature = "alibaba-kms")]
mod kms;
mod man;

use crypto_envelope::EncryptionContext;

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
pub(crate) use self::{
    cp::{Copied, Copies, CopyOutcome},
    decrypt::{ExpectedContext, Part, of_part},
};
#[cfg(feature = "s3-sse-c")]
use crate::args::S3Command;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use crate::remote::{Clouds, Remote};
use crate::{
    anchor::Missing,
    args::{Command, Files, Pair},
    failure::Failure,
    input::Input,
    interrupt::watch,
    output::{Audience, Decision, Destination, Existing, Output},
    plan::{Job, Plan},
    progress::Progress,
    provider::ProviderSpec,
    report::{Done, Journal, Names, Operation},
};

/// Runs one command.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Encrypt(arguments) => encrypt::run(arguments),
        Command::Decrypt(arguments) => decrypt::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Cp(arguments) => cp::run(arguments),
        #[cfg(feature = "s3-sse-c")]
        Command::Rotate(arguments) => crate::s3::rotate::rotate(arguments),
        #[cfg(feature = "s3-sse-c")]
        Command::S3(S3Command::Policy(arguments)) => crate::s3::policy::policy(arguments),
        #[cfg(feature = "s3-sse-c")]
        Command::S3(S3Command::Ring(command)) => crate::s3::ring::ring(command),
        #[cfg(not(feature = "s3-sse-c"))]
        Command::Rotate(_) | Command::S3(_) => {
            Err(Failure::usage("this keyferry was built without the feature s3-sse-c"))
        }
        Command::Keys(arguments) => keys::run(arguments),
        #[cfg(feature = "alibaba-kms")]
        Command::Kms(arguments) => kms::run(arguments),
        #[cfg(feature = "alibaba-kms")]
        Command::Bench(command) => bench::run(command),
        #[cfg(not(feature = "alibaba-kms"))]
        Command::Kms(_) | Command::Bench(_) => {
            Err(Failure::usage("this keyferry was built without the feature alibaba-kms"))
        }
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    }
}

/// A job whose ends can be used.
enum Ready {
    Local(Local),
    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    Remote(Remote),
}

/// A job from a file or a pipe to another.
struct Local {
    input: Input,
    destination: Destination,
    decision: Decision,
    progress: Progress,
}

/// Does all jobs of a plan, one after the other, with what `set_up` makes once it is clear that
/// there is something to do. A job that fails does not keep the others from being done.
fn do_all<T>(
    operation: Operation,
    plan: Plan,
    files: &Files,
    keys: &[ProviderSpec],
    set_up: impl Fn() -> Result<T, Failure>,
    mut work: impl FnMut(&T, Ready) -> Result<Done, Failure>,
) -> Result<(), Failure> {
    let mut journal = Journal::new(operation, &files.report, &plan, keys)?;
    for left in &plan.left_alone {
        journal.left_alone(left)?;
    }
    for not_taken in plan.not_taken {
        journal.failed(&Names::of_not_taken(&not_taken.path), not_taken.failure)?;
    }
    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    let clouds = Clouds::new(files);
    let mut tools = None;
    let mut progress = Progress::new(journal.format(), plan.jobs.len());
    for job in plan.jobs {
        if watch::came() {
            // By then what was going on was done.
            watch::end();
        }
        let names = Names::of(&job);
        progress = progress.next();
        #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
        let ready = if job.is_remote() {
            let remote = clouds.remote(job, existing(files), progress);
            remote.map(|remote| remote.map(Ready::Remote))
        } else {
            make_ready(job, operation, files, progress)
        };
        #[cfg(not(any(feature = "s3-sse-c", feature = "tencent-cos")))]
        let ready = make_ready(job, operation, files, progress);
        let ready = match ready {
            Ok(Some(ready)) => ready,
            Ok(None) => {
                journal.skipped(&names)?;
                continue;
            }
            Err(failure) => {
                journal.failed(&names, failure)?;
                continue;
            }
        };
        let tools = match &mut tools {
            Some(tools) => tools,
            none => match set_up() {
                Ok(made) => none.insert(made),
                // The others would fail of the same.
                Err(failure) => return journal.abandon(&names, failure),
            },
        };
        match work(tools, ready) {
            Ok(done) => journal.done(&names, &done)?,
            Err(failure) => journal.failed(&names, failure)?,
        }
    }
    journal.finish()
}

/// Opens the input and decides about a result that exists; `None` if there is nothing to do.
fn make_ready(
    job: Job,
    operation: Operation,
    files: &Files,
    progress: Progress,
) -> Result<Option<Ready>, Failure> {
    let Job { source, mut destination, below } = job;
    let input = source.open()?;
    let input = if files.decode { input.decoded() } else { input };
    if let Some(below) = below {
        let folder =
            below.folder(Missing::IsMade(operation.mode_of_folders())).map_err(|error| {
                let folder = below.path();
                let folder = folder.parent().unwrap_or(&folder).display();
                Failure::io(format!("cannot make or open the folder {folder}"), &error)
            })?;
        destination = destination.anchored(folder);
    }
    let decision = destination.decide(existing(files))?;
    let local = Local { input, destination, decision, progress };
    Ok((decision != Decision::Skip).then_some(Ready::Local(local)))
}

fn existing(files: &Files) -> Existing {
    match files {
        Files { force: true, .. } => Existing::Replace,
        Files { skip_existing: true, .. } => Existing::Skip,
        Files { interactive: true, .. } => Existing::Ask,
        _ => Existing::Keep,
    }
}

fn open_output(
    destination: Destination,
    decision: Decision,
    audience: Audience,
    files: &Files,
) -> Result<Output, Failure> {
    let output = destination.open(decision, audience)?;
    Ok(if files.encode { output.encoded() } else { output })
}

/// The pairs of `--context`. The same key twice is a mistake that must not be resolved by guessing.
pub(crate) fn context(pairs: &[Pair]) -> Result<EncryptionContext, Failure> {
    let mut context = EncryptionContext::new();
    for Pair { key, value } in pairs {
        if context.insert(key, value).is_some() {
            return Err(Failure::usage(format!("--context gives the key {key:?} twice")));
        }
    }
    Ok(context)
}
