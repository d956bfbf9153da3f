//! The calls of the API: which parameters they have, and which answers.

#[macro_use]
mod macros;
pub(crate) mod crypto;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod tags;

use std::{fmt, pin::Pin};

use crypto_envelope::Result;

use super::{
    json::{Object, Unreadable},
    query::Parameters,
};
use crate::{AlibabaKmsTransfer, error};

/// A call of the API, with its parameters. Its implementors are the calls that there are.
pub trait Call: Parts + fmt::Debug + Send + Sync + 'static {
    /// What KMS answers.
    type Answer: Read + fmt::Debug + Send + 'static;

    /// The name of the call, such as `Decrypt`.
    const ACTION: &'static str;

    /// Refuses an answer that is not what was asked for.
    #[doc(hidden)]
    fn check(&self, _: &Self::Answer) -> Result<(), Unreadable> {
        Ok(())
    }

    /// What an instance answers, if it can serve this.
    #[doc(hidden)]
    fn by_instance<'a>(&'a self, _: &'a AlibabaKmsTransfer) -> Option<Serving<'a, Self::Answer>> {
        None
    }
}

/// A call on its way.
pub(crate) type Serving<'a, A> = Pin<Box<dyn Future<Output = Result<A>> + Send + 'a>>;

/// The parts of a call.
pub trait Parts {
    /// In the order of their names.
    fn parameters(&self) -> Result<Parameters>;

    /// The key, alias or secret that it is about.
    fn name(&self) -> Option<&str>;
}

/// What can be read from an answer.
pub trait Read: Sized {
    /// Takes its members out of the answer.
    fn read(object: &mut Object) -> Result<Self, Unreadable>;
}

/// What `call` is, for errors.
pub(crate) fn about<C: Call>(call: &C) -> error::Call {
    error::Call { operation: C::ACTION, key_id: call.name().map(ToOwned::to_owned) }
}

/// The answer to `call`, which is no refusal.
pub(crate) fn read_answer<C: Call>(call: &C, body: &[u8]) -> Result<C::Answer> {
    let mut request_id = String::new();
    let answer = Object::parse(body).and_then(|mut object| {
        object.peek("RequestId").clone_into(&mut request_id);
        let answer = C::Answer::read(&mut object)?;
        call.check(&answer)?;
        Ok(answer)
    });
    answer.map_err(|Unreadable(what)| {
        about(call).answered_wrongly(Some(&request_id), &format!("the answer is {what}")).into()
    })
}
