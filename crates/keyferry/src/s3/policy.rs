//! `keyferry s3 policy`.

use std::fs;

use crypto_envelope_s3_sse_c::{BucketPolicy, BucketRule, Partition};

use crate::{
    args::{S3Partition, S3Policy, S3Rule},
    failure::Failure,
    report,
};

/// Prints a policy.
pub(crate) fn policy(arguments: &S3Policy) -> Result<(), Failure> {
    let mut rules = arguments.rules.iter().map(|rule| BucketRule::from(*rule));
    // The command line wants one at least.
    let Some(first) = rules.next() else { return Ok(()) };
    let policy = BucketPolicy::new(&arguments.bucket, first)?.partition(arguments.partition.into());
    let policy = rules.fold(policy, BucketPolicy::with);
    let text = match &arguments.merge {
        None => policy.to_json(),
        Some(path) => {
            let existing = fs::read_to_string(path)
                .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))?;
            policy.merged_into(&existing)?
        }
    };
    report::print(&format!("{}\n", text.trim_end()))
}

impl From<S3Rule> for BucketRule {
    fn from(rule: S3Rule) -> Self {
        match rule {
            S3Rule::RequireSseC => Self::RequireSseC,
            S3Rule::RefuseSseC => Self::RefuseSseC,
            S3Rule::RequireTls => Self::RequireTls,
            S3Rule::ForceEncryptionHeader => Self::ForceEncryptionHeader,
            S3Rule::RequireEncryptionHeader => Self::RequireEncryptionHeader,
        }
    }
}

impl From<S3Partition> for Partition {
    fn from(partition: S3Partition) -> Self {
        match partition {
            S3Partition::Aws => Self::Aws,
            S3Partition::AwsCn => Self::AwsCn,
            S3Partition::AwsUsGov => Self::AwsUsGov,
        }
    }
}
