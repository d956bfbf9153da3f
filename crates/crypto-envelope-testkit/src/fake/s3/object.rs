//! An object, its versions, and its parts.

use std::{borrow::Cow, ops::Range, time::SystemTime};

use md5::{Digest as _, Md5};

use super::{
    content::Content, customer_key::CustomerKey, error::S3Error, metadata::Metadata,
    protection::Protection, tags::Tags,
};
use crate::fake::{
    crypto,
    date::Date,
    http::{Body, conditions},
};

/// What stands under a key, or stood there.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// `null` if the bucket has no versions.
    pub(super) id: String,
    pub(super) modified: SystemTime,
    /// Nothing for a delete marker.
    pub(super) object: Option<Object>,
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    /// One, but of objects that were uploaded in parts.
    pub(super) parts: Vec<Content>,
    /// With its quotation marks.
    pub(super) etag: String,
    pub(super) metadata: Metadata,
    pub(super) protection: Protection,
    pub(super) tags: Tags,
    /// That which came with it: header and value.
    pub(super) checksum: Option<(Cow<'static, str>, String)>,
}

/// A part of an upload.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) content: Content,
    tag: [u8; 16],
    /// With its quotation marks.
    pub(super) etag: String,
    pub(super) modified: SystemTime,
}

impl Part {
    /// Encrypted if there is a key.
    pub(super) fn new(
        body: Body,
        key: Option<&CustomerKey>,
        modified: SystemTime,
    ) -> Result<Self, S3Error> {
        // The MD5 of what is encrypted would say what it is.
        let tag = if key.is_some() { crypto::random() } else { crypto::md5(&body) };
        let etag = format!("\"{}\"", crypto::hex(&tag));
        Ok(Self { content: Content::new(body, key)?, tag, etag, modified })
    }
}

impl Object {
    /// One in one piece.
    pub(super) fn of_part(part: Part, metadata: Metadata, protection: Protection) -> Self {
        Self {
            parts: vec![part.content],
            etag: part.etag,
            metadata,
            protection,
            tags: Tags::default(),
            checksum: None,
        }
    }

    /// One of parts, whose entity tag says of how many.
    pub(super) fn of_parts(parts: &[&Part], metadata: Metadata, protection: Protection) -> Self {
        let mut tags = Md5::new();
        for part in parts {
            tags.update(part.tag);
        }
        let tag: [u8; 16] = tags.finalize().into();
        Self {
            parts: parts.iter().map(|part| part.content.clone()).collect(),
            etag: format!("\"{}-{}\"", crypto::hex(&tag), parts.len()),
            metadata,
            protection,
            tags: Tags::default(),
            checksum: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(Content::len).sum()
    }

    /// How many parts it was uploaded in; nothing for one in one piece.
    pub(super) fn part_count(&self) -> Option<usize> {
        self.etag.contains('-').then_some(self.parts.len())
    }

    /// Where a part of it is, counted from 1.
    pub(super) fn place_of(&self, number: usize) -> Option<Range<usize>> {
        let index = number.checked_sub(1)?;
        let length = self.parts.get(index)?.len();
        let start = self.parts[..index].iter().map(Content::len).sum::<usize>();
        Some(start..start + length)
    }

    /// What of it is asked for. The key must be that of the object.
    pub(super) fn read(
        &self,
        range: &Range<usize>,
        key: Option<&CustomerKey>,
    ) -> Result<Body, S3Error> {
        let mut body = Body::default();
        let mut at = 0;
        for part in &self.parts {
            let wanted = range.start.saturating_sub(at)..range.end.saturating_sub(at);
            let wanted = wanted.start..wanted.end.min(part.len());
            if !wanted.is_empty() {
                body.extend(&part.read(wanted, key)?);
            }
            at += part.len();
        }
        Ok(body)
    }

    /// What `GET` and `HEAD` say of it.
    pub(super) fn headers(
        &self,
        modified: SystemTime,
    ) -> impl Iterator<Item = (Cow<'static, str>, String)> {
        let own = [
            ("Last-Modified", Date::of(modified).http()),
            ("ETag", self.etag.clone()),
            ("Accept-Ranges", "bytes".to_owned()),
        ];
        let own = own.map(|(name, value)| (Cow::Borrowed(name), value));
        own.into_iter().chain(self.metadata.headers())
    }

    /// Whether the tag is that of the object. Some clients leave out the quotation marks.
    pub(super) fn fits(&self, tags: &str) -> bool {
        conditions::has(tags, &self.etag)
    }
}
