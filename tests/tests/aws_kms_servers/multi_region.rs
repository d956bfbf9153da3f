//! Multi-Region keys: one key in several regions.

use crypto_envelope_aws_kms::{
    AwsKmsArn, AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider, AwsKmsKeysBuilder, AwsKmsProvider,
};
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    vectors::Result,
};

use crate::{AWAY, HOME, context, is_foreign, opens};

pub(crate) const NEEDS: Ability = Ability::MultiRegion;

pub(crate) fn replicas_open(kms: &Running) -> Result<()> {
    let [home, away] = replicated(kms)?;
    let aware = |arn: &str| -> Result<_> {
        Ok(AwsKmsProvider::new(kms.clients(), arn)?.multi_region_aware())
    };
    opens(aware(&home)?, aware(&away)?, &context())?;
    opens(aware(&away)?, aware(&home)?, &context())?;
    opens(AwsKmsProvider::new(kms.clients(), &home)?, aware(&away)?, &context())?;
    opens(aware(&home)?, aware(&home)?, &context())
}

pub(crate) fn replicas_are_the_same_key(kms: &Running) -> Result<()> {
    let [home, away] = replicated(kms)?;
    let sealing = AwsKmsKeysBuilder::new(kms.clients()).key(&home).multi_region_aware().build()?;
    let another = kms.create_key(AWAY)?;
    let opening =
        AwsKmsKeysBuilder::new(kms.clients()).key(another).key(&away).multi_region_aware();
    opens(sealing, opening.build()?, &context())
}

pub(crate) fn strictly_they_are_not(kms: &Running) -> Result<()> {
    let [home, away] = replicated(kms)?.map(|arn| AwsKmsProvider::new(kms.clients(), &arn));
    let (home, away) = (home?, away?);
    is_foreign(home.clone(), away.clone())?;
    opens(home.clone(), home, &context())?;
    opens(away.clone(), away, &context())
}

pub(crate) fn discovery_in_a_region(kms: &Running) -> Result<()> {
    let [home, away] = replicated(kms)?;
    let filter = AwsKmsDiscoveryFilter::new("aws", [AwsKmsArn::parse(&home)?.account()])?;
    let discovery = AwsKmsDiscoveryProvider::new(kms.clients(), filter);
    for (arn, region) in [(&home, AWAY), (&away, HOME), (&home, HOME)] {
        let sealing = AwsKmsProvider::new(kms.clients(), arn)?;
        opens(sealing, discovery.clone().replicas_in(region)?, &context())?;
    }
    Ok(())
}

pub(crate) fn discovery_in_several_regions(kms: &Running) -> Result<()> {
    let [home, away] = replicated(kms)?;
    let single = kms.create_key(AWAY)?;
    let discovery = AwsKmsDiscoveryProvider::any_account(kms.clients());
    for arn in [home, away, single] {
        let sealing = AwsKmsProvider::new(kms.clients(), &arn)?;
        // There is no replica in the first.
        let opening = discovery.clone().replicas_in_each(["ap-south-1", AWAY])?;
        opens(sealing, opening, &context())?;
    }
    Ok(())
}

fn replicated(kms: &Running) -> Result<[String; 2]> {
    let home = kms.create_multi_region_key(HOME)?;
    let away = kms.replicate_key(&home, AWAY)?;
    Ok([home, away])
}
