//! The criterion groups: one for each layer.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use ami_benches::{inputs, jobs};
use ami_wire::index::Isa;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// The recorded flood and the two synthetic extremes.
fn all() -> [(&'static str, Vec<u8>); 3] {
    [("flood", inputs::flood_8()), ("tiny", inputs::tiny()), ("huge", inputs::huge())]
}

fn throughput(bytes: &[u8]) -> Throughput {
    Throughput::Bytes(bytes.len() as u64)
}

fn index(c: &mut Criterion) {
    let mut group = c.benchmark_group("index");
    let mut marks = vec![0; (32 << 10) + 64];
    for (name, bytes) in all() {
        group.throughput(throughput(&bytes));
        let mut copy = vec![0; bytes.len()];
        group.bench_function(BenchmarkId::new("memcpy", name), |b| b.iter(|| jobs::memcpy(&bytes, &mut copy)));
        group.bench_function(BenchmarkId::new("memchr_iter", name), |b| b.iter(|| jobs::memchr_iter(&bytes)));
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
            let id = BenchmarkId::new(format!("{isa:?}"), name);
            group.bench_function(id, |b| b.iter(|| jobs::index(isa, &bytes, &mut marks)));
        }
    }
}

fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("messages");
    for (name, bytes) in all() {
        group.throughput(throughput(&bytes));
        group.bench_function(BenchmarkId::new("memchr per line", name), |b| b.iter(|| jobs::memchr_per_line(&bytes)));
        group.bench_function(BenchmarkId::new("frame", name), |b| b.iter(|| jobs::frame(&bytes)));
        group.bench_function(BenchmarkId::new("headers", name), |b| b.iter(|| jobs::headers(&bytes)));
        group.bench_function(BenchmarkId::new("headers, free", name), |b| b.iter(|| jobs::headers_free(&bytes)));
        group.bench_function(BenchmarkId::new("defects", name), |b| b.iter(|| jobs::defects(&bytes)));
    }
    #[cfg(feature = "peers")]
    {
        let bytes = inputs::flood();
        group.throughput(throughput(&bytes)).sample_size(10);
        group.bench_function(BenchmarkId::new("asterisk-rs-ami codec", "flood"), |b| {
            b.iter(|| ami_benches::peers::asterisk_rs_codec(&bytes));
        });
    }
}

fn look_up(c: &mut Criterion) {
    let bytes = inputs::flood_8();
    let mut group = c.benchmark_group("look-up");
    group.throughput(throughput(&bytes));
    for key in ["Event", "Channel", "uniqueid", "Nothing"] {
        group.bench_function(BenchmarkId::new("get", key), |b| b.iter(|| jobs::get(&bytes, key)));
    }
}

fn stream(c: &mut Criterion) {
    let bytes = inputs::flood();
    let mut group = c.benchmark_group("stream");
    group.throughput(throughput(&bytes)).sample_size(20);
    for chunk in [1, 64, 1500, 65_536] {
        group.bench_function(BenchmarkId::from_parameter(chunk), |b| b.iter(|| jobs::stream(&bytes, chunk)));
    }
}

fn encode(c: &mut Criterion) {
    let bytes = inputs::flood();
    let mut group = c.benchmark_group("encode");
    let mut out = Vec::with_capacity(bytes.len());
    group.throughput(throughput(&bytes));
    group.bench_function("events", |b| b.iter(|| jobs::encode(&bytes, &mut out)));
}

#[cfg(feature = "layers")]
fn layers(c: &mut Criterion) {
    use ami_benches::layers;
    let bytes = inputs::flood();
    let mut group = c.benchmark_group("typed");
    group.throughput(throughput(&bytes));
    group.bench_function("decoded", |b| b.iter(|| layers::decode(&bytes)));
    group.bench_function("every field", |b| b.iter(|| layers::typed(&bytes)));
    #[cfg(feature = "peers")]
    group.bench_function("asterisk-rs-ami", |b| b.iter(|| ami_benches::peers::asterisk_rs_typed(&bytes)));
    group.finish();
    let mut group = c.benchmark_group("check");
    group.throughput(throughput(&bytes));
    group.bench_function("all rules", |b| b.iter(|| layers::check(&bytes)));
    group.finish();
    let mut group = c.benchmark_group("dump");
    let mut out = Vec::new();
    group.throughput(throughput(&bytes));
    group.bench_function("jsonl", |b| b.iter(|| layers::dump(&bytes, &mut out)));
}

criterion_group!(wire, index, messages, look_up, stream, encode);
#[cfg(feature = "layers")]
criterion_group!(above, layers);
#[cfg(feature = "layers")]
criterion_main!(wire, above);
#[cfg(not(feature = "layers"))]
criterion_main!(wire);
