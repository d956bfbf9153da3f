//! The life of a key, by the OpenAPI alone: it is made, named, described, found again, disabled, and its
//! deletion is scheduled, and called off.
//!
//! It runs against a fake; see `ExampleKms` for the real one, where **it makes a key that costs money**.

use std::error::Error;

use crypto_envelope::blocking;
use crypto_envelope_alibaba_kms::openapi::{
    CancelKeyDeletion, CreateAlias, CreateKey, DeleteAlias, DescribeKey, DisableKey, EnableKey,
    ListAliasesByKeyId, ScheduleKeyDeletion, Tag, TagResource,
};
use crypto_envelope_examples::ExampleKms;

const ALIAS: &str = "alias/crypto-envelope-example";

fn main() -> Result<(), Box<dyn Error>> {
    let example = ExampleKms::from_env()?;
    let kms = &example.openapi;
    let call = CreateKey::new().key_spec("Aliyun_AES_256").description("an example");
    let key_id = blocking::wait(kms.call(call))?.key.key_id;
    blocking::wait(kms.call(CreateAlias::new(ALIAS, &key_id)))?;
    blocking::wait(kms.call(TagResource::new(&key_id, [Tag::new("team", "storage")])))?;

    // An alias is as good as the id.
    let described = blocking::wait(kms.call(DescribeKey::new(ALIAS)))?.key;
    assert_eq!(
        (described.key_id, described.key_state.as_deref()),
        (key_id.clone(), Some("Enabled"))
    );
    let aliases = blocking::wait(kms.call(ListAliasesByKeyId::new(&key_id)))?.items;
    assert_eq!(aliases[0].alias_name, ALIAS);

    // A key that is disabled opens nothing: time to see who misses it, before it is gone for good.
    blocking::wait(kms.call(DisableKey::new(&key_id)))?;
    blocking::wait(kms.call(ScheduleKeyDeletion::new(&key_id, 30)))?;
    let described = blocking::wait(kms.call(DescribeKey::new(&key_id)))?.key;
    assert_eq!(described.key_state.as_deref(), Some("PendingDeletion"));
    blocking::wait(kms.call(CancelKeyDeletion::new(&key_id)))?;
    blocking::wait(kms.call(EnableKey::new(&key_id)))?;

    blocking::wait(kms.call(DeleteAlias::new(ALIAS)))?;
    blocking::wait(kms.call(ScheduleKeyDeletion::new(&key_id, 7)))?;
    Ok(())
}
