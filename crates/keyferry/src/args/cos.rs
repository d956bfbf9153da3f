//! Where COS is.

use clap::{Args, ValueEnum};

/// How buckets are reached. Who calls is in the environment.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "as the options are called")]
pub(crate) struct CosWay {
    /// Region of the buckets of cos://BUCKET/KEY, such as ap-beijing. By default COS_REGION or
    /// TENCENTCLOUD_REGION
    #[arg(long, value_name = "REGION")]
    pub(crate) cos_region: Option<String>,

    /// Connect to this HOST:PORT or URL instead, such as a stand-in or a tunnel; without TLS only on
    /// this machine. By default COS_ENDPOINT
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) cos_endpoint: Option<String>,

    /// By which domain of COS the buckets are reached
    #[arg(long, value_enum, value_name = "DOMAIN", default_value_t)]
    pub(crate) cos_domain: CosDomainName,
}

/// The domains of COS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CosDomainName {
    /// cos.REGION.myqcloud.com
    #[default]
    Public,
    /// cos.REGION.tencentcos.cn
    Tencentcos,
    /// cos-internal.REGION.tencentcos.cn, from inside of the region
    Internal,
    /// cos.accelerate.myqcloud.com, if the bucket has that turned on
    Accelerate,
}

/// The names of formats of objects.
pub(crate) const FORMATS: [&str; 7] = [
    "message",
    "unauthenticated-python-aes",
    "unauthenticated-python-aes-master-iv",
    "unauthenticated-python-rsa",
    "unauthenticated-java-ctr",
    "java-gcm",
    "unauthenticated-java-cbc",
];
/// The same of those that are written.
pub(crate) const WRITTEN_FORMATS: [&str; 6] = [
    "message",
    "unauthenticated-python-aes",
    "unauthenticated-python-aes-master-iv",
    "unauthenticated-python-rsa",
    "unauthenticated-java-ctr",
    "java-gcm",
];
/// The names of places where wrapped keys stand.
pub(crate) const CARRIERS: [&str; 4] =
    ["metadata", "instruction-file", "legacy-metadata", "android-metadata"];
