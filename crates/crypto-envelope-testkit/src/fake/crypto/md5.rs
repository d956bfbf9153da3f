//! RFC 1321, as object stores have it in entity tags.

use md5::{Digest as _, Md5};

use crate::fake::http::Body;

pub(crate) fn md5(content: &Body) -> [u8; 16] {
    let mut hash = Md5::new();
    for piece in content.pieces() {
        hash.update(piece);
    }
    hash.finalize().into()
}
