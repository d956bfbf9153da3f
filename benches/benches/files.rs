//! From a file in the page cache to nowhere, and to a file in the page cache.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, Write},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crypto_envelope_benches::{
    raw::read_copy_write,
    work::{UNSIGNED, Work},
};

const LENGTH: u64 = 256 << 20;

fn files(criterion: &mut Criterion) {
    let mut plaintext = file_of(LENGTH).expect("room for a file");
    let mut message = file_of(LENGTH + LENGTH / 64).expect("room for a file");
    for frame_length in [4_u32 << 10, 64 << 10] {
        let work = Work::new(UNSIGNED, frame_length).expect("good options");
        let name = format!("{} KiB frames", frame_length >> 10);

        let mut group = criterion.benchmark_group(format!("file to /dev/null, {name}"));
        group.throughput(Throughput::Bytes(LENGTH)).sample_size(10);
        group.bench_function("read and copy", |bencher| {
            bencher.iter(|| {
                plaintext.rewind()?;
                read_copy_write(frame_length as usize, &plaintext, null()?)
            });
        });
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("encrypt, threads", threads), |bencher| {
                bencher.iter(|| {
                    plaintext.rewind()?;
                    work.encrypt(threads, &plaintext, null()?)
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

fn file_of(length: u64) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let piece = vec![0xA5; 1 << 20];
    for _ in 0..length.div_ceil(piece.len() as u64) {
        file.write_all(&piece)?;
    }
    Ok(file)
}

fn null() -> io::Result<File> {
    OpenOptions::new().write(true).open("/dev/null")
}

criterion_group!(benches, files);
criterion_main!(benches);
