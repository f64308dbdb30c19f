//! Files for profilers: what they say about functions is where these are.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::FileExt as _;

use hotfoot::artifact::{self, Features};
use hotfoot::{Config, Engine, Instance, Module, Profiling, Result, Store, Tier};

/// No function calls another: their code is the same wherever it is.
const MODULE: &str = r#"(module $profiled
    (func $double (export "double") (param i32) (result i32)
        (i32.add (local.get 0) (local.get 0)))
    (func (export "halve") (param i32) (result i32)
        (i32.div_u (local.get 0) (i32.const 2))))"#;

const NAMES: [&str; 2] = ["profiled!double", "profiled!<wasm function 1>"];

/// The code of both functions.
fn expected() -> Result<Vec<Vec<u8>>> {
    let target = artifact::target(artifact::HOST_ISA, Features::Host)?;
    let artifact = artifact::compile(MODULE.as_bytes(), target, &Config::new())?;
    Ok(artifact.functions.into_iter().map(|function| function.compiled.code).collect())
}

/// What is in this process's memory. An emulator's is not the program's.
fn memory(address: u64, length: usize) -> Option<Vec<u8>> {
    if cfg!(not(target_arch = "x86_64")) {
        return None;
    }
    let mut bytes = vec![0; length];
    let memory = fs::File::open("/proc/self/mem").expect("our own memory");
    memory.read_exact_at(&mut bytes, address).expect("mapped memory");
    Some(bytes)
}

fn checked(address: u64, code: &[u8]) {
    if let Some(bytes) = memory(address, code.len()) {
        assert_eq!(bytes, code, "at {address:#x}");
    }
}

/// Compiles [`MODULE`] and uses it, so that the code must still be there.
fn run(config: &mut Config, check: impl FnOnce()) -> Result<()> {
    let engine = Engine::new(config)?;
    let module = Module::new(&engine, MODULE)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let double = instance.get_typed_func::<i32, i32>(&mut store, "double")?;
    let halve = instance.get_typed_func::<i32, i32>(&mut store, "halve")?;
    assert_eq!((double.call(&mut store, 21)?, halve.call(&mut store, 84)?), (42, 42));
    check();
    Ok(())
}

#[test]
fn a_perf_map_has_a_line_for_each_function() -> Result<()> {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let expected = expected()?;
    for round in 1..3 {
        run(Config::new().tier(Tier::Baseline).profiling(Profiling::PerfMap), || {
            let text = fs::read_to_string(&path).expect("a map");
            let lines: Vec<&str> = text.lines().collect();
            // Engines of one process share the file.
            assert_eq!(lines.len(), 2 * round, "{text}");
            for (line, (name, code)) in
                lines[2 * round - 2..].iter().zip(NAMES.iter().zip(&expected))
            {
                let words: Vec<&str> = line.splitn(3, ' ').collect();
                let number = |word: &str| u64::from_str_radix(word, 16).expect("hexadecimal");
                assert_eq!((number(words[1]), words[2]), (code.len() as u64, *name), "{text}");
                checked(number(words[0]), code);
            }
        })?;
    }
    // Functions with better code have two lines.
    run(Config::new().improve_at_once(true).profiling(Profiling::PerfMap), || {
        let text = fs::read_to_string(&path).expect("a map");
        let names = text.lines().skip(4).filter_map(|line| line.splitn(3, ' ').nth(2));
        assert_eq!(names.collect::<Vec<_>>(), [NAMES, NAMES].concat());
    })?;
    fs::remove_file(path)?;
    Ok(())
}

/// Reads numbers and strings off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn u32(&mut self) -> u32 {
        u32::from_ne_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn u64(&mut self) -> u64 {
        u64::from_ne_bytes(self.take(8).try_into().expect("eight bytes"))
    }
}

#[test]
fn a_jit_dump_has_a_record_for_each_function() -> Result<()> {
    let path = format!("jit-{}.dump", std::process::id());
    let expected = expected()?;
    run(Config::new().tier(Tier::Baseline).profiling(Profiling::JitDump), || {
        let bytes = fs::read(&path).expect("a dump");
        let mut reader = Reader(&bytes);
        let (magic, version, size) = (reader.u32(), reader.u32(), reader.u32());
        assert_eq!((magic, version, size), (0x4a69_5444, 1, 40));
        let machine = if cfg!(target_arch = "x86_64") { 62 } else { 183 };
        assert_eq!((reader.u32(), reader.u32(), reader.u32()), (machine, 0, std::process::id()));
        let mut time = reader.u64();
        assert_eq!(reader.u64(), 0);
        for (number, (name, code)) in NAMES.iter().zip(&expected).enumerate() {
            let (kind, size, stamp) = (reader.u32(), reader.u32() as usize, reader.u64());
            assert_eq!((kind, size), (0, 16 + 40 + name.len() + 1 + code.len()));
            assert!(stamp >= time);
            time = stamp;
            assert_eq!(reader.u32(), std::process::id());
            reader.u32();
            let (virtual_address, address) = (reader.u64(), reader.u64());
            assert_eq!(virtual_address, address);
            assert_eq!((reader.u64(), reader.u64()), (code.len() as u64, number as u64));
            assert_eq!((reader.take(name.len()), reader.take(1)), (name.as_bytes(), &[0][..]));
            assert_eq!(reader.take(code.len()), code);
            checked(address, code);
        }
        assert!(reader.0.is_empty());
    })?;
    fs::remove_file(path)?;
    Ok(())
}
