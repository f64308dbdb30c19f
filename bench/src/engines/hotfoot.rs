//! Hotfoot, as it is shipped: the default configuration.

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use hotfoot::{
    Config, ExternType, Instance, InstancePre, Linker, Memory, MemoryType, Module, Result, Store,
    Val, ValType,
};

use super::{Argument, Cold, Engine, ImportedMemory, Program, Timed, Wasm, stub};
use crate::clock::Moment;

/// The engine, and the imports of the modules it has seen.
pub(super) struct Hotfoot {
    name: &'static str,
    engine: hotfoot::Engine,
    imports: HashMap<String, Imports>,
}

/// Hotfoot's errors are a type of its own.
fn plain(error: hotfoot::Error) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

impl Hotfoot {
    /// The default configuration.
    pub(super) fn eager() -> anyhow::Result<Hotfoot> {
        let engine = hotfoot::Engine::new(&Config::new()).map_err(plain)?;
        Ok(Hotfoot { name: "hotfoot", engine, imports: HashMap::new() })
    }

    fn module(&self, wasm: &Wasm) -> Result<Module> {
        Module::new(&self.engine, &wasm.bytes)
    }

    /// The imports of a module, defined once and for all.
    fn imports(&mut self, wasm: &Wasm) -> Result<&mut Imports> {
        if !self.imports.contains_key(&wasm.name) {
            let imports = Imports::of(&self.engine, &self.module(wasm)?, wasm.imported_memory())?;
            self.imports.insert(wasm.name.clone(), imports);
        }
        Ok(self.imports.get_mut(&wasm.name).expect("just inserted"))
    }

    fn first_result(&mut self, wasm: &Wasm, name: &str, argument: Argument) -> Result<Cold> {
        let engine = self.engine.clone();
        let imports = self.imports(wasm)?;
        let begin = Moment::now();
        let module = Module::new(&engine, &wasm.bytes)?;
        let mut store = Store::new(&engine, ());
        let instance = imports.instantiate(&mut store, &module)?;
        let value = call(&mut store, &instance, name, argument)?;
        let result = begin.elapsed();
        drop((store, module));
        Ok(Cold { result, gone: begin.elapsed(), value })
    }

    fn run(&mut self, wasm: &Wasm, module: &Module) -> Result<Running> {
        let mut store = Store::new(&self.engine, ());
        let instance = self.imports(wasm)?.instantiate(&mut store, module)?;
        if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
            initialize.call(&mut store, &[], &mut [])?;
        }
        Ok(Running { store, instance })
    }

    fn many(&mut self, wasm: &Wasm, count: u32) -> Result<Duration> {
        let module = self.module(wasm)?;
        let engine = self.engine.clone();
        let imports = self.imports(wasm)?;
        let prepared: Option<InstancePre<()>> = match imports.memory {
            None => Some(imports.linker.instantiate_pre(&module)?),
            Some(_) => None,
        };
        let begin = Moment::now();
        for _ in 0..count {
            let mut store = Store::new(&engine, ());
            match &prepared {
                Some(prepared) => prepared.instantiate(&mut store)?,
                None => imports.instantiate(&mut store, &module)?,
            };
        }
        Ok(begin.elapsed())
    }
}

/// What a module imports.
struct Imports {
    linker: Linker<()>,
    memory: Option<ImportedMemory>,
}

impl Imports {
    fn of(
        engine: &hotfoot::Engine,
        module: &Module,
        memory: Option<ImportedMemory>,
    ) -> Result<Imports> {
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        for import in module.imports() {
            let (from, name) = (import.module().to_owned(), import.name());
            let ExternType::Func(ty) = import.ty() else { continue };
            if (&*from, name) == ("host", "add") {
                linker.func_wrap("host", "add", stub::add)?;
                continue;
            }
            let results: Vec<ValType> = ty.results().to_vec();
            linker.func_new(&from.clone(), name, ty, move |_, _, places| {
                for (place, ty) in places.iter_mut().zip(&results) {
                    *place = match ty {
                        ValType::I32 => Val::I32(stub::result(&from)),
                        ty => Val::default_for_ty(*ty),
                    };
                }
                Ok(())
            })?;
        }
        Ok(Imports { linker, memory })
    }

    fn instantiate(&mut self, store: &mut Store<()>, module: &Module) -> Result<Instance> {
        if let Some(memory) = &self.memory {
            let made = Memory::new(&mut *store, MemoryType::new(memory.minimum, memory.maximum))?;
            self.linker.define(&*store, &memory.module, &memory.name, made)?;
        }
        self.linker.instantiate(store, module)
    }
}

impl Engine for Hotfoot {
    fn name(&self) -> &'static str {
        self.name
    }

    fn compile(&mut self, wasm: &Wasm) -> anyhow::Result<Duration> {
        let begin = Moment::now();
        let module = self.module(wasm).map_err(plain)?;
        let time = begin.elapsed();
        drop(module);
        Ok(time)
    }

    fn cold(&mut self, wasm: &Wasm, name: &str, argument: Argument) -> anyhow::Result<Cold> {
        self.first_result(wasm, name, argument).map_err(plain)
    }

    fn load(&mut self, wasm: &Wasm) -> anyhow::Result<Box<dyn Program>> {
        let module = self.module(wasm).map_err(plain)?;
        Ok(Box::new(self.run(wasm, &module).map_err(plain)?))
    }

    fn keep(&mut self, wasm: &Wasm) -> anyhow::Result<Box<dyn Any>> {
        Ok(Box::new(self.module(wasm).map_err(plain)?))
    }

    fn load_many(&mut self, wasm: &Wasm, count: usize) -> anyhow::Result<Vec<Box<dyn Program>>> {
        let module = self.module(wasm).map_err(plain)?;
        let mut all: Vec<Box<dyn Program>> = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(Box::new(self.run(wasm, &module).map_err(plain)?));
        }
        Ok(all)
    }

    fn instantiate(&mut self, wasm: &Wasm, count: u32) -> anyhow::Result<Duration> {
        self.many(wasm, count).map_err(plain)
    }
}

fn call(store: &mut Store<()>, instance: &Instance, name: &str, argument: Argument) -> Result<i64> {
    Ok(match argument {
        Argument::None => {
            instance.get_typed_func::<(), i32>(&mut *store, name)?.call(store, ())?.into()
        }
        Argument::I32(n) => {
            instance.get_typed_func::<i32, i64>(&mut *store, name)?.call(store, n)?
        }
        Argument::I64(n) => {
            instance.get_typed_func::<i64, i64>(&mut *store, name)?.call(store, n)?
        }
    })
}

struct Running {
    store: Store<()>,
    instance: Instance,
}

impl Running {
    fn often(&mut self, name: &str, count: u32) -> Result<Timed> {
        let function = self.instance.get_typed_func::<i32, i64>(&mut self.store, name)?;
        let begin = Moment::now();
        let mut sum = 0i64;
        for n in 0..count {
            sum = sum.wrapping_add(function.call(&mut self.store, n as i32)?);
        }
        Ok((begin.elapsed(), sum))
    }
}

impl Program for Running {
    fn call(&mut self, name: &str, argument: Argument) -> anyhow::Result<Timed> {
        let begin = Moment::now();
        let value = call(&mut self.store, &self.instance, name, argument).map_err(plain)?;
        Ok((begin.elapsed(), value))
    }

    fn call_often(&mut self, name: &str, count: u32) -> anyhow::Result<Timed> {
        self.often(name, count).map_err(plain)
    }
}
