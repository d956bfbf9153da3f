//! A Parquet table in a store that encrypts: written as it comes, and read with two of its columns and those row groups
//! that can hold what is looked for. Only the frames with these bytes are fetched, and each of them is verified.
//!
//! The store is memory here; any one of `object_store` will do.

use std::{error::Error, ops::Range, sync::Arc, time::Duration};

use arrow_array::{Int64Array, RecordBatch, StringArray, cast::AsArray, types::Int64Type};
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use crypto_envelope::{SecretBytes, cache::MaterialsCache, provider::RawAesProvider};
use crypto_envelope_object_store::{
    EncryptedStore, object_decryptor,
    object_store::{
        self, GetOptions, GetRange, ObjectStore, ObjectStoreExt, buffered::BufWriter,
        memory::InMemory, path::Path,
    },
};
use futures_util::{FutureExt, TryStreamExt, future::BoxFuture};
use parquet::{
    arrow::{
        AsyncArrowWriter, ParquetRecordBatchStreamBuilder, ProjectionMask,
        arrow_reader::ArrowReaderOptions,
        async_reader::{AsyncFileReader, MetadataSuffixFetch},
    },
    basic::Compression,
    errors::{ParquetError, Result as ParquetResult},
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
        properties::WriterProperties,
        statistics::Statistics,
    },
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let raw = Arc::new(InMemory::new());
    let provider = RawAesProvider::new("tables", "key-1", &SecretBytes::random(32)?)?;
    let provider = Arc::new(provider);
    // A table is read with many calls of the store. With a key service, each would be one of that too without a cache.
    let cache = MaterialsCache::builder(Duration::from_mins(5)).build()?;
    let decryptor = object_decryptor(Arc::clone(&provider)).cache(cache).build()?;
    let encrypted =
        EncryptedStore::builder(Arc::clone(&raw), provider).decryptor(decryptor).build()?;
    // Whoever reads and writes tables sees a store like any other.
    let store: Arc<dyn ObjectStore> = Arc::new(encrypted.clone());
    let table = Path::from("orders/2026.parquet");

    write(&store, &table).await?;
    let (found, total) = find(&store, &table, 123_456).await?;
    assert_eq!((found.as_deref(), total), (Some("customer 456"), ROWS_OF_GROUP));

    let counters = encrypted.decryptor().cache().map(MaterialsCache::counters);
    assert_eq!(counters.unwrap_or_default().calls, 1);
    let stored = raw.get(&table).await?.bytes().await?;
    assert!(!stored.starts_with(b"PAR1") && !stored.ends_with(b"PAR1"));
    Ok(())
}

/// Writes a table, some rows at a time. It is there when all of it was written.
async fn write(store: &Arc<dyn ObjectStore>, table: &Path) -> Result<(), Box<dyn Error>> {
    let column = |name, data_type| Field::new(name, data_type, false);
    let schema = Arc::new(Schema::new(vec![
        column("order", DataType::Int64),
        column("customer", DataType::Utf8),
        column("comment", DataType::Utf8),
        column("amount", DataType::Int64),
    ]));
    // Ciphertext cannot be compressed, so this comes first.
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROWS_OF_GROUP))
        .build();
    let object = BufWriter::new(Arc::clone(store), table.clone());
    let mut writer = AsyncArrowWriter::try_new(object, Arc::clone(&schema), Some(properties))?;
    for orders in (0..ROWS).step_by(10_000).map(|first| first..first + 10_000) {
        let text = |of: fn(i64) -> String| StringArray::from_iter_values(orders.clone().map(of));
        let batch = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![
                Arc::new(Int64Array::from_iter_values(orders.clone())),
                Arc::new(text(|order| format!("customer {}", order % 1000))),
                Arc::new(text(|order| format!("what was to be said of order {order}"))),
                Arc::new(Int64Array::from_iter_values(orders.clone().map(|order| order * 7))),
            ],
        )?;
        writer.write(&batch).await?;
    }
    writer.close().await?;
    Ok(())
}

/// Whose an order is, and how many rows were read to find that out.
async fn find(
    store: &Arc<dyn ObjectStore>,
    table: &Path,
    order: i64,
) -> Result<(Option<String>, usize), Box<dyn Error>> {
    let reader = TableReader { store: Arc::clone(store), location: table.clone() };
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    let metadata = Arc::clone(builder.metadata());
    let groups = metadata.row_groups().iter().enumerate();
    let groups = groups.filter(|(_, group)| may_have(group, order)).map(|(number, _)| number);
    let columns = ProjectionMask::columns(builder.parquet_schema(), ["order", "customer"]);
    let mut batches = builder.with_row_groups(groups.collect()).with_projection(columns).build()?;
    let (mut found, mut rows) = (None, 0);
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows();
        let orders = batch.column(0).as_primitive::<Int64Type>();
        if let Some(row) = orders.values().iter().position(|value| *value == order) {
            found = Some(batch.column(1).as_string::<i32>().value(row).to_owned());
        }
    }
    Ok((found, rows))
}

/// Whether the first column of a row group may have this value.
fn may_have(group: &RowGroupMetaData, value: i64) -> bool {
    let Some(Statistics::Int64(values)) = group.column(0).statistics() else { return true };
    values.min_opt().is_none_or(|least| *least <= value)
        && values.max_opt().is_none_or(|most| *most >= value)
}

/// How Parquet reads from a store, as the documentation of [`AsyncFileReader`] recommends it. It would be the same for
/// one that does not encrypt.
struct TableReader {
    store: Arc<dyn ObjectStore>,
    location: Path,
}

impl AsyncFileReader for TableReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { self.store.get_range(&self.location, range).await.map_err(of_store) }.boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.location, &ranges).await.map_err(of_store) }
            .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let reader = ParquetMetaDataReader::new().with_arrow_reader_options(options);
            // One request if all of the footer is in that, else two.
            let reader = reader.with_prefetch_hint(Some(64 << 10));
            Ok(Arc::new(reader.load_via_suffix_and_finish(self).await?))
        }
        .boxed()
    }
}

impl MetadataSuffixFetch for &mut TableReader {
    fn fetch_suffix(&mut self, length: usize) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            // The final frame proves where the end is.
            let options = GetOptions::new().with_range(Some(GetRange::Suffix(length as u64)));
            let result = self.store.get_opts(&self.location, options).await.map_err(of_store)?;
            result.bytes().await.map_err(of_store)
        }
        .boxed()
    }
}

fn of_store(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

const ROWS: i64 = 200_000;
const ROWS_OF_GROUP: usize = 50_000;
