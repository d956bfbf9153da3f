//! A service that keeps the files of several tenants in an object store: what is uploaded is encrypted on its way, and
//! decrypted when it is downloaded, as a whole or in part, in memory that does not grow with the file. The first part of
//! a name is the tenant, and what is stored for one of them cannot be passed off as something of another one.
//!
//! It runs against memory, or the bucket in `S3_BUCKET`, for which `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_REGION` and, for other servers, `AWS_ENDPOINT_URL_S3` and `AWS_ALLOW_HTTP` are read.

use std::{env, error::Error, io, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use crypto_envelope::{
    EncryptionContext, Error as CoreError, SecretBytes, UnwrapAttempt,
    provider::{KeyProvider, ProviderErrorKind, RawAesProvider},
};
use crypto_envelope_object_store::{EncryptedStore, Error as EncryptedError};
use futures_util::{TryStreamExt, stream};
use object_store::{
    Error as StoreError, GetOptions, GetRange, ObjectStore, ObjectStoreExt, aws::AmazonS3Builder,
    buffered::BufWriter, memory::InMemory, path::Path as Location,
};
use tokio::{io::AsyncWriteExt, net::TcpListener};

type Done<T> = Result<T, Box<dyn Error>>;
type Store = Arc<dyn ObjectStore>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let raw: Store = match env::var("S3_BUCKET") {
        Ok(bucket) => Arc::new(AmazonS3Builder::from_env().with_bucket_name(bucket).build()?),
        Err(_) => Arc::new(InMemory::new()),
    };
    // In earnest, a key service holds the key; see `AwsKmsProvider` and the like.
    let provider = RawAesProvider::new("uploads", "key-1", &SecretBytes::random(32)?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = service(encrypted(Arc::clone(&raw), provider)?);
    let server = tokio::spawn(async move { axum::serve(listener, service).await });

    let client = reqwest::Client::builder().no_proxy().build()?;
    let tried = try_out(&Client { client, url: format!("http://{address}/objects") }, &raw).await;
    server.abort();
    tried
}

/// The store, with what each object is bound to: its name, which is there without being asked for, and its tenant. Key
/// services see both, and may have rules about them.
fn encrypted(raw: Store, provider: impl KeyProvider) -> Done<Store> {
    let store = EncryptedStore::builder(raw, provider).encryption_context(|location| {
        let tenant = location.parts().next();
        let tenant = tenant.as_ref().map(AsRef::as_ref).unwrap_or_default();
        EncryptionContext::from([("tenant", tenant)])
    });
    Ok(Arc::new(store.build()?))
}

/// Who may act for which tenant is up to what is put before it.
fn service(store: Store) -> Router {
    let routes = routing::get(download).put(upload);
    Router::new().route("/objects/{*name}", routes).with_state(store)
}

async fn upload(
    State(store): State<Store>,
    UrlPath(name): UrlPath<String>,
    body: Body,
) -> Result<StatusCode, Failure> {
    let location = location(&name)?;
    // In a task of its own: when the client goes away, this here is dropped wherever it waits, and what was sent to the
    // store is still to be thrown away.
    let stored = tokio::spawn(store_body(store, location, body)).await;
    stored.map_err(|_| Failure::of(StatusCode::INTERNAL_SERVER_ERROR))??;
    Ok(StatusCode::CREATED)
}

/// Stores what comes, in one request if it is short, else in parts, of which some are on their way while the next one
/// comes. Under the name there is what was there before until all of it came.
async fn store_body(store: Store, location: Location, body: Body) -> Result<(), Failure> {
    let mut object =
        BufWriter::with_capacity(store, location, PART).with_max_concurrency(PARTS_AT_ONCE);
    if let Err(failure) = take_body(body, &mut object).await {
        // What went wrong first says more than that parts are left over.
        let _ = object.abort().await;
        return Err(failure);
    }
    object.shutdown().await.map_err(Failure::of_io)
}

async fn take_body(body: Body, object: &mut BufWriter) -> Result<(), Failure> {
    let mut pieces = body.into_data_stream();
    let broken = |_| Failure::of(StatusCode::BAD_REQUEST);
    while let Some(piece) = pieces.try_next().await.map_err(broken)? {
        object.put(piece).await?;
    }
    Ok(())
}

/// All of an object, or a range of it, for which only the frames that hold it are fetched. Each piece was verified
/// before it is sent; if one behind it turns out not to be genuine, the connection ends before the announced length.
async fn download(
    State(store): State<Store>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (location, range) = (location(&name)?, range_of(&headers));
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let options = GetOptions::new().with_range(range.clone());
    let found = match (store.get_opts(&location, options).await, range) {
        (Ok(found), _) => found,
        (Err(error), None) => return Err(error.into()),
        (Err(error), Some(range)) => {
            let length = store.head(&location).await?.size;
            let is_outside = range.as_range(length).is_err();
            return Err(if is_outside { Failure::outside(length) } else { error.into() });
        }
    };
    let (range, length) = (found.range.clone(), found.meta.size);
    let mut answer = Response::builder()
        .status(status)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, range.end - range.start);
    if status == StatusCode::PARTIAL_CONTENT {
        if range.is_empty() {
            return Err(Failure::outside(length));
        }
        let which = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        answer = answer.header(header::CONTENT_RANGE, which);
    }
    if let Some(e_tag) = &found.meta.e_tag {
        answer = answer.header(header::ETAG, e_tag);
    }
    let body = Body::from_stream(found.into_stream());
    answer.body(body).map_err(|_| Failure::of(StatusCode::INTERNAL_SERVER_ERROR))
}

/// A tenant, and a name of its own.
fn location(name: &str) -> Result<Location, Failure> {
    let wrong = || Failure::of(StatusCode::BAD_REQUEST);
    let location = Location::parse(name).map_err(|_| wrong())?;
    if location.parts().count() < 2 { Err(wrong()) } else { Ok(location) }
}

/// The range that is asked for. Several, and what is no range, count as none (RFC 9110, 14.2).
fn range_of(headers: &HeaderMap) -> Option<GetRange> {
    let range = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?;
    match range.split_once('-')? {
        ("", length) => Some(GetRange::Suffix(length.parse().ok()?)),
        (start, "") => Some(GetRange::Offset(start.parse().ok()?)),
        (start, last) => {
            let (start, last) = (start.parse().ok()?, last.parse::<u64>().ok()?);
            (start <= last).then_some(GetRange::Bounded(start..last.checked_add(1)?))
        }
    }
}

/// What a client is told. The error itself is for the log of the service, and for nobody else.
struct Failure {
    status: StatusCode,
    /// Of the object, if nothing of it is in the range.
    length: Option<u64>,
}

impl Failure {
    fn of(status: StatusCode) -> Self {
        Self { status, length: None }
    }

    fn outside(length: u64) -> Self {
        Self { status: StatusCode::RANGE_NOT_SATISFIABLE, length: Some(length) }
    }

    /// Writers wrap what the store says.
    fn of_io(error: io::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(error) => error.into(),
            Err(_) => Self::of(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of(match (&error, EncryptedError::of(&error)) {
            (StoreError::NotFound { .. }, _) => StatusCode::NOT_FOUND,
            (StoreError::PermissionDenied { .. }, _) => StatusCode::FORBIDDEN,
            // Replaced again and again while it was read.
            (StoreError::Precondition { .. }, _) => StatusCode::CONFLICT,
            (_, Some(EncryptedError::Message(error))) if may_pass(error) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            // There is something that this service did not put there.
            (
                _,
                Some(
                    EncryptedError::Message(_)
                    | EncryptedError::Unencrypted
                    | EncryptedError::ImpossibleLength,
                ),
            ) => StatusCode::BAD_GATEWAY,
            (_, Some(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            // Of the store below.
            (_, None) => StatusCode::SERVICE_UNAVAILABLE,
        })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self.length {
            Some(length) => {
                let length = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
                (self.status, length).into_response()
            }
            None => self.status.into_response(),
        }
    }
}

/// Whether the key service may answer another time.
fn may_pass(error: &CoreError) -> bool {
    use ProviderErrorKind::{Throttled, Unavailable};
    match error {
        CoreError::Provider(error) => matches!(error.kind(), Throttled | Unavailable),
        CoreError::NoUsableKey { attempts, .. } => {
            attempts.iter().filter_map(UnwrapAttempt::error).any(may_pass)
        }
        _ => false,
    }
}

/// Goes on with the service as its clients do, and with the store as its operator could.
async fn try_out(client: &Client, raw: &Store) -> Done<()> {
    let (name, other) = ("acme/reports/2026.bin", "rival/reports/2026.bin");
    let text = (0..5_u32 << 20).flat_map(u32::to_le_bytes).collect::<Vec<_>>();
    assert_eq!(client.get(name, None).await?.0, StatusCode::NOT_FOUND);
    assert_eq!(client.put(name, pieces(&text)).await?, StatusCode::CREATED);
    assert_eq!(client.get(name, None).await?, (StatusCode::OK, text.clone()));

    let range = client.get(name, Some("bytes=10000000-10000999")).await?;
    assert_eq!(range, (StatusCode::PARTIAL_CONTENT, text[10_000_000..10_001_000].to_vec()));
    let range = client.get(name, Some("bytes=-7")).await?;
    assert_eq!(range, (StatusCode::PARTIAL_CONTENT, text[text.len() - 7..].to_vec()));
    let range = client.get(name, Some("bytes=30000000-")).await?;
    assert_eq!(range.0, StatusCode::RANGE_NOT_SATISFIABLE);

    // In the store there is nothing of the text.
    let stored = raw.get(&name.into()).await?.bytes().await?;
    assert!(stored.len() > text.len());
    assert!(!stored.windows(32).any(|window| window == &text[1 << 20..][..32]));

    // A message under another name, of the same tenant or another one, is not what belongs there.
    let names = ["acme/reports/2025.bin", other];
    for name in names {
        raw.put(&name.into(), stored.clone().into()).await?;
        assert_eq!(client.get(name, None).await?.0, StatusCode::BAD_GATEWAY, "{name}");
        assert_eq!(client.get(name, Some("bytes=0-9")).await?.0, StatusCode::BAD_GATEWAY);
        raw.delete(&name.into()).await?;
    }

    // What breaks off is as if it had never begun, though parts of it were sent.
    let broken = pieces(&text).chain([Err(io::ErrorKind::ConnectionReset.into())]);
    assert!(client.put(other, broken).await.is_err());
    assert_eq!(client.get(other, None).await?.0, StatusCode::NOT_FOUND);

    assert_eq!(client.put("no-tenant", pieces(b"")).await?, StatusCode::BAD_REQUEST);
    raw.delete(&name.into()).await?;
    Ok(())
}

/// A body as it comes over a network.
fn pieces(text: &[u8]) -> impl Iterator<Item = io::Result<Bytes>> + Send + use<> {
    let pieces = text.chunks(100_000).map(|piece| Ok(Bytes::copy_from_slice(piece)));
    pieces.collect::<Vec<_>>().into_iter()
}

/// A client of the service.
struct Client {
    client: reqwest::Client,
    url: String,
}

impl Client {
    async fn put(
        &self,
        name: &str,
        pieces: impl Iterator<Item = io::Result<Bytes>> + Send + 'static,
    ) -> reqwest::Result<StatusCode> {
        let body = reqwest::Body::wrap_stream(stream::iter(pieces));
        let request = self.client.put(format!("{}/{name}", self.url)).body(body);
        Ok(request.send().await?.status())
    }

    async fn get(&self, name: &str, range: Option<&str>) -> reqwest::Result<(StatusCode, Vec<u8>)> {
        let mut request = self.client.get(format!("{}/{name}", self.url));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        let answer = request.send().await?;
        Ok((answer.status(), answer.bytes().await?.into()))
    }
}

/// Plaintext that is sent to the store in one request.
const PART: usize = 8 << 20;
/// So many parts of an upload are on their way at the same time, and in memory.
const PARTS_AT_ONCE: usize = 2;
