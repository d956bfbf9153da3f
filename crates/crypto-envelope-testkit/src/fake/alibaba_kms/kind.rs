//! What kinds of keys there are.

/// What kind of key to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// 256-bit AES.
    Symmetric,
    /// RSA of 2048 bits, for encryption.
    Rsa2048Encrypt,
    /// RSA of 2048 bits, for signatures.
    Rsa2048Sign,
}

impl KeyKind {
    /// That of which both are said, if there is one here.
    pub(crate) fn of(spec: &str, usage: &str) -> Option<Self> {
        let mut kinds = [Self::Symmetric, Self::Rsa2048Encrypt, Self::Rsa2048Sign].into_iter();
        kinds.find(|kind| kind.spec() == spec && kind.usage() == usage)
    }

    /// As the vendor calls it.
    pub(crate) fn spec(self) -> &'static str {
        match self {
            Self::Symmetric => "Aliyun_AES_256",
            Self::Rsa2048Encrypt | Self::Rsa2048Sign => "RSA_2048",
        }
    }

    /// As the vendor calls it.
    pub(crate) fn usage(self) -> &'static str {
        match self {
            Self::Symmetric | Self::Rsa2048Encrypt => "ENCRYPT/DECRYPT",
            Self::Rsa2048Sign => "SIGN/VERIFY",
        }
    }
}
