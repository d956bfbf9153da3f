//! What comes from COS.

use bytes::Bytes;
use crypto_envelope::{Result, blocking};
use crypto_envelope_tencent_cos::{DecryptedObject, OpenedObject};

use crate::remote::Chunks;

impl Chunks for OpenedObject {
    fn next(&mut self) -> Result<Option<Bytes>> {
        blocking::wait(self.chunk())
    }
}

impl Chunks for DecryptedObject {
    fn next(&mut self) -> Result<Option<Bytes>> {
        blocking::wait(self.chunk())
    }
}
