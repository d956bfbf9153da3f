//! Who plays in the tests of what somebody may do.

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms, KeyKind};
use serde_json::Value;

use crate::client::{REGION, Result, call_as};

/// May do everything.
pub(crate) const ALICE: &str = "AKIDALICE";
/// May look at all keys and use none.
pub(crate) const BOB: &str = "AKIDBOB";

/// A fake that lets Alice and Bob in, and a key.
pub(crate) struct Setting {
    pub(crate) kms: FakeAwsKms,
    pub(crate) key: String,
    /// The ARN of Bob.
    pub(crate) bob: String,
}

impl Setting {
    pub(crate) fn new() -> Result<Self> {
        let alice = AccessKey::new(ALICE, "alice");
        let bob = AccessKey::new(BOB, "bob").allow("DescribeKey", "*");
        let user = bob.user_arn();
        let kms = FakeAwsKms::builder().access_key(alice).access_key(bob).start()?;
        let key = kms.create_key(REGION, KeyKind::Symmetric)?;
        Ok(Self { kms, key, bob: user })
    }

    /// The answer to a call of this access key, or the code and the message of the error.
    pub(crate) fn call(
        &self,
        who: &str,
        operation: &str,
        request: &Value,
    ) -> Result<Value, (String, String)> {
        let answer = call_as(who, &self.kms, REGION, operation, request);
        answer.map_err(|(code, message)| (code, message.unwrap_or_default()))
    }
}
