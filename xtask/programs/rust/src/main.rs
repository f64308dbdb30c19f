//! The standard library of Rust on WASI: arguments, environment, standard streams,
//! files and directories, time, hashing with random keys, and panics.
//!
//! Anything that is not as it should be is printed or panics; the order of output
//! depends on nothing outside.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use std::{env, panic, process, thread};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    println!("arguments: {arguments:?}");
    if arguments.first().is_some_and(|first| first == "panic") {
        panic_in_depth(3);
    }
    environment();
    input()?;
    files(Path::new("/data"))?;
    directories(Path::new("/data"))?;
    escapes(Path::new("/data"));
    time();
    collections();
    numbers();
    eprintln!("to the error stream");
    process::exit(23)
}

fn panic_in_depth(depth: u32) {
    if depth > 0 {
        panic_in_depth(depth - 1);
    }
    panic::set_hook(Box::new(|information| {
        println!("the hook runs");
        eprintln!("{information}");
    }));
    let empty: [u8; 0] = [];
    let index = env::args().count();
    println!("never printed: {}", empty[index]);
}

fn environment() {
    let all: BTreeMap<String, String> = env::vars().collect();
    println!("environment: {all:?}");
    println!("no such variable: {:?}", env::var("NOBODY"));
}

fn input() -> io::Result<()> {
    println!("a terminal: {}", io::stdin().is_terminal());
    let mut first = String::new();
    io::stdin().read_line(&mut first)?;
    println!("first line: {first:?}");
    let rest: Vec<String> = io::stdin().lock().lines().collect::<Result<_, _>>()?;
    println!("then {} lines, the last {:?}", rest.len(), rest.last());
    Ok(())
}

fn files(root: &Path) -> io::Result<()> {
    let path = root.join("numbers");
    let mut writer = BufWriter::new(File::create_new(&path)?);
    for number in 0..20_000 {
        writeln!(writer, "{number}")?;
    }
    writer.into_inner()?.sync_all()?;
    println!("created again: {:?}", File::create_new(&path).map_err(|error| error.kind()).err());

    let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
    file.write_all(b"the end\n")?;
    file.seek(SeekFrom::End(-8))?;
    let mut tail = String::new();
    file.read_to_string(&mut tail)?;
    println!("tail: {tail:?}, size: {}", file.metadata()?.len());
    let sum: u64 =
        fs::read_to_string(&path)?.lines().filter_map(|line| line.parse::<u64>().ok()).sum();
    println!("sum: {sum}");

    let stamp = SystemTime::UNIX_EPOCH + Duration::new(1_500_000_000, 250_000_000);
    file.set_modified(stamp)?;
    println!("modified as told: {}", file.metadata()?.modified()? == stamp);
    file.set_len(3)?;
    drop(file);
    println!("cut: {:?}", fs::read(&path)?);
    fs::copy(&path, root.join("copy"))?;
    fs::rename(&path, root.join("kept"))?;
    println!("gone: {:?}", fs::metadata(&path).map_err(|error| error.kind()).err());
    fs::remove_file(root.join("copy"))
}

fn directories(root: &Path) -> io::Result<()> {
    let deep = root.join("a/b/c");
    fs::create_dir_all(&deep)?;
    for number in 0..300 {
        fs::write(deep.join(format!("file-{number:03}")), [number as u8; 7])?;
    }
    let mut names = Vec::new();
    let mut bytes = 0;
    for entry in fs::read_dir(&deep)? {
        let entry = entry?;
        bytes += entry.metadata()?.len();
        names.push(entry.file_name().into_string().expect("plain names"));
    }
    names.sort();
    println!("{} entries, {bytes} bytes, {} to {}", names.len(), names[0], names[299]);
    println!(
        "not empty: {:?}",
        fs::remove_dir(root.join("a/b")).map_err(|error| error.kind()).err()
    );
    println!(
        "not a directory: {:?}",
        fs::read_dir(root.join("kept")).map_err(|error| error.kind()).err()
    );
    fs::remove_dir_all(root.join("a"))?;
    println!("still there: {}", root.join("a").exists());
    Ok(())
}

fn escapes(root: &Path) {
    for path in ["../../../etc/passwd", "x/../../../etc/passwd", "/etc/passwd"] {
        match fs::read(root.join(path)) {
            Ok(_) => println!("{path} was read"),
            Err(_) => println!("{path}: refused"),
        }
    }
}

fn time() {
    let begin = Instant::now();
    thread::sleep(Duration::from_millis(15));
    println!("slept: {}", begin.elapsed() >= Duration::from_millis(15));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    println!("after 2020: {}", now.as_secs() > 1_577_836_800);
}

fn collections() {
    let mut map = HashMap::new();
    for number in 0u64..50_000 {
        *map.entry(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54).or_insert(0u64) += number;
    }
    let sorted: BTreeMap<_, _> = map.into_iter().collect();
    let digest = sorted.iter().fold(0u64, |digest, (key, value)| {
        digest.rotate_left(7) ^ key.wrapping_mul(31).wrapping_add(*value)
    });
    println!("{} keys, digest {digest:016x}", sorted.len());
    let mut words: Vec<String> =
        (0..5000).map(|n: u32| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    words.sort_unstable_by(|a, b| b.cmp(a));
    words.dedup();
    println!("{} words, {} and {}", words.len(), words[0], words[4999]);
}

fn numbers() {
    let product = (1..=30u128).product::<u128>();
    println!("{product} {:?} {:e} {}", f64::MAX.sqrt(), 1.0 / 3.0_f32, i64::MIN);
    println!("{:?} {:?}", "1e-310".parse::<f64>(), "12a".parse::<i32>().is_err());
    println!("{:?} {} {}", 300i32.checked_mul(i32::MAX), -7i32.rem_euclid(3), (-1i8) as u8 as char);
    println!("{} {} {}", (2.5f64).round_ties_even(), f32::NAN.max(1.0), -1.0e20f64 as i32);
}
