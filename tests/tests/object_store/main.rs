//! Stores that encrypt, below the libraries that read from them.

mod parquet;
