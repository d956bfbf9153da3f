//! Regions, and the domains that buckets in them have.

use crypto_envelope::{Error, Result};

/// By which domain a bucket is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosDomain {
    /// `cos.REGION.myqcloud.com`.
    #[default]
    Public,
    /// `cos.REGION.tencentcos.cn`.
    Tencentcos,
    /// `cos-internal.REGION.tencentcos.cn`: from inside of the region.
    Internal,
    /// `cos.accelerate.myqcloud.com`: by the access point that is nearest, if the bucket has that turned on.
    Accelerate,
}

impl CosDomain {
    /// What follows the name of the bucket.
    pub(super) fn host(self, region: &str) -> Result<String> {
        let region = Region::parse(region)?;
        let host = match self {
            Self::Public => region.below("cos", "myqcloud.com"),
            Self::Tencentcos => region.below("cos", "tencentcos.cn"),
            Self::Internal => region.below("cos-internal", "tencentcos.cn"),
            Self::Accelerate => "cos.accelerate.myqcloud.com".to_owned(),
        };
        Ok(host)
    }

    /// The same in the header that names the source of a copy, which knows of no short cuts.
    pub(super) fn source(self, region: &str) -> Result<String> {
        match self {
            Self::Public | Self::Tencentcos => self.host(region),
            Self::Internal => Self::Tencentcos.host(region),
            Self::Accelerate => Self::Public.host(region),
        }
    }
}

enum Region<'a> {
    Present(&'a str),
    /// Of the time when hosts had no `cos.` in them.
    Past(&'a str),
}

impl<'a> Region<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        // Some write it as the middle of a host.
        let name = text.strip_prefix("cos.").unwrap_or(text);
        if let Some((_, now)) = RENAMED.iter().find(|(before, _)| *before == name) {
            return Ok(Self::Present(now));
        }
        if WITHOUT_PREFIX.contains(&text) {
            return Ok(Self::Past(text));
        }
        let is_region = !name.is_empty()
            && name.len() <= LONGEST
            && !name.starts_with('-')
            && !name.ends_with('-')
            && name.bytes().all(super::is_of_name);
        if is_region {
            return Ok(Self::Present(name));
        }
        let shown = super::shown(text);
        Err(Error::invalid_input(format!("{shown} is no region of COS, such as ap-beijing")))
    }

    fn below(&self, service: &str, domain: &str) -> String {
        match self {
            Self::Present(region) => format!("{service}.{region}.{domain}"),
            Self::Past(region) => format!("{region}.{domain}"),
        }
    }
}

/// What they were called, and are now.
const RENAMED: [(&str, &str); 9] = [
    ("cosbj", "ap-beijing"),
    ("cosca", "na-toronto"),
    ("coscd", "ap-chengdu"),
    ("cosger", "eu-frankfurt"),
    ("cosgz", "ap-guangzhou"),
    ("coshk", "ap-hongkong"),
    ("cossgp", "ap-singapore"),
    ("cossh", "ap-shanghai"),
    ("costj", "ap-beijing-1"),
];
const WITHOUT_PREFIX: [&str; 6] =
    ["cn-east", "cn-north", "cn-south", "cn-south-2", "cn-southwest", "sg"];
const LONGEST: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_known() -> Result<()> {
        for (region, host) in [
            ("ap-beijing-1", "cos.ap-beijing-1.myqcloud.com"),
            ("cos.ap-beijing", "cos.ap-beijing.myqcloud.com"),
            ("cossh", "cos.ap-shanghai.myqcloud.com"),
            ("cosger", "cos.eu-frankfurt.myqcloud.com"),
            ("cn-north", "cn-north.myqcloud.com"),
            ("sg", "sg.myqcloud.com"),
        ] {
            assert_eq!(CosDomain::Public.host(region)?, host);
        }
        assert_eq!(CosDomain::Internal.host("cosgz")?, "cos-internal.ap-guangzhou.tencentcos.cn");
        Ok(())
    }

    #[test]
    fn copies_have_no_short_cuts() -> Result<()> {
        let public = CosDomain::Public.host("ap-beijing")?;
        assert_eq!(CosDomain::Accelerate.source("ap-beijing")?, public);
        assert_eq!(CosDomain::Internal.source("ap-beijing")?, "cos.ap-beijing.tencentcos.cn");
        Ok(())
    }

    #[test]
    fn what_would_be_another_host_is_refused() {
        let long = "x".repeat(LONGEST + 1);
        for wrong in
            ["", "cos.", "ap.beijing", "AP-beijing", "ap/", "-ap", "ap-", "evil.com#", "a b", &long]
        {
            for domain in [CosDomain::Public, CosDomain::Accelerate] {
                assert!(domain.host(wrong).is_err(), "{wrong}");
            }
        }
    }
}
