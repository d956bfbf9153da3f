//! What to do about errors of COS, and with which exit code.

use crypto_envelope::Error;
use crypto_envelope_tencent_cos::{CosError, CosErrorKind, CosObjectError};

use crate::{failure::Code, output::ANOTHER_NAME};

/// The exit code of an error that is about COS.
pub(crate) fn code_of(error: &Error) -> Option<Code> {
    if let Some(error) = CosObjectError::find_in(error) {
        return Some(of_object(error));
    }
    Some(match CosError::find_in(error)?.kind() {
        CosErrorKind::Denied
        | CosErrorKind::NotFound
        | CosErrorKind::Archived
        | CosErrorKind::Untrusted => Code::Denied,
        CosErrorKind::AlreadyExists | CosErrorKind::RangeNotSatisfiable => Code::Usage,
        CosErrorKind::Damaged => Code::Integrity,
        _ => Code::Internal,
    })
}

/// Whether it says what is wrong with an object, and not with which.
pub(crate) fn is_about_object(error: &Error) -> bool {
    CosObjectError::find_in(error).is_some()
}

fn of_object(error: &CosObjectError) -> Code {
    match error {
        CosObjectError::NotEncrypted
        | CosObjectError::NotAccepted { .. }
        | CosObjectError::UnauthenticatedRange
        | CosObjectError::Unknown { .. }
        | CosObjectError::Held { .. } => Code::Policy,
        CosObjectError::FileChanged | CosObjectError::UsedTwice | CosObjectError::Record { .. } => {
            Code::Internal
        }
        // What is stored is not what a writer makes.
        _ => Code::Integrity,
    }
}

/// The next step, in the words of the command line.
pub(crate) fn hint_for(error: &Error) -> Option<&'static str> {
    let Some(error) = CosObjectError::find_in(error) else {
        let exists = CosError::find_in(error)?.kind() == CosErrorKind::AlreadyExists;
        return exists.then_some(ANOTHER_NAME);
    };
    Some(match error {
        CosObjectError::NotEncrypted => "keyferry cp takes objects as they are",
        CosObjectError::NotAccepted { .. } => {
            "if that is what it should be: --cos-accept, and --cos-accept-carrier for other places of keys"
        }
        CosObjectError::Record { .. } => {
            "--no-resume goes without it; what an earlier run has sent stays then, until somebody aborts it"
        }
        CosObjectError::Differs { .. } => {
            "it was damaged on its way, or exchanged meanwhile: try again"
        }
        CosObjectError::FileChanged => "run again when nobody writes to it any more",
        CosObjectError::Held { .. } => "name a file with --output",
        _ => return None,
    })
}
