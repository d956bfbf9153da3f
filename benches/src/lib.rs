//! What the benches run: work of this library, and raw loops that do the least that the same bytes
//! need.

pub mod compare;
pub mod files;
pub mod processor;
pub mod raw;
pub mod resident;
pub mod work;
