//! Reading a Parquet file.

use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};

use crate::{
    Bench, Outcome,
    objects::{check_length, upload},
    parquet_file::{FileReader, ROW_GROUPS, write},
    side::{Side, Stores},
    table::Table,
};

impl Bench {
    pub(crate) fn scan(&self) -> Outcome {
        let file = write(self.settings.rows)?;
        println!("\nA Parquet file of {} bytes, {ROW_GROUPS} groups of rows:", file.len());
        TABLE.begin();
        let memory = Stores::over(InMemory::new())?;
        for (below, stores) in [("S3", &self.stores), ("memory", &memory)] {
            for side in [&stores.bare, &stores.encrypted] {
                stores.runtime.block_on(upload(side, FILE, [file.clone()]))?;
            }
            for (name, what) in [("all", What::All), ("a column, every other group", What::Column)]
            {
                let read = async |side: &Side| {
                    check_length(scan(side, what).await?, what.rows(self.settings.rows))
                };
                let costs = stores.in_turns(self.settings.turns, &stores.encrypted, &read)?;
                TABLE.row(&format!("{name} | {below}"), 1.0, &costs);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum What {
    All,
    /// One of eight, of half the rows.
    Column,
}

impl What {
    fn groups() -> impl Iterator<Item = usize> {
        (0..ROW_GROUPS).step_by(2)
    }

    fn rows(self, all: usize) -> usize {
        let group = all.div_ceil(ROW_GROUPS);
        match self {
            Self::All => all,
            Self::Column => Self::groups().map(|index| group.min(all - index * group)).sum(),
        }
    }
}

/// How many rows were read.
async fn scan(side: &Side, what: What) -> Outcome<usize> {
    let reader = FileReader::new(side, FILE);
    let mut builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    if let What::Column = what {
        let column = ProjectionMask::leaves(builder.parquet_schema(), [2]);
        builder = builder.with_projection(column).with_row_groups(What::groups().collect());
    }
    let mut batches = builder.build()?;
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows();
    }
    Ok(rows)
}

const FILE: &str = "file.parquet";
const TABLE: Table = Table { jobs: "scan of | below", rate: "a second", processor: ("ms", 1e3) };
