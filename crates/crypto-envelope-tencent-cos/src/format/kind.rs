//! Which format an object has, and where its wrapped keys stand.

use std::fmt;

/// The format of an encrypted object.
///
/// Those that are called *unauthenticated* have AES-CTR or AES-CBC bodies: a changed bit, a cut end, or another
/// key gives **wrong bytes without any error**. They are for what the official SDKs wrote or have to
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosFormat {
    /// A message in the AWS Encryption SDK format is the body of the object: authenticated, committing, and
    /// for any key provider. What new data should have.
    Message,
    /// Of the SDK for Python, with an AES master key: AES-256-CTR. Data key and IV are wrapped with the
    /// same key stream in every object.
    UnauthenticatedPythonAes,
    /// As that, but with a key stream of its own for each object. No released SDK writes it, and those up to
    /// 1.9.44 read it as garbage.
    UnauthenticatedPythonAesMasterIv,
    /// Of the SDK for Python, with an RSA key: AES-256-CTR.
    UnauthenticatedPythonRsa,
    /// Of the SDKs for Java and Go: AES-256-CTR.
    UnauthenticatedJavaCtr,
    /// Of the SDK for Java: AES-256-GCM of the object as a whole.
    JavaGcm,
    /// Of the SDK for Java: AES-256-CBC. It is only read. Whoever can write objects, and sees which of them are
    /// read without an error, can have any object of this format **decrypted** so (a padding oracle).
    UnauthenticatedJavaCbc,
}

impl CosFormat {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Message,
        Self::UnauthenticatedPythonAes,
        Self::UnauthenticatedPythonAesMasterIv,
        Self::UnauthenticatedPythonRsa,
        Self::UnauthenticatedJavaCtr,
        Self::JavaGcm,
        Self::UnauthenticatedJavaCbc,
    ];

    /// Its name in texts and on command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::UnauthenticatedPythonAes => "unauthenticated-python-aes",
            Self::UnauthenticatedPythonAesMasterIv => "unauthenticated-python-aes-master-iv",
            Self::UnauthenticatedPythonRsa => "unauthenticated-python-rsa",
            Self::UnauthenticatedJavaCtr => "unauthenticated-java-ctr",
            Self::JavaGcm => "java-gcm",
            Self::UnauthenticatedJavaCbc => "unauthenticated-java-cbc",
        }
    }
}

impl fmt::Display for CosFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the wrapped keys of an object stand, that is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosCarrier {
    /// In the metadata of the object, which is where all SDKs put them.
    Metadata,
    /// In an object beside it, whose name ends with `.instruction`, as the SDK for Java can do it. The
    /// IV is in clear there.
    InstructionFile,
    /// In metadata of older names, with the IV in clear.
    LegacyMetadata,
    /// In metadata as for Java, with the IV in clear, as the SDK for Android was seen to do it.
    AndroidMetadata,
}

impl CosCarrier {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Metadata, Self::InstructionFile, Self::LegacyMetadata, Self::AndroidMetadata];

    /// Its name in texts and on command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::InstructionFile => "instruction-file",
            Self::LegacyMetadata => "legacy-metadata",
            Self::AndroidMetadata => "android-metadata",
        }
    }
}

impl fmt::Display for CosCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
