//! From a file in the page cache to nowhere, and to a file in the page cache.

use std::io::Seek;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crypto_envelope_benches::{
    files,
    raw::read_copy_write,
    work::{UNSIGNED, Work},
};

const LENGTH: u64 = 256 << 20;

fn encrypt(criterion: &mut Criterion) {
    let mut plaintext = files::of_length(LENGTH).expect("room for a file");
    let mut message = files::of_length(LENGTH + LENGTH / 64).expect("room for a file");
    for frame_length in [4_u32 << 10, 64 << 10] {
        let work = Work::new(UNSIGNED, frame_length).expect("good options");
        let name = format!("{} KiB frames", frame_length >> 10);

        let mut group = criterion.benchmark_group(format!("file to /dev/null, {name}"));
        group.throughput(Throughput::Bytes(LENGTH)).sample_size(10);
        group.bench_function("read and copy", |bencher| {
            bencher.iter(|| {
                plaintext.rewind()?;
                read_copy_write(frame_length as usize, &plaintext, files::null()?)
            });
        });
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("encrypt, threads", threads), |bencher| {
                bencher.iter(|| {
                    plaintext.rewind()?;
                    work.encrypt(threads, &plaintext, files::null()?)
                });
            });
        }
        group.finish();

        let mut group = criterion.benchmark_group(format!("file to file, {name}"));
        group.throughput(Throughput::Bytes(LENGTH)).sample_size(10);
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("encrypt, threads", threads), |bencher| {
                bencher.iter(|| work.encrypt_file(threads, &mut plaintext, &mut message));
            });
        }
    }
}

criterion_group!(benches, encrypt);
criterion_main!(benches);
