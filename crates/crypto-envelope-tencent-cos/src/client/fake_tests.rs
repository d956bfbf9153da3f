//! Calls to the fake COS, with which the vendor's SDK works.

use std::time::{Duration, SystemTime};

use crypto_envelope::blocking;
use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{FakeTencentCos, lie},
};

use super::*;
use crate::{
    AbortMultipartUpload, ByteRange, CompleteMultipartUpload, CompletedPart, CopyObject,
    CopySource, CosBucket, CosDomain, Crc64, DeleteObject, HeadObject, InitiateMultipartUpload,
    ListMultipartUploads, ListObjects, ListParts, ObjectKey, ObjectMetadata, PartNumber, PutObject,
    SseCustomerKey, UploadPart, UploadPartCopy,
};

struct World {
    fake: FakeTencentCos,
    cos: CosClient,
}

impl World {
    fn new() -> Result<Self> {
        Self::of(FakeTencentCos::builder().strict_signatures().smallest_part(1).start()?)
    }

    fn of(fake: FakeTencentCos) -> Result<Self> {
        let key = fake.access_key();
        let credentials = CosCredentials::new(key.id(), key.secret().as_bytes())?;
        let bucket = CosBucket::new(fake.bucket())?;
        let endpoint = CosEndpoint::new(bucket, fake.region())?.at_address(&fake.endpoint())?;
        Ok(Self { cos: CosClient::new(endpoint, credentials, &CosSettings::new())?, fake })
    }

    fn call<C: Call>(&self, call: C) -> Result<C::Answer> {
        blocking::wait(self.cos.call(call))
    }

    fn put(&self, key: &str, bytes: &str) -> Result<crate::StoredObject> {
        self.call(PutObject::new(ObjectKey::new(key)?, bytes.as_bytes().to_vec()))
    }

    fn read(&self, call: GetObject) -> Result<Vec<u8>> {
        blocking::wait(async { self.cos.open(call).await?.whole(1 << 20).await })
    }

    fn source(&self, key: &str) -> Result<CopySource> {
        CopySource::new(self.cos.endpoint(), ObjectKey::new(key)?)
    }
}

#[track_caller]
fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> CosErrorKind {
    let error = outcome.expect_err("it fails");
    CosError::find_in(&error).unwrap_or_else(|| unreachable!("{error:?}")).kind()
}

#[test]
fn whatever_a_key_is_called_its_object_comes_back() -> Result<()> {
    let world = World::new()?;
    let keys = [
        "a",
        "dir/sub dir/a b",
        "\u{4e2d}\u{6587}/\u{5bf9}",
        "a+b",
        "~",
        "q!'()*",
        "pct%20lit",
        "//double",
        "a//b",
        "./dot",
        "a/./b",
        "a/../b",
        "x?y=z&w#frag",
        "tab\there",
        "a;b,c:d@e=f",
        "back\\slash",
        "[br]{ac}|^`\"<>",
    ];
    for key in keys {
        world.put(key, key)?;
        let bytes = world.read(GetObject::new(ObjectKey::new(key)?));
        assert_eq!(bytes.ok().as_deref(), Some(key.as_bytes()), "{key}");
    }
    let listed = world.call(ListObjects::new())?;
    assert_eq!(listed.objects.len(), keys.len());
    for object in listed.objects {
        let key = ObjectKey::exact(&*object.key)?;
        assert_eq!(world.call(HeadObject::new(key.clone()))?.length, object.length);
        world.call(DeleteObject::new(key))?;
    }
    assert!(world.fake.keys(world.fake.bucket()).is_empty());
    Ok(())
}

#[test]
fn metadata_ranges_and_conditions_are_kept() -> Result<()> {
    let world = World::new()?;
    let key = || ObjectKey::new("a");
    let metadata =
        ObjectMetadata::new().with_user("name", "v 1;=&+~").with_content_type("text/plain");
    let put = PutObject::new(key()?, b"0123456789".to_vec()).metadata(metadata.clone()).with_md5();
    let stored = world.call(put)?;
    assert_eq!(stored.crc64, Some(Crc64::of(b"0123456789").value()));
    let found = world.call(HeadObject::new(key()?))?;
    assert_eq!(
        (found.metadata.user, found.metadata.content_type),
        (metadata.user, metadata.content_type)
    );
    let get = || GetObject::new(ObjectKey::new("a").expect("a key"));
    assert_eq!(world.read(get().range(ByteRange::of(2..5)?))?, b"234");
    assert_eq!(world.read(get().range(ByteRange::of(8..50)?))?, b"89");
    assert_eq!(world.read(get().range(ByteRange::starting_at(7)))?, b"789");
    assert_eq!(world.read(get().range(ByteRange::last(2)?))?, b"89");
    let behind = world.read(get().range(ByteRange::starting_at(10)));
    assert_eq!(kind(behind), CosErrorKind::RangeNotSatisfiable);
    assert_eq!(
        kind(world.read(get().if_none_match(stored.etag.clone()))),
        CosErrorKind::NotModified
    );
    world.put("a", "other")?;
    assert_eq!(kind(world.read(get().if_match(stored.etag))), CosErrorKind::PreconditionFailed);
    let forbidden = world.call(PutObject::new(key()?, b"x".to_vec()).forbid_overwrite());
    assert!(forbidden.is_err());
    assert_eq!(world.read(get())?, b"other");
    Ok(())
}

#[test]
fn copies_change_what_is_beside_the_bytes() -> Result<()> {
    let world = World::new()?;
    let first = world.put("a b", "text")?;
    let key = || ObjectKey::new("a b");
    let metadata = ObjectMetadata::new().with_user("name", "new");
    let copy = || -> Result<_> {
        Ok(CopyObject::new(world.source("a b")?, key()?).replace_metadata(metadata.clone()))
    };
    let copied = world.call(copy()?.if_match(first.etag.clone()))?;
    assert_eq!(copied.crc64.or(first.crc64), first.crc64);
    let found = world.call(HeadObject::new(key()?))?;
    assert_eq!(found.metadata.user, metadata.user);
    assert_eq!(world.read(GetObject::new(key()?))?, b"text");
    world.put("a b", "other")?;
    assert_eq!(kind(world.call(copy()?.if_match(first.etag))), CosErrorKind::PreconditionFailed);
    let missing = CopyObject::new(world.source("none")?, key()?);
    assert_eq!(kind(world.call(missing)), CosErrorKind::NotFound);
    Ok(())
}

#[test]
fn uploads_in_parts_become_an_object() -> Result<()> {
    let world = World::new()?;
    let key = || ObjectKey::new("dir/big").expect("a key");
    world.put("source", "0123456789")?;
    let upload = world.call(InitiateMultipartUpload::new(key()))?;
    let number = |number| PartNumber::new(number).expect("a number");
    let second = UploadPart::new(key(), upload.clone(), number(2), b" and more".to_vec());
    let mut parts: Vec<CompletedPart> = vec![world.call(second.with_md5())?.into()];
    let first = UploadPartCopy::new(key(), upload.clone(), number(1), world.source("source")?);
    parts.insert(0, world.call(first.range(2..5))?.into());
    let pending = world.call(ListMultipartUploads::new().prefix("dir/"))?;
    assert_eq!((pending.uploads.len(), &*pending.uploads[0].key), (1, "dir/big"));
    let page = world.call(ListParts::new(key(), upload.clone()).max_parts(1))?;
    assert_eq!((page.parts.len(), page.parts[0].length), (1, 3));
    let next = page.next.expect("one more");
    let page = world.call(ListParts::new(key(), upload.clone()).after(next))?;
    assert_eq!((page.parts.len(), page.next), (1, None));
    let done = world.call(CompleteMultipartUpload::new(key(), upload.clone(), parts.clone()))?;
    assert!(done.crc64.is_none_or(|crc| crc == Crc64::of(b"234 and more").value()));
    assert_eq!(world.read(GetObject::new(key()))?, b"234 and more");
    let again = world.call(CompleteMultipartUpload::new(key(), upload, parts));
    assert_eq!(kind(again), CosErrorKind::NotFound);
    let upload = world.call(InitiateMultipartUpload::new(key()))?;
    world.call(AbortMultipartUpload::new(key(), upload.clone()))?;
    assert_eq!(kind(world.call(AbortMultipartUpload::new(key(), upload))), CosErrorKind::NotFound);
    assert!(world.call(ListMultipartUploads::new())?.uploads.is_empty());
    Ok(())
}

#[test]
fn lists_go_on_to_their_end() -> Result<()> {
    let world = World::new()?;
    for name in ["a/1", "a/2", "b", "c d", "e%"] {
        world.put(name, name)?;
    }
    let mut found = Vec::new();
    let mut list = ListObjects::new().delimiter("/").max_keys(2);
    loop {
        let page = world.call(list.clone())?;
        found.extend(page.prefixes);
        found.extend(page.objects.into_iter().map(|object| object.key));
        match page.next {
            Some(next) => list = list.after(next),
            None => break,
        }
    }
    found.sort();
    assert_eq!(found, ["a/", "b", "c d", "e%"]);
    Ok(())
}

#[test]
fn keys_of_customers_open_what_they_closed() -> Result<()> {
    let world = World::of(FakeTencentCos::builder().insecure_customer_keys().start()?)?;
    let key = || ObjectKey::new("a").expect("a key");
    let customer = |byte| SseCustomerKey::from_bytes(vec![byte; 32]).expect("32 bytes");
    world.call(PutObject::new(key(), b"text".to_vec()).customer_key(customer(1)))?;
    assert_eq!(world.read(GetObject::new(key()).customer_key(customer(1)))?, b"text");
    assert!(world.read(GetObject::new(key()).customer_key(customer(2))).is_err());
    assert!(world.read(GetObject::new(key())).is_err());
    let copy = CopyObject::new(world.source("a")?, key());
    let copy = copy.replace_metadata(ObjectMetadata::new());
    world.call(copy.source_customer_key(customer(1)).customer_key(customer(3)))?;
    assert_eq!(world.read(GetObject::new(key()).customer_key(customer(3)))?, b"text");
    Ok(())
}

#[test]
fn faults_are_overcome_or_told() -> Result<()> {
    let world = World::new()?;
    let text = "text".repeat(1000);
    for fault in
        [Fault::close, Fault::lose_answer, || Fault::status(503, ""), || Fault::interrupt(10)]
    {
        world.fake.inject(fault().times(2));
        world.put("a", &text)?;
        world.fake.clear_faults();
    }
    let get = || GetObject::new(ObjectKey::new("a").expect("a key"));
    for fault in [Fault::close, || Fault::cut(700), || Fault::status(500, "")] {
        world.fake.inject(fault().times(2));
        assert_eq!(world.read(get())?, text.as_bytes());
        world.fake.clear_faults();
    }
    world.fake.inject(lie::flipped(3));
    assert_eq!(kind(world.read(get())), CosErrorKind::Damaged);
    world.fake.inject(lie::crc64("17"));
    assert_eq!(kind(world.put("a", &text)), CosErrorKind::Damaged);
    world.fake.inject(lie::without_crc64());
    assert_eq!(world.read(get())?, text.as_bytes());
    world.fake.inject(lie::error_in_success("InternalError", "Try again."));
    world.call(CopyObject::new(world.source("a")?, ObjectKey::new("b")?))?;
    Ok(())
}

#[test]
fn a_wrong_clock_and_a_wrong_key_are_told() -> Result<()> {
    let world = World::new()?;
    world.fake.set_clock(Some(SystemTime::now() + Duration::from_hours(24)));
    let error = world.put("a", "text").expect_err("the clock is wrong");
    assert!(error.to_string().contains("behind that of COS"), "{error}");
    world.fake.set_clock(None);
    let endpoint = world.cos.endpoint().clone();
    let other = CosCredentials::new(world.fake.access_key().id(), &b"another"[..])?;
    let cos = CosClient::new(endpoint, other, &CosSettings::new())?;
    let error = blocking::wait(cos.call(HeadObject::new(ObjectKey::new("a")?)));
    assert_eq!(kind(error), CosErrorKind::Denied);
    let error = blocking::wait(cos.call(PutObject::new(ObjectKey::new("a")?, b"text".to_vec())));
    let error = error.expect_err("the key is wrong");
    let error = CosError::find_in(&error).expect("an error of COS");
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    Ok(())
}

#[test]
fn every_domain_leads_to_the_bucket() -> Result<()> {
    let world = World::new()?;
    world.put("a", "text")?;
    let key = world.fake.access_key();
    for domain in
        [CosDomain::Public, CosDomain::Tencentcos, CosDomain::Internal, CosDomain::Accelerate]
    {
        let bucket = CosBucket::new(world.fake.bucket())?;
        let endpoint = CosEndpoint::in_domain(bucket, world.fake.region(), domain)?;
        let endpoint = endpoint.at_address(&world.fake.endpoint())?;
        let credentials = CosCredentials::new(key.id(), key.secret().as_bytes())?;
        let cos = CosClient::new(endpoint, credentials, &CosSettings::new())?;
        let found = blocking::wait(cos.call(HeadObject::new(ObjectKey::new("a")?)))?;
        assert_eq!(found.length, 4, "{domain:?}");
    }
    Ok(())
}

#[test]
fn abandoned_uploads_are_aborted_if_they_are_old_enough() -> Result<()> {
    let world = World::new()?;
    for key in ["dir/one", "dir/two", "elsewhere"] {
        world.call(InitiateMultipartUpload::new(ObjectKey::new(key)?))?;
    }
    let (hour, now) = (Duration::from_hours(1), SystemTime::now());
    let abort = |time| blocking::wait(world.cos.abort_uploads_before(time, "dir/"));
    assert!(abort(now - hour)?.aborted.is_empty());
    let found = abort(now + hour)?;
    assert!(found.unclear.is_empty());
    let aborted = found.aborted;
    assert_eq!(
        aborted.iter().map(|upload| &*upload.key).collect::<Vec<_>>(),
        ["dir/one", "dir/two"]
    );
    let left = world.call(ListMultipartUploads::new())?.uploads;
    assert_eq!(left.iter().map(|upload| &*upload.key).collect::<Vec<_>>(), ["elsewhere"]);
    Ok(())
}

/// Nothing is aborted that nobody asked for, or of which it is not known how old it is.
#[test]
fn uploads_that_are_not_clear_are_left_alone() -> Result<()> {
    let world = World::new()?;
    for key in ["dir/1", "dir/2", "dir/3"] {
        world.call(InitiateMultipartUpload::new(ObjectKey::new(key)?))?;
    }
    let long = format!("<Key>dir%2F{}</Key>", "x".repeat(900));
    world.fake.inject(Fault::body(move |body| {
        let text = String::from_utf8_lossy(&body).replace("<Key>dir%2F2</Key>", &long);
        let text = text.replace("<Key>dir%2F3</Key>", "<Key>elsewhere</Key>");
        // Of the first one.
        text.replacen("<Initiated>", "<Initiated>some day ", 1).into_bytes()
    }));
    let late = SystemTime::now() + Duration::from_hours(1);
    let found = blocking::wait(world.cos.abort_uploads_before(late, "dir/"))?;
    let unclear = found.unclear.iter().map(|upload| &upload.key[..5]).collect::<Vec<_>>();
    assert_eq!((unclear, found.aborted.len()), (vec!["dir/1", "dir/x"], 0));
    assert_eq!(world.call(ListMultipartUploads::new())?.uploads.len(), 3);
    Ok(())
}
