//! Calls that manage keys, their versions and their aliases.

use std::time::Duration;

use crate::openapi::{
    answers::{Alias, Created, Described, Done, KeyVersion, ListedKey, Page, VersionOf},
    calls::tags::Tag,
    json::Unreadable,
    query::Parameters,
};

calls! {
    /// Makes a key. Without more, a symmetric one of 256 bits to encrypt with.
    #[derive(Default)]
    CreateKey -> Created {
        may {
            /// The instance that it belongs to.
            instance_id: String = text "DKMSInstanceId",
            /// Such as `Aliyun_AES_256`, `RSA_2048` or `EC_P256`.
            key_spec: String = text "KeySpec",
            /// `ENCRYPT/DECRYPT` or `SIGN/VERIFY`.
            key_usage: String = text "KeyUsage",
            /// `Aliyun_KMS`, or `EXTERNAL` for key material that is imported.
            origin: String = text "Origin",
            /// `SOFTWARE` or `HSM`.
            protection_level: String = text "ProtectionLevel",
            /// For hardware instances, `HsmInternal` or `HsmEncryptedDatabase`.
            key_storage_mechanism: String = text "KeyStorageMechanism",
            /// What people see.
            description: String = text "Description",
            /// Has KMS make a new version each time this long has passed.
            rotate_every: Duration = seconds "RotationInterval",
            /// Its tags.
            tags: Vec<Tag> = tags "Tags",
            /// Who may use it: JSON.
            policy: String = text "Policy",
        }
        also enable_rotation
    }

    /// Tells what is known of a key.
    DescribeKey -> Described, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
    }

    /// Lists the keys, page by page.
    #[derive(Default)]
    ListKeys -> Page<ListedKey> {
        may {
            /// From 1.
            page_number: u32 = number "PageNumber",
            /// Up to 100.
            page_size: u32 = number "PageSize",
            /// Only those that match all of them.
            filters: Vec<Filter> = filters "Filters",
        }
        check check_page
    }

    /// Lets a key be used.
    EnableKey -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
    }

    /// Keeps a key from being used.
    DisableKey -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
    }

    /// Has a key deleted after so many days, 7 to 366. **What it has encrypted is lost then.**
    ScheduleKeyDeletion -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
            pending_window_in_days: u32 = days "PendingWindowInDays",
        }
    }

    /// Keeps a key that waits for its deletion.
    CancelKeyDeletion -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
    }

    /// Gives a key a name, `alias/...`.
    CreateAlias -> Done, about alias_name {
        needs {
            alias_name: String = text "AliasName",
            key_id: String = text "KeyId",
        }
    }

    /// Gives the name to another key.
    UpdateAlias -> Done, about alias_name {
        needs {
            alias_name: String = text "AliasName",
            key_id: String = text "KeyId",
        }
    }

    /// Takes a name away.
    DeleteAlias -> Done, about alias_name {
        needs {
            alias_name: String = text "AliasName",
        }
    }

    /// Lists the names of all keys, page by page.
    #[derive(Default)]
    ListAliases -> Page<Alias> {
        may {
            /// From 1.
            page_number: u32 = number "PageNumber",
            /// Up to 100.
            page_size: u32 = number "PageSize",
        }
        check check_page
    }

    /// Lists the names of a key, page by page.
    ListAliasesByKeyId -> Page<Alias>, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
        may {
            /// From 1.
            page_number: u32 = number "PageNumber",
            /// Up to 100.
            page_size: u32 = number "PageSize",
        }
        check check_page
    }

    /// Makes a new version of a key pair. Symmetric keys get theirs by rotation.
    CreateKeyVersion -> VersionOf, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
    }

    /// Tells what is known of a version.
    DescribeKeyVersion -> VersionOf, about key_id {
        needs {
            key_id: String = text "KeyId",
            key_version_id: String = text "KeyVersionId",
        }
    }

    /// Lists the versions of a key, page by page.
    ListKeyVersions -> Page<KeyVersion>, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
        may {
            /// From 1.
            page_number: u32 = number "PageNumber",
            /// Up to 100.
            page_size: u32 = number "PageSize",
        }
        check check_page
    }

    /// Has no new versions of a key made any more; see [`UpdateRotationPolicy::rotate_every`].
    UpdateRotationPolicy -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
        may {
            /// Has KMS make a new version each time this long has passed, 7 to 730 days.
            rotate_every: Duration = seconds "RotationInterval",
        }
        also enable_rotation
    }
}

impl CreateKey {
    fn enable_rotation(&self, parameters: &mut Parameters) {
        if self.rotate_every.is_some() {
            parameters.push(ROTATION, "true");
        }
    }
}

impl UpdateRotationPolicy {
    fn enable_rotation(&self, parameters: &mut Parameters) {
        parameters.push(ROTATION, if self.rotate_every.is_some() { "true" } else { "false" });
    }
}

/// Calls that list what can be more than fits into one answer.
macro_rules! paged {
    ($($call:ident)*) => {$(
        impl $call {
            /// The same call for the page behind `page`, if there can be one.
            #[must_use]
            pub fn behind<T>(self, page: &Page<T>) -> Option<Self> {
                Some(self.page_number(page.next_number()?).page_size(page.page_size))
            }

            /// Who goes from page to page must not get the same one for ever.
            fn check_page<T>(&self, page: &Page<T>) -> Result<(), Unreadable> {
                let (asked, found) = (self.page_number.unwrap_or(1), page.page_number);
                if asked == found {
                    return Ok(());
                }
                Err(Unreadable(format!("page {found}, not {asked}")))
            }
        }
    )*};
}

paged! { ListKeys ListAliases ListAliasesByKeyId ListKeyVersions }

/// Which keys to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub(crate) property: String,
    pub(crate) values: Vec<String>,
}

impl Filter {
    /// Those whose property, such as `KeyState`, `KeySpec`, `DKMSInstanceId` or `CreatorType`, has one
    /// of these values.
    pub fn new(
        property: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { property: property.into(), values }
    }
}

const ROTATION: &str = "EnableAutomaticRotation";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::calls::{Call, Parts as _};

    fn query<C: Call>(call: &C) -> String {
        let query = call.parameters().expect("they can be sent").encoded();
        format!("{} {}", C::ACTION, *query)
    }

    #[test]
    fn keys_are_made_as_asked_for() {
        assert_eq!(query(&CreateKey::new()), "CreateKey ");
        let call = CreateKey::new()
            .instance_id("kst-1")
            .key_spec("RSA_2048")
            .key_usage("SIGN/VERIFY")
            .origin("Aliyun_KMS")
            .protection_level("HSM")
            .key_storage_mechanism("HsmInternal")
            .description("d e")
            .rotate_every(Duration::from_hours(7 * 24))
            .tags([Tag::new("k", "v")])
            .policy("{}");
        assert_eq!(
            query(&call),
            "CreateKey DKMSInstanceId=kst-1&Description=d+e&EnableAutomaticRotation=true&\
             KeySpec=RSA_2048&KeyStorageMechanism=HsmInternal&KeyUsage=SIGN%2FVERIFY&\
             Origin=Aliyun_KMS&Policy=%7B%7D&ProtectionLevel=HSM&RotationInterval=604800s&\
             Tags=%5B%7B%22TagKey%22%3A%22k%22%2C%22TagValue%22%3A%22v%22%7D%5D"
        );
    }

    #[test]
    fn parameters_are_named_as_in_the_api() {
        assert_eq!(query(&DescribeKey::new("k")), "DescribeKey KeyId=k");
        assert_eq!(query(&EnableKey::new("k")), "EnableKey KeyId=k");
        assert_eq!(query(&DisableKey::new("k")), "DisableKey KeyId=k");
        let deletion = ScheduleKeyDeletion::new("k", 7);
        assert_eq!(query(&deletion), "ScheduleKeyDeletion KeyId=k&PendingWindowInDays=7");
        assert_eq!(query(&CancelKeyDeletion::new("k")), "CancelKeyDeletion KeyId=k");
        let alias = CreateAlias::new("alias/a", "k");
        assert_eq!(query(&alias), "CreateAlias AliasName=alias%2Fa&KeyId=k");
        assert_eq!(alias.name(), Some("alias/a"));
        assert_eq!(query(&UpdateAlias::new("a", "k")), "UpdateAlias AliasName=a&KeyId=k");
        assert_eq!(query(&DeleteAlias::new("a")), "DeleteAlias AliasName=a");
        assert_eq!(query(&CreateKeyVersion::new("k")), "CreateKeyVersion KeyId=k");
        let version = DescribeKeyVersion::new("k", "v");
        assert_eq!(query(&version), "DescribeKeyVersion KeyId=k&KeyVersionId=v");
        let rotation = UpdateRotationPolicy::new("k");
        let off = "UpdateRotationPolicy EnableAutomaticRotation=false&KeyId=k";
        assert_eq!(query(&rotation), off);
        let rotation = rotation.rotate_every(Duration::from_hours(24));
        let on =
            "UpdateRotationPolicy EnableAutomaticRotation=true&KeyId=k&RotationInterval=86400s";
        assert_eq!(query(&rotation), on);
        for days in [0, 6, 367] {
            assert!(ScheduleKeyDeletion::new("k", days).parameters().is_err());
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let page = Page {
            items: vec![(), ()],
            page_number: 2,
            page_size: 2,
            total_count: 5,
            request_id: None,
        };
        let call = ListKeys::new().filters([Filter::new("KeyState", ["Enabled"])]).behind(&page);
        let filters =
            "Filters=%5B%7B%22Key%22%3A%22KeyState%22%2C%22Values%22%3A%5B%22Enabled%22%5D%7D%5D";
        let expected = format!("ListKeys {filters}&PageNumber=3&PageSize=2");
        assert_eq!(call.map(|call| query(&call)), Some(expected));
        let aliases = ListAliasesByKeyId::new("k").page_size(100).page_number(1);
        let expected = "ListAliasesByKeyId KeyId=k&PageNumber=1&PageSize=100";
        assert_eq!(query(&aliases), expected);
        assert_eq!(query(&ListAliases::new()), "ListAliases ");
        assert_eq!(query(&ListKeyVersions::new("k")), "ListKeyVersions KeyId=k");
        let full = Page { total_count: 4, ..page.clone() };
        assert!(ListAliases::new().behind(&full).is_none());
        let last = Page { page_number: 3, ..page };
        assert!(ListKeyVersions::new("k").behind(&last).is_none());
        let empty = Page::<()> { items: Vec::new(), page_number: 1, ..last };
        assert!(ListKeys::new().behind(&empty).is_none());
    }
}
