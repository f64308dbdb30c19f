//! What the runtimes written in Rust have in common, whose interfaces are alike: one
//! macro makes the adapter of a runtime from the few functions that differ.
//!
//! The module that calls it has in scope the runtime's `Instance`, `Linker`, `Memory`,
//! `MemoryType`, `Module`, `Result`, `Store`, `Val`, `ValType` and `ExternType`, its
//! own engine type with the fields `name`, `engine` and `imports`, and
//!
//! - `plain`, which makes an `anyhow` error of the runtime's,
//! - `bytes`, which gives a module's bytes as the runtime wants them: where it takes
//!   over a vector, that vector is made before the clock starts, as if a file had just
//!   been read into it,
//! - `compile`, which makes a module of the adapter's engine from them,
//! - `results`, the types that a function returns, and `zero`, a value of a type,
//! - `define`, which gives a linker a memory,
//! - `instantiate`, and `prepare`, which returns what instantiates repeatedly.

macro_rules! adapter {
    ($Adapter:ident, $runtime:ident) => {
        impl $Adapter {
            /// The imports of a module, defined once and for all.
            fn imports(&mut self, wasm: &Wasm) -> Result<&mut Imports> {
                if !self.imports.contains_key(&wasm.name) {
                    let module = compile(self, bytes(self, wasm))?;
                    let imports = Imports::of(&self.engine, &module, wasm.imported_memory())?;
                    self.imports.insert(wasm.name.clone(), imports);
                }
                Ok(self.imports.get_mut(&wasm.name).expect("just inserted"))
            }

            fn first_result(
                &mut self,
                wasm: &Wasm,
                name: &str,
                argument: Argument,
            ) -> Result<Cold> {
                self.imports(wasm)?;
                let bytes = bytes(self, wasm);
                let begin = Moment::now();
                let module = compile(self, bytes)?;
                let mut store = Store::new(&self.engine, ());
                let imports = self.imports.get_mut(&wasm.name).expect("just inserted");
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
                let module = compile(self, bytes(self, wasm))?;
                let engine = self.engine.clone();
                let imports = self.imports(wasm)?;
                if imports.memory.is_some() {
                    return repeat(count, || {
                        let mut store = Store::new(&engine, ());
                        imports.instantiate(&mut store, &module)
                    });
                }
                let instantiate = prepare(&imports.linker, &module)?;
                repeat(count, || instantiate(&mut Store::new(&engine, ())))
            }
        }

        fn repeat<T>(count: u32, mut once: impl FnMut() -> Result<T>) -> Result<Duration> {
            let begin = Moment::now();
            for _ in 0..count {
                once()?;
            }
            Ok(begin.elapsed())
        }

        /// What a module imports.
        struct Imports {
            linker: Linker<()>,
            memory: Option<ImportedMemory>,
        }

        impl Imports {
            fn of(
                engine: &$runtime::Engine,
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
                    let results = results(&ty);
                    linker.func_new(&from.clone(), name, ty.clone(), move |_, _, places| {
                        for (place, ty) in places.iter_mut().zip(&results) {
                            *place = match ty {
                                ValType::I32 => Val::I32(stub::result(&from)),
                                ty => zero(ty),
                            };
                        }
                        Ok(())
                    })?;
                }
                Ok(Imports { linker, memory })
            }

            fn instantiate(&mut self, store: &mut Store<()>, module: &Module) -> Result<Instance> {
                if let Some(memory) = &self.memory {
                    let ty = MemoryType::new(memory.minimum, memory.maximum);
                    let made = Memory::new(&mut *store, ty)?;
                    define(&mut self.linker, store, memory, made)?;
                }
                instantiate(&self.linker, store, module)
            }
        }

        impl Engine for $Adapter {
            fn name(&self) -> &'static str {
                self.name
            }

            fn compile(&mut self, wasm: &Wasm) -> anyhow::Result<Duration> {
                let bytes = bytes(self, wasm);
                let begin = Moment::now();
                let module = compile(self, bytes).map_err(plain)?;
                let time = begin.elapsed();
                if !self.imports.contains_key(&wasm.name) {
                    // Nobody has to compile it again for that.
                    let imports = Imports::of(&self.engine, &module, wasm.imported_memory());
                    self.imports.extend(imports.ok().map(|imports| (wasm.name.clone(), imports)));
                }
                Ok(time)
            }

            fn cold(
                &mut self,
                wasm: &Wasm,
                name: &str,
                argument: Argument,
            ) -> anyhow::Result<Cold> {
                self.first_result(wasm, name, argument).map_err(plain)
            }

            fn load(&mut self, wasm: &Wasm) -> anyhow::Result<Box<dyn Program>> {
                let module = compile(self, bytes(self, wasm)).map_err(plain)?;
                Ok(Box::new(self.run(wasm, &module).map_err(plain)?))
            }

            fn keep(&mut self, wasm: &Wasm) -> anyhow::Result<Box<dyn Any>> {
                Ok(Box::new(compile(self, bytes(self, wasm)).map_err(plain)?))
            }

            fn load_many(
                &mut self,
                wasm: &Wasm,
                count: usize,
            ) -> anyhow::Result<Vec<Box<dyn Program>>> {
                let module = compile(self, bytes(self, wasm)).map_err(plain)?;
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

        fn call(
            store: &mut Store<()>,
            instance: &Instance,
            name: &str,
            argument: Argument,
        ) -> Result<i64> {
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
    };
}

pub(super) use adapter;
