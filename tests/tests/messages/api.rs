//! What the types promise beyond their methods.

use crypto_envelope::{
    Decryptor, DecryptorBuilder, EncryptedDataKey, EncryptionContext, Encryptor, EncryptorBuilder,
    Error, Finished, Header, HeaderParser, Limits, Opener, Outline, Outliner, RangeOpener,
    RangeRead, Sealer, SecretBytes, UnverifiedHeader, aio,
    cache::{CacheCounters, MaterialsCache, MaterialsCacheBuilder},
    io::{DecryptReader, EncryptWriter, MessageBody},
    provider::{GeneratedKey, KeyProvider, RawAesProvider, RsaKey, Unwrapped},
    ranges::{RangeHeader, RangeOptions, RangeReader},
};

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}
fn is_send_value<T: Send>(value: T) -> T {
    value
}

/// A spawned task needs all of this to compile.
#[test]
fn types_and_futures_cross_threads() {
    is_send_and_sync::<Encryptor>();
    is_send_and_sync::<EncryptorBuilder>();
    is_send_and_sync::<Decryptor>();
    is_send_and_sync::<DecryptorBuilder>();
    is_send_and_sync::<Box<dyn KeyProvider>>();
    is_send_and_sync::<RawAesProvider>();
    is_send_and_sync::<RsaKey>();
    is_send_and_sync::<EncryptionContext>();
    is_send_and_sync::<EncryptedDataKey>();
    is_send_and_sync::<SecretBytes>();
    is_send_and_sync::<GeneratedKey>();
    is_send_and_sync::<Unwrapped>();
    is_send_and_sync::<Header>();
    is_send_and_sync::<UnverifiedHeader>();
    is_send_and_sync::<HeaderParser>();
    is_send_and_sync::<Limits>();
    is_send_and_sync::<MaterialsCache>();
    is_send_and_sync::<MaterialsCacheBuilder>();
    is_send_and_sync::<CacheCounters>();
    is_send_and_sync::<Outline>();
    is_send_and_sync::<Error>();
    is_send::<Sealer>();
    is_send::<Opener>();
    is_send::<Finished>();
    is_send::<Outliner>();
    is_send::<MessageBody<&[u8]>>();
    is_send::<EncryptWriter<Vec<u8>>>();
    is_send::<DecryptReader<&[u8]>>();
    is_send::<aio::MessageBody<&[u8]>>();
    is_send::<aio::EncryptWriter<Vec<u8>>>();
    is_send::<aio::DecryptReader<&[u8]>>();
    is_send::<aio::BodyStream<()>>();
    is_send_and_sync::<aio::EncryptStream<()>>();
    is_send_and_sync::<aio::DecryptStream<()>>();

    let provider = || RawAesProvider::new("api", "key", &SecretBytes::from(vec![1; 32]));
    let (encryptor, decryptor) = (
        Encryptor::new(provider().expect("a good key")),
        Decryptor::new(provider().expect("a good key")),
    );
    let context = EncryptionContext::new();
    drop(is_send_value(encryptor.prepare(&context)));
    drop(is_send_value(encryptor.prepare_at_most(&context, 7)));
    drop(is_send_value(encryptor.encrypt(b"", &context)));
    drop(is_send_value(decryptor.decrypt(b"", &context)));
    let source = bytes::Bytes::new();
    drop(is_send_value(aio::RangeReader::open(&decryptor, source, &context)));
    let parser = decryptor.header_parser();
    drop(is_send_value(aio::read_header(parser, &b""[..])));
    let pumps = async |sealer: Sealer, first: Opener, second: Opener| {
        let source = || std::io::Cursor::new(Vec::new());
        let body = aio::read_header(decryptor.header_parser(), source()).await?.1;
        is_send_value(aio::encrypt(sealer, source(), Vec::new())).await?;
        is_send_value(aio::decrypt(first, source(), Vec::new())).await?;
        is_send_value(aio::decrypt_seekable(second, body, Vec::new())).await
    };
    let _ = pumps;
}

#[test]
fn range_types_cross_threads() {
    is_send_and_sync::<RangeOpener>();
    is_send_and_sync::<RangeOptions>();
    is_send_and_sync::<RangeReader<std::fs::File>>();
    is_send_and_sync::<aio::RangeReader<aio::FileSource>>();
    is_send_and_sync::<Box<dyn aio::RangeSource>>();
    is_send::<RangeHeader<&[u8]>>();
    is_send::<aio::RangeHeader<aio::FileSource>>();
    is_send::<aio::RangeStream<aio::FileSource>>();
    is_send::<RangeRead>();
}
