//! What to do about errors of S3 and of key rings, and with which exit code.

use crypto_envelope::Error;
use crypto_envelope_s3_sse_c::{KeyRingError, KeyRingErrorKind, SseCError, SseCErrorKind};

use crate::{failure::Code, output::ANOTHER_NAME};

/// The exit code of an error that is about S3 or a key ring.
pub(crate) fn code_of(error: &Error) -> Option<Code> {
    if let Some(error) = KeyRingError::find_in(error) {
        return Some(of_ring(error.kind()));
    }
    SseCError::find_in(error).map(|error| of_s3(error.kind()))
}

fn of_s3(kind: SseCErrorKind) -> Code {
    match kind {
        SseCErrorKind::Denied
        | SseCErrorKind::NotFound
        | SseCErrorKind::WrongKey
        | SseCErrorKind::KeyRequired
        | SseCErrorKind::NotSent => Code::Denied,
        SseCErrorKind::NotEncrypted
        | SseCErrorKind::NotProtected
        | SseCErrorKind::Unproven
        | SseCErrorKind::Unsupported => Code::Policy,
        SseCErrorKind::Damaged | SseCErrorKind::KeyRetired | SseCErrorKind::Unverified => {
            Code::Integrity
        }
        SseCErrorKind::AlreadyExists => Code::Usage,
        _ => Code::Internal,
    }
}

/// Whether it names the object already.
pub(crate) fn is_about_object(error: &Error) -> bool {
    SseCError::find_in(error).is_some()
}

fn of_ring(kind: KeyRingErrorKind) -> Code {
    match kind {
        KeyRingErrorKind::Missing | KeyRingErrorKind::NotUnwrapped => Code::Denied,
        KeyRingErrorKind::NotGenuine | KeyRingErrorKind::Malformed | KeyRingErrorKind::TooLong => {
            Code::Integrity
        }
        KeyRingErrorKind::Exists => Code::Usage,
        KeyRingErrorKind::Unreadable | KeyRingErrorKind::Unwritten | KeyRingErrorKind::Changed => {
            Code::Internal
        }
        _ => Code::Policy,
    }
}

/// The next step, in the words of the command line.
pub(crate) fn hint_for(error: &Error) -> Option<&'static str> {
    let error = SseCError::find_in(error)?;
    Some(match error.kind() {
        SseCErrorKind::AlreadyExists => ANOTHER_NAME,
        // Without credentials nothing is sent either.
        SseCErrorKind::NotSent if error.to_string().contains(IN_CLEAR) => {
            "--s3-danger-plain-http allows it"
        }
        SseCErrorKind::KeyRequired => "--sse-c-key-file or --sse-c-provider",
        SseCErrorKind::NotEncrypted => {
            "if it may be so: --without-sse-c reads it, and keyferry rotate --from-without-sse-c puts it \
             under a key"
        }
        _ => return None,
    })
}

/// What is said of an endpoint to which no key goes.
const IN_CLEAR: &str = "the endpoint is http";

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts rely on them: what is not intact, or not protected, is never a mere failure of the network.
    #[test]
    fn each_kind_has_its_code() {
        for (kind, code) in [
            (SseCErrorKind::Denied, Code::Denied),
            (SseCErrorKind::NotFound, Code::Denied),
            (SseCErrorKind::WrongKey, Code::Denied),
            (SseCErrorKind::KeyRequired, Code::Denied),
            (SseCErrorKind::NotSent, Code::Denied),
            (SseCErrorKind::NotEncrypted, Code::Policy),
            (SseCErrorKind::NotProtected, Code::Policy),
            (SseCErrorKind::Unproven, Code::Policy),
            (SseCErrorKind::Unsupported, Code::Policy),
            (SseCErrorKind::Damaged, Code::Integrity),
            (SseCErrorKind::KeyRetired, Code::Integrity),
            (SseCErrorKind::Unverified, Code::Integrity),
            (SseCErrorKind::AlreadyExists, Code::Usage),
            (SseCErrorKind::Changed, Code::Internal),
            (SseCErrorKind::Other, Code::Internal),
        ] {
            assert_eq!(of_s3(kind), code, "{kind:?}");
        }
        for (kind, code) in [
            (KeyRingErrorKind::Missing, Code::Denied),
            (KeyRingErrorKind::NotUnwrapped, Code::Denied),
            (KeyRingErrorKind::NotGenuine, Code::Integrity),
            (KeyRingErrorKind::Malformed, Code::Integrity),
            (KeyRingErrorKind::TooLong, Code::Integrity),
            (KeyRingErrorKind::Exists, Code::Usage),
            (KeyRingErrorKind::Unreadable, Code::Internal),
            (KeyRingErrorKind::Unwritten, Code::Internal),
            (KeyRingErrorKind::Changed, Code::Internal),
            (KeyRingErrorKind::WrongRing, Code::Policy),
        ] {
            assert_eq!(of_ring(kind), code, "{kind:?}");
        }
    }
}
