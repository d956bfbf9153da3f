//! Ratios of this library to yardsticks, measured in turns in one run, as a table for
//! `docs/performance.md`.
//!
//! `goals [TURNS]`, where 7 turns are usual.

use std::{
    cell::RefCell,
    env,
    error::Error,
    hint::black_box,
    io::{self, Read, Seek},
    process::Command,
};

use crypto_envelope::{SecretBytes, hazmat::AesCtr};
use crypto_envelope_benches::{
    compare::{Comparison, in_turns},
    files,
    raw::{Frames, Stream, hash, read_copy_write},
    resident,
    work::{SIGNED, UNSIGNED, Work},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const MEMORY: usize = 64 << 20;
const FILE: u64 = 1 << 30;

fn main() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["resident", what, threads, length] => {
            measure_resident(what, threads.parse()?, length.parse()?)
        }
        [] => goals(7),
        [turns] => goals(turns.parse()?),
        _ => Err("goals [TURNS]".into()),
    }
}

fn goals(turns: usize) -> Outcome {
    println!("| job | yardstick | goal | ratio | range | GB/s | yardstick GB/s |");
    println!("|---|---|---|---|---|---|---|");
    in_memory(turns)?;
    stream(turns)?;
    from_files(turns)?;
    signed(turns)?;
    ranges(turns)?;
    println!();
    println!("| job | bytes | threads | peak KiB |");
    println!("|---|---|---|---|");
    memory()
}

fn in_memory(turns: usize) -> Outcome {
    let plaintext = vec![0xA5; MEMORY];
    for frame_length in [4_u32 << 10, 64 << 10] {
        let work = Work::new(UNSIGNED, frame_length)?;
        let raw = Frames::new(frame_length as usize);
        let message = work.message(&plaintext)?;
        let body = work.header_length()?;
        // The same memory for both: some is slower than other, where it is and what is behind it.
        let out = RefCell::new(vec![0; message.len()]);
        let kib = frame_length >> 10;

        let seal = in_turns(
            turns,
            || work.seal(1, &plaintext, &mut out.borrow_mut()),
            || {
                raw.seal(&plaintext, &mut out.borrow_mut()[body..]);
                Ok(())
            },
        )?;
        row(&format!("encrypt in memory, {kib} KiB frames"), "AWS-LC", ">= 0.90", seal, MEMORY);

        let mut sealed = message.clone();
        raw.seal(&plaintext, &mut sealed[body..]);
        let message = message.clone();
        let open = in_turns(
            turns,
            || work.open(1, &message, &mut out.borrow_mut()),
            || {
                raw.open(&sealed[body..], &mut out.borrow_mut());
                Ok(())
            },
        )?;
        row(&format!("decrypt in memory, {kib} KiB frames"), "AWS-LC", ">= 0.90", open, MEMORY);

        let runtime = tokio::runtime::Runtime::new()?;
        let asynchronous = in_turns::<Box<dyn Error>>(
            turns,
            || Ok(runtime.block_on(work.encrypt_async(&plaintext))?),
            || Ok(work.encrypt(1, &plaintext[..], io::sink())?),
        )?;
        let job = format!("encrypt from memory to nowhere, {kib} KiB frames, async");
        row(&job, "not async", "", asynchronous, MEMORY);

        let two = in_turns(
            turns,
            || work.seal(2, &plaintext, &mut out.borrow_mut()),
            || work.seal(1, &plaintext, &mut out.borrow_mut()),
        )?;
        row(
            &format!("encrypt in memory, {kib} KiB frames, 2 threads"),
            "1 thread",
            "",
            two,
            MEMORY,
        );
    }
    short(turns)
}

/// What is too short for a second thread must not pay for it.
fn short(turns: usize) -> Outcome {
    const REPEATED: usize = 100;
    let work = Work::new(UNSIGNED, 4 << 10)?;
    for length in [1 << 10, 1 << 20] {
        let plaintext = vec![0xA5; length];
        let message = work.message(&plaintext)?;
        let out = RefCell::new(vec![0; message.len()]);
        let repeated = |threads| {
            for _ in 0..REPEATED {
                work.seal(threads, &plaintext, &mut out.borrow_mut())?;
            }
            Outcome::Ok(())
        };
        let short = in_turns(turns, || repeated(2), || repeated(1))?;
        let job = format!("encrypt {} KiB in memory, 4 KiB frames, 2 threads", length >> 10);
        row(&job, "1 thread", "", short, REPEATED * length);
    }
    Ok(())
}

/// What bodies of objects in COS are encrypted with: piece by piece, and all at once.
fn stream(turns: usize) -> Outcome {
    const IV: [u8; 16] = [3; 16];
    let data = RefCell::new(vec![0xA5; MEMORY]);
    let key = [7; 32];
    let (ours, raw) = (AesCtr::new(&SecretBytes::from(&key[..]), IV)?, Stream::new(&key));
    for length in [16_usize << 10, 1 << 20] {
        let found = in_turns(
            turns,
            || {
                let mut offset = 0;
                for piece in data.borrow_mut().chunks_mut(length) {
                    ours.apply(offset, piece)?;
                    offset += piece.len() as u64;
                }
                Outcome::Ok(())
            },
            || {
                raw.apply(IV, &mut data.borrow_mut());
                Ok(())
            },
        )?;
        let job = format!("AES-CTR in place, pieces of {} KiB", length >> 10);
        row(&job, "AWS-LC at once", ">= 0.85", found, MEMORY);
    }
    Ok(())
}

fn from_files(turns: usize) -> Outcome {
    let mut plaintext = files::of_length(FILE)?;
    let mut message = files::of_length(FILE + FILE / 64)?;
    let mut reader = plaintext.try_clone()?;
    let length = usize::try_from(FILE)?;
    for (frame_length, goal) in [(4_u32 << 10, ">= 0.55"), (64 << 10, ">= 0.65")] {
        let work = Work::new(UNSIGNED, frame_length)?;
        let kib = frame_length >> 10;
        let to_null = in_turns::<Box<dyn Error>>(
            turns,
            || {
                plaintext.rewind()?;
                Ok(work.encrypt(1, &plaintext, files::null()?)?)
            },
            || {
                reader.rewind()?;
                Ok(read_copy_write(frame_length as usize, &reader, files::null()?)?)
            },
        )?;
        let job = format!("encrypt file to /dev/null, {kib} KiB frames");
        row(&job, "read, copy, write", goal, to_null, length);
        let mut other = (plaintext.try_clone()?, message.try_clone()?);
        let two = in_turns(
            turns,
            || work.encrypt_file(2, &mut plaintext, &mut message),
            || work.encrypt_file(1, &mut other.0, &mut other.1),
        )?;
        let job = format!("encrypt file to file, {kib} KiB frames, 2 threads");
        row(&job, "1 thread", ">= 1.6", two, length);
    }
    let work = Work::new(UNSIGNED, 64 << 10)?;
    work.encrypt_file(1, &mut plaintext, &mut message)?;
    let written = message.stream_position()?;
    message.set_len(written)?;
    let mut other = (message.try_clone()?, plaintext.try_clone()?);
    let two = in_turns(
        turns,
        || work.decrypt_file(2, &mut message, &mut plaintext),
        || work.decrypt_file(1, &mut other.0, &mut other.1),
    )?;
    row("decrypt file to file, 64 KiB frames, 2 threads", "1 thread", "", two, length);
    Ok(())
}

fn signed(turns: usize) -> Outcome {
    let plaintext = vec![0xA5; MEMORY];
    let work = Work::new(SIGNED, 4 << 10)?;
    for (threads, goal) in [(1, ">= 0.75"), (2, ">= 0.88")] {
        let sealed = in_turns(
            turns,
            || work.encrypt(threads, &plaintext[..], files::null()?),
            || {
                black_box(hash(&plaintext));
                Ok(())
            },
        )?;
        let job = format!("encrypt and sign, streaming, 4 KiB frames, threads: {threads}");
        row(&job, "SHA-384", goal, sealed, MEMORY);
    }
    let message = work.message(&plaintext)?;
    for threads in [1, 2] {
        let opened = in_turns(
            turns,
            || work.decrypt(threads, &message[..], files::null()?),
            || {
                black_box(hash(&plaintext));
                Ok(())
            },
        )?;
        let job = format!("decrypt and verify, streaming, 4 KiB frames, threads: {threads}");
        row(&job, "SHA-384", "", opened, MEMORY);
    }
    Ok(())
}

/// A hundred places of 1 KiB, and the same bytes by opening all that is before them.
fn ranges(turns: usize) -> Outcome {
    let plaintext = vec![0xA5; MEMORY];
    let work = Work::new(UNSIGNED, 64 << 10)?;
    let message = work.message(&plaintext)?;
    let mut out = vec![0; message.len()];
    let starts = (0..100_u64).map(|place| place * 7_654_321 % (MEMORY as u64 - 1024));
    let ranges: Vec<_> = starts.map(|start| start..start + 1024).collect();
    let read = in_turns(
        turns,
        || work.read_ranges(&message, &ranges),
        || work.open(1, &message, &mut out),
    )?;
    print_row("100 ranges of 1 KiB, 64 KiB frames", "all of it", "", read, "", "");
    Ok(())
}

/// Each figure is of a process of its own.
fn memory() -> Outcome {
    let myself = env::current_exe()?;
    let jobs: [(&str, usize, u64); 11] = [
        ("nothing", 1, 0),
        ("encrypt", 1, 1 << 20),
        ("encrypt", 1, 1 << 30),
        ("encrypt", 1, 10 << 30),
        ("encrypt", 2, 1 << 20),
        ("encrypt", 2, 1 << 30),
        ("encrypt", 2, 10 << 30),
        ("round-trip", 1, 1 << 30),
        ("round-trip", 2, 1 << 30),
        ("one-shot", 1, 64 << 20),
        ("one-shot", 2, 64 << 20),
    ];
    for (what, threads, length) in jobs {
        let arguments = ["resident", what, &format!("{threads}"), &format!("{length}")];
        let output = Command::new(&myself).args(arguments).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let peak = String::from_utf8(output.stdout)?;
        println!("| {what} | {length} | {threads} | {} |", peak.trim());
    }
    Ok(())
}

fn measure_resident(what: &str, threads: usize, length: u64) -> Outcome {
    let work = Work::new(UNSIGNED, 4 << 10)?;
    let zeros = || io::repeat(0).take(length);
    match what {
        "nothing" => {}
        "encrypt" => work.encrypt(threads, zeros(), io::sink())?,
        "round-trip" => {
            let (from, to) = io::pipe()?;
            std::thread::scope(|scope| {
                let sealing = scope.spawn(|| work.encrypt(threads, zeros(), to));
                work.decrypt(threads, from, io::sink())?;
                sealing.join().map_err(|_| "sealing panicked")??;
                Outcome::Ok(())
            })?;
        }
        "one-shot" => {
            let plaintext = vec![0xA5; usize::try_from(length)?];
            let mut out = vec![0; plaintext.len() + plaintext.len() / 64];
            work.seal(threads, &plaintext, &mut out)?;
        }
        _ => return Err("no such job".into()),
    }
    println!("{}", resident::peak()?);
    Ok(())
}

fn row(job: &str, yardstick: &str, goal: &str, found: Comparison, bytes: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let rate = |seconds: f64| format!("{:.2}", bytes as f64 / seconds / 1e9);
    print_row(job, yardstick, goal, found, &rate(found.ours), &rate(found.yardstick));
}

fn print_row(job: &str, yardstick: &str, goal: &str, found: Comparison, ours: &str, other: &str) {
    let (ratio, (low, high)) = (found.ratio, found.range);
    let range = format!("{low:.2} to {high:.2}");
    println!("| {job} | {yardstick} | {goal} | {ratio:.2} | {range} | {ours} | {other} |");
}
