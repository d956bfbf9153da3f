//! A Parquet file in a store.

use std::{ops::Range, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use object_store::{GetOptions, GetRange, ObjectStoreExt, path::Path};
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_reader::ArrowReaderOptions,
        async_reader::{AsyncFileReader, MetadataSuffixFetch},
    },
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader},
        properties::WriterProperties,
    },
};

use crate::{Outcome, side::Side, table::number};

/// Makes one.
pub(crate) fn write(rows: usize) -> Outcome<Bytes> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows.div_ceil(ROW_GROUPS)))
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch(0..1)?.schema(), Some(properties))?;
    for start in (0..rows).step_by(BATCH) {
        writer.write(&batch(start..rows.min(start + BATCH))?)?;
    }
    writer.close()?;
    Ok(file.into())
}

/// Two columns of integers, four of other numbers, one of few texts and one of many.
fn batch(rows: Range<usize>) -> Outcome<RecordBatch> {
    let mixed = |row: usize, column: usize| {
        let mixed = (row * 8 + column).wrapping_mul(MULTIPLIER);
        mixed ^ (mixed >> 29)
    };
    let integers = |column: usize| -> Outcome<ArrayRef> {
        let values = rows.clone().map(|row| i64::try_from(mixed(row, column) >> 1));
        Ok(Arc::new(values.collect::<Result<Int64Array, _>>()?))
    };
    let numbers = |column: usize| -> ArrayRef {
        let values = rows.clone().map(|row| number(mixed(row, column)));
        Arc::new(Float64Array::from_iter_values(values))
    };
    let texts = |text: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.clone().map(text)))
    };
    Ok(RecordBatch::try_from_iter([
        ("id", integers(0)?),
        ("time", integers(1)?),
        ("a", numbers(2)),
        ("b", numbers(3)),
        ("c", numbers(4)),
        ("d", numbers(5)),
        ("kind", texts(&|row| format!("kind {}", mixed(row, 6) % 100))),
        ("text", texts(&|row| format!("{:032x}", mixed(row, 7)))),
    ])?)
}

/// Reads one, as the documentation of `parquet` says.
pub(crate) struct FileReader {
    side: Side,
    path: Path,
}

impl FileReader {
    pub(crate) fn new(side: &Side, name: &str) -> Self {
        Self { side: side.clone(), path: side.path(name) }
    }
}

impl AsyncFileReader for FileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.side.store.get_range(&self.path, range).map_err(external).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move { self.side.store.get_ranges(&self.path, &ranges).await.map_err(external) }
            .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            let metadata = ParquetMetaDataReader::new().with_arrow_reader_options(options);
            Ok(Arc::new(metadata.load_via_suffix_and_finish(self).await?))
        }
        .boxed()
    }
}

impl MetadataSuffixFetch for &mut FileReader {
    fn fetch_suffix(&mut self, suffix: usize) -> BoxFuture<'_, Result<Bytes>> {
        async move {
            let range = Some(GetRange::Suffix(suffix as u64));
            let options = GetOptions { range, ..GetOptions::default() };
            let found = self.side.store.get_opts(&self.path, options).await.map_err(external)?;
            found.bytes().await.map_err(external)
        }
        .boxed()
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// How many groups of rows.
pub(crate) const ROW_GROUPS: usize = 8;
/// Rows that are written at a time.
const BATCH: usize = 1 << 14;
const MULTIPLIER: usize = 0x9E37_79B9_7F4A_7C15;
