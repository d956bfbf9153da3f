//! The async reader of `parquet` over an encrypted table: what it gives, and how many bytes it fetches for that.

#![expect(deprecated, reason = "`ParquetObjectReader` is what most programs read with")]

use std::{
    collections::BTreeSet,
    error::Error,
    ops::{Range, RangeInclusive},
    sync::Arc,
};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use crypto_envelope::{SecretBytes, provider::RawAesProvider, ranges::RangeOptions};
use crypto_envelope_object_store::{
    EncryptedStore, object_encryptor,
    object_store::{
        ObjectStore, ObjectStoreExt, buffered::BufWriter, memory::InMemory, path::Path,
    },
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::counting_store::CountingStore;
use futures_util::TryStreamExt;
use parquet::{
    arrow::{
        AsyncArrowWriter, ParquetRecordBatchStreamBuilder, ProjectionMask,
        arrow_reader::{ArrowReaderOptions, RowSelection},
        async_reader::ParquetObjectReader,
    },
    file::{
        metadata::{PageIndexPolicy, RowGroupMetaData},
        properties::WriterProperties,
        statistics::Statistics,
    },
};

type Done<T> = Result<T, Box<dyn Error>>;

/// One of eight row groups, and two of eight columns.
#[tokio::test]
async fn what_is_left_out_is_not_fetched() -> Done<()> {
    let wanted = id(3 * ROWS_OF_GROUP + 17);
    let query = Query { columns: &["id", "c3"], ids: Some(wanted..=wanted), rows: None };
    for tables in [Tables::new(4 << 10).await?, Tables::new(64 << 10).await?] {
        for opened in [Opened::BySuffix, Opened::BySize] {
            let fetched = tables.check(&query, opened, ROWS_OF_GROUP).await?;
            assert!(fetched * 15 < tables.stored, "{fetched} of {}", tables.stored);
        }
    }
    Ok(())
}

/// Of two row groups some pages, as their index says where they are.
#[tokio::test]
async fn of_pages_only_those_with_the_rows_are_fetched() -> Done<()> {
    let rows = RowSelection::from_consecutive_ranges(
        [10..20, 5000..5100, ROWS_OF_GROUP + 9000..ROWS_OF_GROUP + 9001].into_iter(),
        2 * ROWS_OF_GROUP,
    );
    let ids = id(ROWS_OF_GROUP - 1)..=id(ROWS_OF_GROUP);
    let query = Query { columns: &["id", "c1", "note"], ids: Some(ids), rows: Some(rows) };
    let tables = Tables::new(4 << 10).await?;
    for opened in [Opened::BySuffix, Opened::BySize] {
        let fetched = tables.check(&query, opened, 10 + 100 + 1).await?;
        assert!(fetched * 20 < tables.stored, "{fetched} of {}", tables.stored);
    }
    Ok(())
}

/// No frame is fetched twice by one call, however long that is.
#[tokio::test]
async fn a_whole_table_is_fetched_about_once() -> Done<()> {
    let query = Query { columns: &COLUMNS, ids: None, rows: None };
    let tables = Tables::new(64 << 10).await?;
    let fetched = tables.check(&query, Opened::BySuffix, GROUPS * ROWS_OF_GROUP).await?;
    // Each row group is one call, and the footer two: those that follow each other have a frame in common.
    let twice = (GROUPS as u64 + 2) * (u64::from(tables.frame) + AROUND_FINAL_FRAME);
    assert!(fetched < tables.stored + twice, "{fetched} of {}", tables.stored);
    Ok(())
}

/// What is wanted of a table.
struct Query {
    columns: &'static [&'static str],
    /// Row groups that can have none of these ids are left out.
    ids: Option<RangeInclusive<i64>>,
    /// Of the row groups that are left.
    rows: Option<RowSelection>,
}

/// How the reader finds the end of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// It asks for the last bytes.
    BySuffix,
    /// It is told how long the table is, by the head.
    BySize,
}

/// The same table in two stores.
struct Tables {
    plain: Arc<CountingStore<InMemory>>,
    /// The messages of the store that encrypts.
    inner: Arc<CountingStore<InMemory>>,
    provider: Arc<RawAesProvider>,
    /// Plaintext bytes of a frame.
    frame: u32,
    /// Length of the table.
    length: u64,
    /// Length of the message.
    stored: u64,
}

impl Tables {
    /// Writes the table into both.
    async fn new(frame: u32) -> Done<Self> {
        let store = || Arc::new(CountingStore::new(InMemory::new()));
        let provider = RawAesProvider::new("tests", "key", &SecretBytes::from(vec![7; 32]))?;
        let (plain, inner, provider) = (store(), store(), Arc::new(provider));
        let mut tables = Self { plain, inner, provider, frame, length: 0, stored: 0 };
        let encrypted = Arc::new(tables.encrypted()?);
        write(encrypted.clone()).await?;
        write(tables.plain.clone()).await?;
        let plaintext = tables.plain.get(&table()).await?.bytes().await?;
        assert!(encrypted.get(&table()).await?.bytes().await? == plaintext);
        tables.length = plaintext.len() as u64;
        tables.stored = tables.inner.head(&table()).await?.size;
        Ok(tables)
    }

    /// The store that encrypts, which knows of no header.
    fn encrypted(&self) -> Done<EncryptedStore<Arc<CountingStore<InMemory>>>> {
        let encryptor = object_encryptor(self.provider.clone()).frame_length(self.frame).build()?;
        let options = RangeOptions::default()
            .with_first_fetch(FIRST_FETCH)
            .with_merge_gap(0)
            .with_read_ahead(8 << 20);
        let store = EncryptedStore::builder(self.inner.clone(), self.provider.clone());
        Ok(store.encryptor(encryptor).ranges(options).build()?)
    }

    /// Runs the query over both, compares what comes out, and that no more is fetched than has to be. Returns how much
    /// that is.
    async fn check(&self, query: &Query, opened: Opened, rows: usize) -> Done<u64> {
        let _ = (self.plain.calls(), self.inner.calls());
        let expected = run(self.plain.clone(), query, opened).await?;
        let calls = self.plain.calls();
        let encrypted = Arc::new(CountingStore::new(self.encrypted()?));
        let found = run(encrypted.clone(), query, opened).await?;
        assert_eq!(expected, found);
        assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
        assert_eq!(encrypted.calls(), calls, "the reader asks both for the same");

        let (fetched, most) = (self.inner.bytes(), self.most(&calls, opened));
        assert!(fetched <= most, "{fetched} bytes were fetched for {calls:?}, and not {most}");
        Ok(fetched)
    }

    /// Most bytes that are fetched for such calls.
    ///
    /// Each call opens the message for itself, and fetches each frame once in which one of its ranges lies, with
    /// nothing between them. The header is fetched by the first of all calls, and known to the others by the entity
    /// tag; what comes along behind it is less than a frame, so that it saves nothing.
    ///
    /// The end has to be proved for what depends on it: suffixes, and ranges that reach into the final frame. All of
    /// these have the final frame among theirs. Ranges elsewhere need no proof. Only the head has no range at all, and
    /// the final frame is fetched for it alone.
    fn most(&self, calls: &[Vec<Range<u64>>], opened: Opened) -> u64 {
        let frame_length = u64::from(self.frame);
        let last = self.length.div_ceil(frame_length) - 1;
        let of_frame = |frame: u64| {
            if frame == last {
                self.length - frame * frame_length + AROUND_FINAL_FRAME
            } else {
                frame_length + AROUND_FRAME
            }
        };
        let frames =
            |range: &Range<u64>| range.start / frame_length..range.end.div_ceil(frame_length);
        let of_call = |ranges: &Vec<Range<u64>>| {
            let touched = ranges.iter().flat_map(frames).collect::<BTreeSet<_>>();
            touched.into_iter().map(of_frame).sum::<u64>()
        };
        let of_head = if opened == Opened::BySize { of_frame(last) } else { 0 };
        FIRST_FETCH as u64 + of_head + calls.iter().map(of_call).sum::<u64>()
    }
}

/// What a query finds in the table of a store.
async fn run(store: Arc<dyn ObjectStore>, query: &Query, opened: Opened) -> Done<Vec<RecordBatch>> {
    let mut reader = ParquetObjectReader::new(Arc::clone(&store), table());
    if opened == Opened::BySize {
        reader = reader.with_file_size(store.head(&table()).await?.size);
    }
    let policy = match query.rows {
        Some(_) => PageIndexPolicy::Required,
        None => PageIndexPolicy::Skip,
    };
    let options = ArrowReaderOptions::new().with_page_index_policy(policy);
    let builder = ParquetRecordBatchStreamBuilder::new_with_options(reader, options).await?;
    let groups = builder.metadata().row_groups().iter().enumerate();
    let groups =
        groups.filter(|(_, group)| query.ids.as_ref().is_none_or(|ids| may_have(group, ids)));
    let groups = groups.map(|(number, _)| number).collect();
    let columns = ProjectionMask::columns(builder.parquet_schema(), query.columns.iter().copied());
    let mut builder = builder.with_row_groups(groups).with_projection(columns);
    if let Some(rows) = &query.rows {
        builder = builder.with_row_selection(rows.clone());
    }
    Ok(builder.build()?.try_collect().await?)
}

/// Whether a row group can have one of these ids, by its statistics.
fn may_have(group: &RowGroupMetaData, ids: &RangeInclusive<i64>) -> bool {
    let Some(Statistics::Int64(values)) = group.column(0).statistics() else { return true };
    values.min_opt().is_none_or(|least| least <= ids.end())
        && values.max_opt().is_none_or(|most| most >= ids.start())
}

/// Writes the table: ascending ids, numbers without any order, and texts. Neither compressed nor as dictionaries, so
/// that all columns are about as long.
async fn write(store: Arc<dyn ObjectStore>) -> Done<()> {
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(ROWS_OF_GROUP))
        .set_data_page_row_count_limit(1024)
        .build();
    let object = BufWriter::new(store, table());
    let mut writer = AsyncArrowWriter::try_new(object, batch(0)?.schema(), Some(properties))?;
    for group in 0..GROUPS {
        writer.write(&batch(group)?).await?;
    }
    writer.close().await?;
    Ok(())
}

/// The rows of a row group.
fn batch(group: usize) -> Done<RecordBatch> {
    let ids = id(group * ROWS_OF_GROUP)..id((group + 1) * ROWS_OF_GROUP);
    let columns = COLUMNS.iter().enumerate().map(|(number, name)| {
        let column: ArrayRef = match number {
            0 => Arc::new(Int64Array::from_iter_values(ids.clone())),
            7 => Arc::new(StringArray::from_iter_values(ids.clone().map(|id| format!("{id:08}")))),
            _ => {
                let seed = (group * COLUMNS.len() + number) as u64;
                let bytes = data::plaintext(8 * ROWS_OF_GROUP, seed);
                let values = bytes.chunks_exact(8);
                let values =
                    values.map(|value| i64::from_le_bytes(value.try_into().expect("eight")));
                Arc::new(Int64Array::from_iter_values(values))
            }
        };
        (*name, column)
    });
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// That of a row.
fn id(row: usize) -> i64 {
    i64::try_from(row).expect("there are few rows")
}

fn table() -> Path {
    Path::from("tables/orders.parquet")
}

const COLUMNS: [&str; 8] = ["id", "c1", "c2", "c3", "c4", "c5", "c6", "note"];
const GROUPS: usize = 8;
const ROWS_OF_GROUP: usize = 16 << 10;

/// Enough for a header, and less than that with a frame.
const FIRST_FETCH: usize = 1024;
/// Number, IV and tag.
const AROUND_FRAME: u64 = 4 + 12 + 16;
/// The same, what marks the end, and a length.
const AROUND_FINAL_FRAME: u64 = AROUND_FRAME + 4 + 4;
