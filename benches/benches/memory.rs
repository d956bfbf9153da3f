//! From memory to memory: one thread and two, against AWS-LC alone and SHA-384 alone.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crypto_envelope_benches::{
    raw::{Frames, hash},
    work::{SIGNED, UNSIGNED, Work},
};

const LENGTH: usize = 64 << 20;

fn unsigned(criterion: &mut Criterion) {
    let plaintext = vec![0xA5; LENGTH];
    for frame_length in [4 << 10, 64 << 10, 1 << 20] {
        let name = format!("{} KiB frames", frame_length >> 10);
        let work = Work::new(UNSIGNED, u32::try_from(frame_length).expect("it is short"));
        let work = work.expect("good options");
        let raw = Frames::new(frame_length);

        let mut group = criterion.benchmark_group(format!("seal, {name}"));
        group.throughput(Throughput::Bytes(LENGTH as u64)).sample_size(10);
        let message = work.message(&plaintext).expect("it can be sealed");
        let body = work.header_length().expect("it can be sealed");
        let mut out = vec![0; message.len()];
        group.bench_function("raw", |bencher| {
            bencher.iter(|| raw.seal(black_box(&plaintext), &mut out[body..]));
        });
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
                bencher.iter(|| work.seal(threads, black_box(&plaintext), &mut out));
            });
        }
        group.finish();

        let mut group = criterion.benchmark_group(format!("open, {name}"));
        group.throughput(Throughput::Bytes(LENGTH as u64)).sample_size(10);
        let mut sealed = vec![0; message.len()];
        raw.seal(&plaintext, &mut sealed[body..]);
        let mut opened = vec![0; message.len()];
        group.bench_function("raw", |bencher| {
            bencher.iter(|| raw.open(black_box(&sealed[body..]), &mut opened));
        });
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
                bencher.iter(|| work.open(threads, black_box(&message), &mut opened));
            });
        }
    }
}

fn signed(criterion: &mut Criterion) {
    let plaintext = vec![0xA5; LENGTH];
    let work = Work::new(SIGNED, 4 << 10).expect("good options");
    let mut out = vec![0; LENGTH + LENGTH / 64];
    let mut group = criterion.benchmark_group("seal and sign, 4 KiB frames");
    group.throughput(Throughput::Bytes(LENGTH as u64)).sample_size(10);
    group.bench_function("SHA-384", |bencher| bencher.iter(|| hash(black_box(&plaintext))));
    for threads in [1, 2] {
        group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
            bencher.iter(|| work.seal(threads, black_box(&plaintext), &mut out));
        });
    }
}

criterion_group!(benches, unsigned, signed);
criterion_main!(benches);
