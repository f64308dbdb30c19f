//! A function's code for ARM64, by each of the compilers.

use anyhow::{Context, Result, bail};
use hotfoot::artifact::{self, Features, Isa};
use object::{Object, ObjectSection, ObjectSymbol};
use wasmtime::Strategy;

use super::machine::Code;
use crate::engines::Wasm;

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// The names of the compilers, in the order of tables.
pub const NAMES: [&str; 3] = ["hotfoot", "cranelift", "winch"];

/// What the compiler called `name` makes of the function with this index.
pub fn compile(name: &str, wasm: &Wasm, function: u32) -> Result<Code> {
    match name {
        "hotfoot" => by_hotfoot(wasm, function),
        "cranelift" => by_wasmtime(wasm, function, Strategy::Cranelift),
        "winch" => by_wasmtime(wasm, function, Strategy::Winch),
        _ => bail!("no compiler is called `{name}`"),
    }
}

fn by_hotfoot(wasm: &Wasm, function: u32) -> Result<Code> {
    let plain = |error: hotfoot::Error| anyhow::anyhow!("{error}");
    let target = artifact::target(Isa::Aarch64, Features::Typical).map_err(plain)?;
    let compiled = |source_map: bool| -> Result<Code> {
        let mut code = Code::default();
        let mut config = hotfoot::Config::new();
        artifact::compile_each(
            &wasm.bytes,
            target,
            config.source_map(source_map),
            |_, at, made| {
                if at == function {
                    let places = made.source_map.iter();
                    let map =
                        places.map(|place| (place.code_offset, Some(place.wasm_offset.into())));
                    code = Code { bytes: made.code.clone(), map: map.collect() };
                }
            },
        )
        .map_err(plain)?;
        Ok(code)
    };
    let code = compiled(true)?;
    if compiled(false)?.bytes != code.bytes {
        bail!("Hotfoot makes other code of function {function} when it notes where it comes from");
    }
    Ok(code)
}

fn by_wasmtime(wasm: &Wasm, function: u32, strategy: Strategy) -> Result<Code> {
    let plain = |error: wasmtime::Error| anyhow::anyhow!("{error:?}");
    let mut config = wasmtime::Config::new();
    config.strategy(strategy).target(TARGET).map_err(plain)?;
    let engine = wasmtime::Engine::new(&config).map_err(plain)?;
    let image = engine.precompile_module(&wasm.bytes).map_err(plain)?;
    let file = object::File::parse(&*image)?;
    let name = format!("wasm[0]::function[{function}]");
    let named = |found: &str| found.strip_prefix(&name).is_some_and(|rest| !rest.starts_with('['));
    let symbol = file.symbols().find(|symbol| symbol.name().is_ok_and(named));
    let symbol = symbol.with_context(|| format!("wasmtime made no {name}"))?;
    let text = file.section_by_name(".text").context("wasmtime made no code")?;
    let begin = symbol.address() - text.address();
    let bytes = text.data_range(symbol.address(), symbol.size())?.context("code is missing")?;
    let map = file.section_by_name(".wasmtime.addrmap").context("no map of addresses")?;
    let entries = wasmtime_environ::iterate_address_map(map.data()?);
    let entries = entries.context("the map of addresses is not one")?.filter_map(|(at, place)| {
        let at = u64::from(at).checked_sub(begin).filter(|&at| at < symbol.size())?;
        Some((at as u32, place.file_offset().map(u64::from)))
    });
    Ok(Code { bytes: bytes.into(), map: entries.collect() })
}
